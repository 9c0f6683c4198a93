"""SIPp scenarios of ours, and how they are run: SIPp judges, we only read its exit code."""

import subprocess
import threading

_HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="ours">\n'


def send(text, retrans=500):
    """One step that sends a message; SIPp fills in what stands in brackets."""
    head, _, body = ("\n".join(map(str.strip, text.strip().splitlines())) + "\n").partition("\n.\n")
    lines = "\n".join(filter(None, head.splitlines()))
    again = f' retrans="{retrans}"' if retrans else ""
    return f"<send{again}><![CDATA[\n\n{lines}\n\n{body.rstrip(chr(10))}]]></send>\n"


def request(method, *headers, uri="sip:[service]@[remote_ip]:[remote_port]", number=1, body=""):
    """A request outside of dialogs, with a dot before its body."""
    extra = "\n".join(headers)
    return f"""
        {method} {uri} SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        From: sipp <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
        To: <sip:[service]@[remote_ip]:[remote_port]>
        Call-ID: [call_id]
        CSeq: {number} {method}
        Contact: sip:sipp@[local_ip]:[local_port]
        Max-Forwards: 70
        {extra}
        Content-Length: [len]
        .
        {body}"""


def answer(code, phrase, *headers):
    """A response to the last request, as SIPp's author would write it."""
    extra = "\n".join(headers)
    return f"""
        SIP/2.0 {code} {phrase}
        [last_Via:]
        [last_From:]
        [last_To:];tag=[pid]SIPp[call_number]
        [last_Call-ID:]
        [last_CSeq:]
        {extra}
        Content-Length: 0
        ."""


def scenario(*steps):
    """A whole scenario file."""
    return _HEAD + "".join(steps) + "</scenario>\n"


def sipp(program, folder, text, *arguments, timeout=60):
    """Run a scenario to its end; SIPp's exit code is 0 when every call went as written."""
    file = folder / "scenario.xml"
    file.write_text(text, encoding="latin-1")
    command = [
        program("sipp"), "-sf", str(file), "-i", "127.0.0.1", "-nostdin", "-timeout", f"{timeout}s",
        "-timeout_error", "-trace_err", "-error_file", str(folder / "errors.log"), *arguments,
    ]  # fmt: skip
    found = subprocess.run(
        command, capture_output=True, cwd=folder, timeout=timeout + 10, check=False
    )
    errors = folder / "errors.log"
    complaint = errors.read_text(errors="replace") if errors.exists() else ""
    assert found.returncode == 0, complaint or found.stdout.decode(errors="replace")[-3000:]


class Sipp:
    """A SIPp that waits to be called, in a thread of its own."""

    def __init__(self, program, folder, text, *arguments):
        self._error = None
        self._thread = threading.Thread(
            target=self._run, args=(program, folder, text, *arguments), daemon=True
        )

    def _run(self, program, folder, text, *arguments):
        try:
            sipp(program, folder, text, *arguments)
        except BaseException as error:  # noqa: BLE001 (handed to the test)
            self._error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._thread.join(30)
        if kind is None and self._error:
            raise self._error

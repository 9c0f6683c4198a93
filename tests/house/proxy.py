"""Kamailio as a registrar and proxy on loopback: the judge of our lines."""

import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

START = 10.0
PASSWORD = "a-secret-of-the-line"
"""Without blanks, at which SIPp would cut it."""
CONFIG = """
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
alias="sip.example.com"
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", {expires})
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "nonce_expire", {nonce})
request_route {{
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("sip.example.com", "{password}", "0")) {{
            www_challenge("sip.example.com", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("NOTIFY") && "{guard}" == "yes") {{
        if (!pv_proxy_authenticate("sip.example.com", "{password}", "0")) {{
            proxy_challenge("sip.example.com", "1");
            exit;
        }}
        consume_credentials();
    }}
    if (!lookup("location")) {{
        sl_send_reply("404", "Not registered");
        exit;
    }}
    t_relay();
}}
"""


class Kamailio:
    """One that runs, and where."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"


@contextmanager
def kamailio(program, folder, port, *, algorithm="MD5", expires=3600, nonce=300, guard="no"):
    """A registrar for ``sip.example.com`` that wants ``PASSWORD`` of everybody."""
    binary = program("kamailio")
    modules = next(Path("/usr/lib").glob("*/kamailio/modules"))
    config = folder / "kamailio.cfg"
    config.write_text(
        CONFIG.format(
            port=port, modules=modules, password=PASSWORD, algorithm=algorithm,
            expires=expires, nonce=nonce, guard=guard,
        )
    )  # fmt: skip
    log = folder / "kamailio.log"
    command = [binary, "-f", str(config), "-DD", "-E", "-m", "16", "-M", "4", "-Y", str(folder)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            _wait_for(process, port, log)
            yield Kamailio(port)
        finally:
            process.terminate()
            process.wait(START)


def _wait_for(process, port, log):
    deadline = time.monotonic() + START
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)

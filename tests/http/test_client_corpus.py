"""Every response in corpus/http/llhttp and what the client makes of it; one without a row fails.

A row is the status and body we take, or how we fail. Where we and llhttp (whose tests these are)
disagree on whether the bytes are HTTP at all, the row says why. curl, which phones are built with,
judges every response we take.
"""

import re
import socket
import subprocess
import threading
from typing import Any

import pytest

from ringback.errors import Failure, TransferError
from ringback.http.exchange import Exchange, Request

GET, CUT = Failure.GET, Failure.INTERRUPTED
ONE_ANSWER = "one answer is awaited; what follows it is never looked at"
LENIENT_LF = "h11: RFC 9112 section 2.2 lets a recipient take a lone LF for a line end"
NO_UPGRADE = "h11: nobody asked for an upgrade"
HTTP_ONLY = "only HTTP/1.0 and 1.1 are spoken here; we add the refusal of other versions"
STRAY_CRLF = "h11, and curl as well: a response begins with its status line"
CODING = "h11, and curl as well: chunked alone is understood, and it must come last"
H11_CHUNK = "h11 passes over blanks and extensions after a chunk size without judging them"

SOAP = (
    b'<?xml version=\\"1.0\\" encoding=\\"UTF-8\\"?>\n'
    b'<SOAP-ENV:Envelope xmlns:SOAP-ENV=\\"http://schemas.xmlsoap.org/soap/envelope/\\">\n'
    b"  <SOAP-ENV:Body>\n    <SOAP-ENV:Fault>\n"
    b"       <faultcode>SOAP-ENV:Client</faultcode>\n"
    b"       <faultstring>Client Error</faultstring>\n"
    b"    </SOAP-ENV:Fault>\n  </SOAP-ENV:Body>\n</SOAP-ENV:Envelope>"
)
NEWS = b"these headers are from http://news.ycombinator.com/"
CHUNKS = b"This is the data in the first chunk\r\nand this is the second one\r\n"

# file -> title -> (status, body) or failure, and why llhttp thinks otherwise.
VERDICTS: dict[str, dict[str, tuple[Any, str]]] = {
    "response_connection.md": {
        "Proxy-Connection": ((200, b"hello world"), ""),
        "HTTP/1.0 with keep-alive and EOF-terminated 200 status": ((200, b"HTTP/1.0 200 OK"), ""),
        "HTTP/1.0 with keep-alive and 204 status": ((204, b""), ""),
        "HTTP/1.1 with EOF-terminated 200 status": ((200, b"HTTP/1.1 200 OK"), ""),
        "HTTP/1.1 with 204 status": ((204, b""), ""),
        "HTTP/1.1 with keep-alive disabled and 204 status": ((204, b""), ONE_ANSWER),
        "HTTP/1.1 with keep-alive disabled, content-length (lenient)": ((200, b"2ad73"), ""),
        "HTTP/1.1 with keep-alive disabled, content-length": ((200, b"2ad73"), ONE_ANSWER),
        "HTTP/1.1 with keep-alive disabled and 204 status (lenient)": ((204, b""), ""),
        "HTTP 101 response with Upgrade and Content-Length header": (GET, NO_UPGRADE),
        "HTTP 101 response with Upgrade and Transfer-Encoding header": (GET, NO_UPGRADE),
        "HTTP 200 response with Upgrade header": ((200, b"body"), ""),
        "HTTP 200 response with Upgrade header and Content-Length": ((200, b"body"), ""),
        "HTTP 200 response with Upgrade header and Transfer-Encoding": ((200, b"body"), ""),
        "HTTP 304 with Content-Length": ((304, b""), ""),
        "HTTP 304 with Transfer-Encoding": ((304, b""), ""),
        "HTTP 100 first, then 400": (GET, STRAY_CRLF),
        "HTTP 103 first, then 200": (CUT, ""),  # 17 bytes are announced, 16 come
    },
    "response_content-length.md": {
        "Response without `Content-Length`, but with body": ((200, SOAP), ""),
        "Content-Length-X": ((200, b"OK"), ""),
        "Content-Length reset when no body is received": (CUT, ""),  # llhttp was told to skip it
        "Tabs in `Content-Length` (surrounding)": (CUT, ""),  # 42 bytes are announced, none come
    },
    "response_finish.md": {
        "It should be safe to finish with cb after empty response": ((200, b""), ""),
    },
    "response_invalid.md": {
        "Incomplete HTTP protocol": (GET, ""),
        "Extra digit in HTTP major version": (GET, ""),
        "Extra digit in HTTP major version #2": (GET, ""),
        "Extra digit in HTTP minor version": (GET, ""),
        "Tab after HTTP version": (GET, ""),
        "CR before response and tab after HTTP version": (GET, ""),
        "Headers separated by CR": (GET, ""),
        "Bare CR after response line": (GET, ""),
        "Bare CR after response line (lenient)": (GET, "h11: a bare CR ends no line"),
        "Bare CR followed by CR after response line": (GET, ""),
        "Invalid HTTP version": (GET, ""),
        "Invalid space after start line": (
            CUT,
            "h11 waits for the end of the head, which is cut off",
        ),
        "Extra space between HTTP version and status code": (GET, ""),
        "Extra space between status code and reason": ((200, b""), ""),
        "One-digit status code": (GET, ""),
        "Only LFs present and no body": ((200, b""), LENIENT_LF),
        "Only LFs present and no body (lenient)": ((200, b""), ""),
        "Only LFs present": ((200, b"BODY\n"), LENIENT_LF),
        "Only LFs present (lenient)": ((200, b"BODY\n"), ""),
    },
    "response_pipelining.md": {
        "Should parse multiple events": ((200, b"AAA"), ""),
    },
    "response_sample.md": {
        "Simple response": ((200, b""), ""),
        "RTSP response": (GET, HTTP_ONLY),
        "ICE response": (GET, HTTP_ONLY),
        "Error on invalid response start": (GET, ""),
        "Empty body should not trigger spurious span callbacks": ((200, b""), ""),
        "Google 301": ((301, b""), ""),
        "amazon.com": ((301, b""), ""),
        "No headers and no body": ((404, b""), ""),
        "No reason phrase": ((301, b""), ""),
        "Empty reason phrase after space": ((200, b""), ""),
        "No carriage ret": ((200, NEWS), LENIENT_LF),
        "No carriage ret (lenient)": ((200, NEWS), ""),
        "Underscore in header key": ((200, b""), ""),
        "bonjourmadame.fr": ((301, b""), ""),
        "Spaces in header value": ((200, b""), ""),
        "Spaces in header name": (GET, ""),
        "Non ASCII in status line": ((500, b""), ""),
        "HTTP version 0.9": (GET, HTTP_ONLY),
        "No Content-Length, no Transfer-Encoding": ((200, b"hello world"), ""),
        "Response starting with CRLF": (GET, STRAY_CRLF),
    },
    "response_transfer-encoding.md": {
        "Trailing space on chunked body": ((200, CHUNKS), H11_CHUNK),
        "`chunked` before other transfer-encoding": (GET, CODING),
        "multiple transfer-encoding where chunked is not the last one": (GET, CODING),
        "`chunkedchunked` transfer-encoding does not enable chunked enconding": (GET, CODING),
        "Chunk extensions": ((200, b"hello world"), ""),
        "No semicolon before chunk extensions": (GET, ""),
        "No extension after semicolon": ((200, b"aa"), H11_CHUNK),
        "Chunk extensions quoting": (CUT, ""),  # the CRLF after the last chunk is missing
        "Unbalanced chunk extensions quoting": (CUT, H11_CHUNK),
        "Invalid OBS fold after chunked value": (GET, CODING),
    },
}
ROWS = [(file, title) for file, titles in VERDICTS.items() for title in titles]
_PARTS = re.compile(
    r"(?ms)^#+ (?P<title>[^\n]*)$|^```http\n(?P<http>.*?)^```|^```log\n(?P<log>.*?)^```"
)


def unescaped(text):
    """The bytes of an ``http`` block, by llhttp's own rules."""
    text = re.sub(r"\\\n", "", text).removesuffix("\n").replace("\n", "\r\n")
    for escape, character in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\f")):
        text = text.replace(escape, character)
    return text.encode()


@pytest.fixture(scope="module")
def cases(corpus):
    """(file, title) -> the bytes, and whether llhttp refuses them."""
    found = {}
    for path in (corpus / "http" / "llhttp").glob("response_*.md"):
        title, data = "", b""
        for part in _PARTS.finditer(path.read_text()):
            if part["title"] is not None:
                title = part["title"]
            elif part["http"] is not None:
                data = unescaped(part["http"])
            else:
                assert (path.name, title) not in found
                found[path.name, title] = (data, "error code" in part["log"])
    return found


def verdict(data, piece=0):
    exchange = Exchange(Request("GET", "/", (("Host", "h:80"),)), limit=10_000)
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)] if piece else [data]
    try:
        for each in (*pieces, b""):
            exchange.receive(each)
            if exchange.response:
                return exchange.response.status, exchange.response.body
    except TransferError as error:
        return error.failure
    raise AssertionError("neither an answer nor an error")


def test_every_response_of_the_corpus_has_a_row(cases):
    assert set(cases) == set(ROWS)


@pytest.mark.parametrize(("file", "title"), ROWS)
@pytest.mark.parametrize("piece", [0, 1, 7])
def test_the_verdict_holds_however_the_bytes_arrive(cases, file, title, piece):
    data, _ = cases[file, title]

    assert verdict(data, piece) == VERDICTS[file][title][0]


@pytest.mark.parametrize(("file", "title"), ROWS)
def test_a_row_says_why_exactly_where_llhttp_judges_otherwise(cases, file, title):
    _, llhttp_refuses = cases[file, title]
    ours, reason = VERDICTS[file][title]

    if title.startswith("HTTP 101"):
        assert reason == NO_UPGRADE  # llhttp hands the connection over here, we refuse
    else:
        assert (llhttp_refuses != (ours is GET)) == bool(reason)


def test_curl_takes_what_we_take(cases, program):
    """Each response we take, served to curl byte for byte: the same status and the same body."""
    taken = [
        (row, cases[row][0]) for row in ROWS if not isinstance(VERDICTS[row[0]][row[1]][0], Failure)
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = threading.Thread(target=serve_each, args=(listener, [data for _, data in taken]))
        served.start()
        for (file, title), _ in taken:
            status, body = VERDICTS[file][title][0]
            curl = subprocess.run(
                [program("curl"), "-s", "-m", "5", "-w", "|%{http_code}",
                 f"http://127.0.0.1:{listener.getsockname()[1]}/"],
                capture_output=True, check=False,
            )  # fmt: skip
            theirs, _, code = curl.stdout.rpartition(b"|")
            assert int(code) == status, title
            assert theirs == body or status >= 300, title  # of these we read the head alone
        served.join()


def serve_each(listener, answers):
    for answer in answers:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)

"""Every request of the corpus against our real listener, over loopback.

Two origins: gunicorn's raw requests, valid and invalid, and the fenced cases of llhttp, the parser
we use, with the events that its strict and lenient modes give. Each case has a row with the
statuses that our listener answers, with POST and PUT switched on; ``()`` is a request that never
completes, which a deadline ends. Where we judge otherwise than the origin the row says why.

Many cases have no Host header, for which HTTP/1.1 demands a 400 (RFC 9112 section 3.2). Those are
asked twice: as they are, and with a Host header added, which is what the row is about.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from ringback.http.limits import Limits
from ringback.http.reading import Reading
from ringback.http.request import Request

from .conftest import Serve, Served


class Case(NamedTuple):
    raw: bytes
    accepted: bool | None
    """What the origin says; None when it is about a lenient mode, which we never switch on."""


class Row(NamedTuple):
    statuses: tuple[int, ...]
    why: str = ""
    """Why we judge otherwise than the origin."""


OK, BAD, NEVER = Row((200,)), Row((400,)), Row(())
LARGER = "a limit of gunicorn's default settings; ours are 8 KB of target and 16 KB of head"
METHOD = "not a method: llhttp knows a fixed list, and what it does not know is no request"
PROXY = "needs the PROXY protocol switched on; without it these bytes are not HTTP"
CODING = "we undo no transfer coding but chunked, and say so (RFC 9112 section 6.1)"
TWICE = "two lines that say how the body ends: readers of one message must not have to choose"
CLOSED = "the first request asks to close, so the second is not answered; the origin agrees"
TUNNEL = "the origin only parses it; a device listener is no proxy"
NOT_OURS = "the origin only parses the method; we answer what we do not serve with 405 or 501"
LENIENT = Row((400,), "accepted in a lenient mode only, which we never switch on")
SKIPPED = "the origin's test skips the body; on a connection we wait for it"

GUNICORN = {
    "valid/001.http": OK,
    "valid/002.http": OK,
    "valid/006.http": OK,
    "valid/007.http": OK,
    "valid/008.http": OK,
    "valid/009.http": Row((400,), "Transfer-Encoding: identity beside a Content-Length: " + TWICE),
    "valid/010.http": OK,
    "valid/011.http": OK,
    "valid/013.http": Row((400,), "blanks inside chunk extensions; the grammar has none"),
    "valid/014.http": OK,
    "valid/015.http": OK,
    "valid/017.http": Row((412,), "accepted; the If-Match it carries names another version"),
    "valid/018.http": Row((200, 200)),
    "valid/019.http": Row((200,), CLOSED),
    "valid/021.http": Row((200,), CLOSED),
    "valid/022.http": Row((200, 200)),
    "valid/023.http": Row((200, 200)),
    "valid/025_line.http": Row((501,), CODING),
    "valid/026.http": OK,
    "valid/030.http": Row((400,), TWICE),
    "valid/031.http": Row((400,), METHOD),
    "valid/031compat.http": Row(
        (400,), METHOD + "; needs gunicorn's permit_unconventional setting"
    ),
    "valid/031compat2.http": Row((400,), METHOD + "; needs gunicorn's casefold setting"),
    "valid/padding_01.http": OK,
    "valid/pp_02.http": Row((400,), PROXY),
    "valid/pp_05.http": Row((400,), PROXY),
    "valid/rfc9110_body_framing_get_cl_nonzero_01.http": OK,
    "valid/rfc9110_body_framing_get_cl_zero_01.http": OK,
    "valid/rfc9110_field_name_special_chars_01.http": OK,
    "valid/rfc9110_field_value_htab_trim_01.http": OK,
    "valid/rfc9112_chunked_ext_quoted_01.http": OK,
    "valid/rfc9112_smuggle_te_identity_chunked_01.http": Row((501,), CODING),
    "valid/rfc9112_target_absolute_https_01.http": OK,
    "valid/rfc9112_target_absolute_ipv6_01.http": OK,
    "valid/rfc9112_target_absolute_userinfo_01.http": OK,
    "valid/rfc9112_target_authority_connect_01.http": Row((405,), TUNNEL),
    "valid/rfc9112_target_authority_ipv6_01.http": Row((405,), TUNNEL),
    "invalid/003b.http": BAD,
    "invalid/003c.http": BAD,
    "invalid/004.http": BAD,
    "invalid/005.http": BAD,
    "invalid/006.http": Row((200,), LARGER),
    "invalid/012.http": Row((200,), LARGER + " (it is asked with a limit of 98 bytes)"),
    "invalid/013.http": BAD,
    "invalid/014.http": BAD,
    "invalid/015.http": BAD,
    "invalid/019.http": Row((200,), "X-Forwarded-* of strangers is not read, so cannot disagree"),
    "invalid/021.http": BAD,
    "invalid/023.http": BAD,
    "invalid/041.http": BAD,
    "invalid/chunked_01.http": BAD,
    "invalid/chunked_04.http": BAD,
    "invalid/chunked_05.http": BAD,
    "invalid/chunked_06.http": BAD,
    "invalid/chunked_07.http": BAD,
    "invalid/chunked_08.http": BAD,
    "invalid/chunked_11.http": BAD,
    "invalid/chunked_12.http": BAD,
    "invalid/chunked_13.http": BAD,
    "invalid/chunked_14.http": BAD,
    "invalid/invalid_field_value_01.http": BAD,
    "invalid/limit_header_default_01.http": Row((200,), LARGER),
    "invalid/nonascii_01.http": BAD,
    "invalid/pp_01.http": BAD,
    "invalid/prefix_01.http": BAD,
    "invalid/prefix_02.http": BAD,
    "invalid/prefix_03.http": BAD,
    "invalid/prefix_04.http": BAD,
    "invalid/rfc9110_field_value_ctl_bel_01.http": BAD,
    "invalid/rfc9110_field_value_ctl_del_01.http": BAD,
    "invalid/rfc9110_trailer_forbidden_cl_01.http": BAD,
    "invalid/rfc9112_chunked_size_minus_sign_01.http": BAD,
    "invalid/rfc9112_chunked_size_plus_sign_01.http": BAD,
    "invalid/rfc9112_smuggle_cl_te_chunked_01.http": BAD,
    "invalid/rfc9112_target_authority_non_connect_01.http": BAD,
    "invalid/rfc9112_target_relative_01.http": BAD,
    "invalid/version_02.http": Row((505,)),
}

LLHTTP = {
    "request_content-length.md": {
        "`Content-Length` with zeroes": OK,
        "`Content-Length` with follow-up headers": OK,
        "Error on `Content-Length` overflow": BAD,
        "Error on duplicate `Content-Length`": BAD,
        "Error on simultaneous `Content-Length` and `Transfer-Encoding: identity`": BAD,
        "Invalid whitespace token with `Content-Length` header field": BAD,
        "Invalid whitespace token with `Content-Length` header field (lenient)": LENIENT,
        "No error on simultaneous `Content-Length` and `Transfer-Encoding: identity` (lenient)":
            LENIENT,
        "Funky `Content-Length` with body": OK,
        "Spaces in `Content-Length` (surrounding)": NEVER,
        "Tabs in `Content-Length` (surrounding)": NEVER,
        "Spaces in `Content-Length` #2": BAD,
        "Spaces in `Content-Length` #3": BAD,
        "Empty `Content-Length`": BAD,
        "`Content-Length` with CR instead of dash": BAD,
        "Content-Length reset when no body is received": Row((), SKIPPED),
        "Missing CRLF-CRLF before body": BAD,
        "Missing CRLF-CRLF before body (lenient)": LENIENT,
    },
    "request_finish.md": {
        "It should be safe to finish after GET request": OK,
        "It should be unsafe to finish after incomplete PUT request": NEVER,
        "It should be unsafe to finish inside of the header": NEVER,
    },
    "request_lenient-headers.md": {
        "Header value (lenient)": LENIENT,
        "Second request header value (lenient)": Row((200, 400), LENIENT.why),
        "Header value": BAD,
        "Empty headers separated by CR (lenient)": LENIENT,
    },
    "request_method.md": {
        "REPORT request": Row((501,), NOT_OURS),
        "CONNECT request": Row((405,)),
        "CONNECT request with CAPS": Row((405,)),
        "CONNECT with body": Row((405,)),
        "M-SEARCH request": Row((501,), NOT_OURS),
        "PATCH request": Row((405,), NOT_OURS),
        "PURGE request": Row((501,), NOT_OURS),
        "SEARCH request": Row((501,), NOT_OURS),
        "LINK request": Row((501,), NOT_OURS),
        "LINK request (2)": Row((501,), NOT_OURS),
        "SOURCE request": Row((501,), NOT_OURS),
        "SOURCE request with ICE": Row((501,), NOT_OURS),
        "OPTIONS request with RTSP": Row((405,), NOT_OURS),
        "ANNOUNCE request with RTSP": Row((501,), NOT_OURS),
        "PRI request HTTP2": BAD,
        "QUERY request": Row((501,), NOT_OURS),
    },
    "request_pipelining.md": {
        "Should parse multiple events": Row((200, 200, 405), NOT_OURS),
    },
    "request_sample.md": {
        "Simple request": Row((405,), NOT_OURS),
        "Request with method starting with `H`": OK,
        "curl GET": OK,
        "Firefox GET": OK,
        "DUMBPACK": OK,
        "No headers and no body": OK,
        "One header and no body": OK,
        "Apache bench GET": OK,
        "Prefix newline": OK,
        "No HTTP version": Row((505,), "HTTP/0.9 has no status and no length; nobody speaks it"),
        "Line folding in header value with CRLF": LENIENT,
        "Line folding in header value with LF": BAD,
        "No LF after CR": BAD,
        "No LF after CR (lenient)": LENIENT,
        "Request starting with CRLF": OK,
        "Extended Characters": OK,
        "255 ASCII in header value": Row((405,), NOT_OURS),
        "X-SSL-Nonsense": LENIENT,
    },
    "request_transfer-encoding.md": {
        "Parsing and setting flag": NEVER,
        "Parse chunks with lowercase size": OK,
        "Parse chunks with uppercase size": OK,
        "POST with `Transfer-Encoding: chunked`": OK,
        "Two chunks and triple zero prefixed end chunk": OK,
        "Trailing headers": OK,
        "Chunk extensions": NEVER,
        "No semicolon before chunk extensions": BAD,
        "No extension after semicolon": BAD,
        "Chunk extensions quoting": NEVER,
        "Unbalanced chunk extensions quoting": BAD,
        "Ignoring `pigeons`": Row((501,)),
        "POST with `Transfer-Encoding` and `Content-Length`": BAD,
        "POST with `Transfer-Encoding` and `Content-Length` (lenient)": LENIENT,
        "POST with empty `Transfer-Encoding` and `Content-Length` (lenient)": BAD,
        "POST with `chunked` before other transfer coding names": BAD,
        "POST with `chunked` and duplicate transfer-encoding": BAD,
        "POST with `chunked` before other transfer-coding (lenient)": LENIENT,
        "POST with `chunked` and duplicate transfer-encoding (lenient)": LENIENT,
        "POST with `chunked` as last transfer-encoding": Row((501,), CODING),
        "POST with `chunked` as last transfer-encoding (multiple headers)": Row((400,), TWICE),
        "POST with `chunkedchunked` as transfer-encoding": Row((501,)),
        "Missing last-chunk": BAD,
        "Validate chunk parameters": BAD,
        "Invalid OBS fold after chunked value": BAD,
        "Chunk header not terminated by CRLF": BAD,
        "Chunk header not terminated by CRLF (lenient)": LENIENT,
        "Chunk data not terminated by CRLF": BAD,
        "Chunk data not terminated by CRLF (lenient)": LENIENT,
        "Space after chunk header": BAD,
        "Space after chunk header (lenient)": LENIENT,
    },
}  # fmt: skip

FENCED = re.compile(
    r"<!-- meta=(?P<meta>\{.*?\}) -->\s*```http\n(?P<http>.*?)\n```\s*```log\n(?P<log>.*?)```",
    re.DOTALL,
)
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "f": "\f", "0": "\0"}


def spell_out(text: str) -> bytes:
    """Turn the escapes of either origin into the bytes they stand for."""
    spelt = re.sub(
        r"\\(?:x([0-9A-Fa-f]{2})|([rntf0]))",
        lambda found: chr(int(found[1], 16)) if found[1] else ESCAPES[found[2]],
        text,
    )
    return spelt.encode("utf-8" if "\\xff" in text or not text.isascii() else "latin-1")


def gunicorn_cases(folder: Path) -> dict[str, Case]:
    return {
        f"{kind}/{file.name}": Case(
            spell_out(file.read_text("utf-8").replace("\n", "")), kind == "valid"
        )
        for kind in ("valid", "invalid")
        for file in (folder / kind).iterdir()
    }


def llhttp_cases(file: Path) -> dict[str, Case]:
    text = file.read_text("utf-8")
    cases: dict[str, Case] = {}
    for found in FENCED.finditer(text):
        title = re.findall(r"^#+ (.*)$", text[: found.start()], re.MULTILINE)[-1]
        name = f"{title} (2)" if title in cases else title
        http = found["http"].replace("\\\n", "").replace("\n", "\r\n")
        lenient = "lenient" in json.loads(found["meta"])["type"]
        accepted = "error code" not in found["log"] and "finish=2" not in found["log"]
        complete = "message complete" in found["log"]
        cases[name] = Case(spell_out(http), None if lenient else accepted and complete)
    return cases


def with_host(raw: bytes) -> bytes:
    if re.search(rb"\nhost:", raw, re.IGNORECASE):
        return raw
    line = re.compile(rb"^([!-~]+ [^\r\n]+ HTTP/1\.1\r\n)", re.MULTILINE)
    return line.sub(rb"\1Host: corpus\r\n", raw)


def statuses(served: Served, raw: bytes) -> tuple[int, ...]:
    answer = served.say(raw)
    assert len(answer) < 10_000
    return tuple(int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer))


def check(served: Served, name: str, case: Case, row: Row) -> None:
    judged = statuses(served, with_host(case.raw))
    assert judged == row.statuses, name
    fine = bool(judged) and all(status == 200 for status in judged)
    if case.accepted is not None and case.accepted != fine:
        assert row.why, f"{name}: the origin judges otherwise, say why"
    if with_host(case.raw) != case.raw:
        hostless = statuses(served, case.raw)
        assert hostless in ((), judged) or {400, 501} & set(hostless), name
    # Whatever it was, the house is as it was before.
    assert statuses(served, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == (200,), name


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(methods=("GET", "HEAD", "POST", "PUT"))


def test_every_request_of_gunicorn_is_judged_as_its_row_says(corpus: Path, served: Served) -> None:
    cases = gunicorn_cases(corpus / "http" / "requests")
    assert cases.keys() == GUNICORN.keys(), "every file has a row"
    for name, case in cases.items():
        check(served, name, case, GUNICORN[name])


def test_every_request_of_llhttp_is_judged_as_its_row_says(corpus: Path, served: Served) -> None:
    files = {file.name: file for file in (corpus / "http" / "llhttp").glob("request_*.md")}
    assert files.keys() == LLHTTP.keys(), "every file has a table"
    for file in files.values():
        rows = LLHTTP[file.name]
        cases = llhttp_cases(file)
        assert cases.keys() == rows.keys(), f"{file.name}: every case has a row"
        for name, case in cases.items():
            check(served, f"{file.name}: {name}", case, rows[name])


class Pieces(Reading):
    """What a request came to, without a network."""

    limits = Limits()
    methods = frozenset(("GET", "HEAD", "POST", "PUT"))

    def __init__(self) -> None:
        self.memory = {}
        self.outcome: list[object] = []

    def taken(self, request: Request, *, keep: bool) -> None:
        self.outcome.append((request, keep))

    def awaited(self, *, encouraged: bool) -> None:
        assert not encouraged

    def hear(self, pieces: Iterable[bytes]) -> list[object]:
        for piece in pieces:
            error = None if self.deaf else self.feed(piece)
            if error is not None:
                self.outcome.append((error.status, error.what))
        return self.outcome


@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_how_the_network_cuts_a_request_does_not_change_what_it_means(
    corpus: Path, size: int
) -> None:
    for name, case in gunicorn_cases(corpus / "http" / "requests").items():
        raw = with_host(case.raw)
        whole = Pieces().hear([raw])
        pieces = (raw[at : at + size] for at in range(0, len(raw), size))
        assert Pieces().hear(pieces) == whole, name

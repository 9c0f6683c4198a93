"""Answers: what a client gets of a file, and the first lines it reads."""

import pytest

from ringback.http.answer import NOT_FOUND, Answer, head, plain, select
from ringback.http.request import Request

FILE = Answer(200, b"0123456789", "text/xml", etag='"1-a"', modified=784_111_777.5)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def asked(method: str = "GET", **headers: str) -> Request:
    fields = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request(method, "/", "/", headers=fields)


def test_a_plain_get_gets_everything() -> None:
    assert select(asked(), FILE) is FILE


def test_a_part() -> None:
    part = select(asked(range="bytes=2-4"), FILE)
    assert (part.status, bytes(part.body)) == (206, b"234")
    assert part.headers == (("Content-Range", "bytes 2-4/10"),)
    assert part.etag == FILE.etag


def test_a_part_beyond_the_end() -> None:
    part = select(asked(range="bytes=10-"), FILE)
    assert part.status == 416
    assert part.headers == (("Content-Range", "bytes */10"),)


def test_a_part_of_another_version_is_the_whole() -> None:
    assert select(asked(range="bytes=2-4", if_range='"old"'), FILE) is FILE


def test_head_has_no_parts() -> None:
    assert select(asked("HEAD", range="bytes=2-4"), FILE) is FILE


def test_what_the_client_has_is_not_sent_again() -> None:
    same = select(asked(if_none_match='"1-a"'), FILE)
    assert (same.status, same.body, same.etag) == (304, b"", '"1-a"')


def test_conditions_do_not_apply_to_refusals() -> None:
    assert select(asked(if_none_match="*", range="bytes=0-1"), NOT_FOUND) is NOT_FOUND


def test_the_head_of_a_file() -> None:
    assert head(FILE, date=DATE, keep=False).decode() == (
        "HTTP/1.1 200 OK\r\nServer: Ringback\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/xml\r\nContent-Length: 10\r\n"
        'ETag: "1-a"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\n'
        "Connection: close\r\n\r\n"
    )


def test_a_304_has_no_length() -> None:
    text = head(FILE._replace(status=304, body=b""), date=DATE, keep=True).decode()
    assert "Content-" not in text
    assert "Connection: keep-alive" in text


def test_a_gz_file_is_never_declared_encoded() -> None:
    packed = FILE._replace(content_type="application/octet-stream", body=b"\x1f\x8b")
    assert b"Content-Encoding" not in head(packed, date=DATE, keep=True)


@pytest.mark.parametrize(
    "header", [("X", "a\r\nSet-Cookie: b"), ("X\n", "a"), ("X", "\0"), ("X", "\x7f")]
)
def test_a_header_cannot_write_another(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="control character"):
        head(FILE._replace(headers=(header,)), date=DATE, keep=True)


def test_refusals_say_nothing_of_what_was_asked() -> None:
    assert plain(404, why="secret/place") == NOT_FOUND._replace(why="secret/place")
    assert b"secret" not in head(plain(404, why="secret"), date=DATE, keep=True)
    assert NOT_FOUND.body == b"Not Found\n"

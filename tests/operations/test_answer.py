import pytest

from ringback.errors import NotFoundError, RefusedError
from ringback.files.root import File, Root
from ringback.mac import Mac
from ringback.operations.answer import Answering
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity

MAC = Mac.parse("000e08aaaaaa")
STRANGER = Identity("192.0.2.66", agent="curl/8")
CA = File(b"PEM", '"1"', 0.0, "ringback-ca.pem", "application/x-pem-file")


@pytest.fixture
def warned():
    return []


@pytest.fixture
def answering(tmp_path, warned):
    (tmp_path / "basic.txt").write_bytes(b"hello")
    return Answering(
        Root(tmp_path).read, Admission(bind_devices=True), warned.append, {"ringback-ca.pem": CA}
    )


def test_a_file_of_the_root_is_read(answering):
    assert answering.file("/basic.txt").data == b"hello"


def test_a_published_file_stands_before_the_root_and_its_private_endings(answering):
    assert answering.file("/ringback-ca.pem") is CA
    with pytest.raises(RefusedError):
        answering.file("/other.pem")


def test_what_names_nobody_passes_without_a_word(answering, warned):
    answering.admit("/basic.txt", "", STRANGER, Channel.PLAIN)

    assert warned == []


def test_a_refusal_is_one_line_with_path_agent_certificate_and_address(answering, warned):
    with pytest.raises(RefusedError):
        answering.admit("/cfg", f"mac={MAC}", STRANGER, Channel.TLS)

    [line] = warned
    assert all(
        part in line for part in (f"/cfg?mac={MAC}", "curl/8", "192.0.2.66", "certificate=-")
    )


def test_a_file_that_does_not_exist_is_refused_before_anyone_looks(answering, warned):
    with pytest.raises(RefusedError):
        answering.admit(f"/{MAC}.cfg", "", STRANGER, Channel.PLAIN)
    with pytest.raises(NotFoundError):
        answering.file(f"/{MAC}.cfg")
    assert len(warned) == 1

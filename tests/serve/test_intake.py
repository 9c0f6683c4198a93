"""What phones may leave here, at either kind of door."""

import asyncio

import pytest

from ringback.cisco import report
from ringback.errors import RefusedError, UsageError
from ringback.http.request import Request
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity
from ringback.serve.intake import MOST_WAITING, open_intake
from ringback.settings import Serve
from ringback.tftp.request import WriteRequest

MAC = "000e08abcdef"
STATUS = report.status([("Software Version", "7.6.2f")])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reports"


@pytest.fixture
def log():
    return []


@pytest.fixture
def intake(folder, log):
    made = open_intake(Serve(reports=folder, reports_room=10_000), Admission(), log.append)
    assert made is not None
    return made


def kept(folder):
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def put(intake, path=f"/{MAC}.xml", body=STATUS, method="PUT"):
    request = Request(method, path, path, body=body, address="10.0.0.1")
    return asyncio.run(intake.take(request, Identity("10.0.0.1"), Channel.PLAIN))


def test_nothing_is_taken_unless_a_folder_is_named():
    assert open_intake(Serve(), Admission(), print) is None


def test_a_put_and_a_post_are_kept_and_answered_201(intake, folder):
    assert put(intake).status == put(intake, method="POST").status == 201
    assert kept(folder) == [STATUS, STATUS]


def test_the_answer_tells_nothing_of_where_it_lies(intake):
    assert put(intake).body == b"Created\n"


def test_what_is_no_report_is_400_and_a_full_house_507(intake, folder):
    assert put(intake, body=b"hello").status == 400
    large = report.status([("A", "x" * 9000)])
    assert put(intake, body=large).status == 201
    assert put(intake, body=large).status == 507
    assert len(kept(folder)) == 1


def test_beyond_so_many_at_once_a_report_is_put_off(intake, folder):
    intake.waiting = MOST_WAITING
    assert put(intake).status == 503
    assert kept(folder) == []


def test_a_put_that_names_no_phone_is_refused_like_a_file_that_is_not_there(intake):
    with pytest.raises(RefusedError):
        put(intake, path="/../../etc/passwd")


def test_a_tftp_write_is_judged_when_it_begins_and_kept_when_it_is_whole(intake, folder):
    keep = intake.expect(WriteRequest(f"/{MAC}.xml", "10.0.0.1", 1000))
    assert kept(folder) == []
    keep(STATUS)
    assert kept(folder) == [STATUS]
    with pytest.raises(RefusedError):
        intake.expect(WriteRequest("/pxelinux.0", "10.0.0.1", 1000))
    with pytest.raises(RefusedError, match="no report"):
        keep(b"hello")
    keep(report.status([("A", "x" * 9000)]))
    with pytest.raises(OSError, match="full"):
        keep(report.status([("A", "x" * 9000)]))


def test_keys_must_be_there_be_nobody_elses_and_have_somewhere_to_be_used(tmp_path, folder):
    keys = tmp_path / "keys.toml"
    with pytest.raises(UsageError, match="without --reports"):
        open_intake(Serve(report_keys=keys), Admission(), print)
    with pytest.raises(UsageError, match="no keys"):
        open_intake(Serve(reports=folder, report_keys=keys), Admission(), print)
    keys.write_text('[default]\nkey = "k"\n')
    keys.chmod(0o644)
    with pytest.raises(UsageError, match="others may read"):
        open_intake(Serve(reports=folder, report_keys=keys), Admission(), print)
    keys.chmod(0o600)
    assert open_intake(Serve(reports=folder, report_keys=keys), Admission(), print)

"""The vendor's exercise *Partitioned Profiles*."""

import pytest
from tests.house.started import BASIC, basic, resync

SECOND = basic("from the second", "<GPP_B>ABCD</GPP_B>\n")


@pytest.fixture
def partitioned(root):
    """``basic.txt`` and ``basic2.txt`` as in the chapter."""
    (root / "basic2.txt").write_text(BASIC.replace("</GPP_A>", "</GPP_A>\n<GPP_B>ABCD</GPP_B>"))
    return root


@pytest.mark.usefixtures("partitioned")
def test_both_profiles_are_resynced_in_that_order(server, plug, ear):
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")

    phone.submit(
        Profile_Rule=server.url("basic.txt"),
        Profile_Rule_B=server.url("basic2.txt"),
        Resync_Periodic="1", Resync_On_Reset="Yes",
    )  # fmt: skip

    for _ in range(2):
        ear.wait_for(f"Requesting resync {server.url('basic.txt')}")
        ear.wait_for(f"Successful resync {server.url('basic.txt')}")
        ear.wait_for(f"Requesting resync {server.url('basic2.txt')}")
        ear.wait_for(f"Successful resync {server.url('basic2.txt')}")
    assert (phone.field("GPP_A"), phone.field("GPP_B")) == ("12345678", "ABCD")


def test_the_later_profile_wins(server):
    (server.root / "basic2.txt").write_text(SECOND)

    report = followed(server.url("basic.txt"), server.url("basic2.txt"))

    assert report["changed"] == {"GPP_A": ["", "from the second"], "GPP_B": ["", "ABCD"]}


def test_a_missing_first_profile_stops_the_second(server):
    (server.root / "basic2.txt").write_text(SECOND)

    report = followed(server.url("absent.txt"), server.url("basic2.txt"))

    assert (report["applied"], report["error"], report["changed"]) == (False, "file not found", {})
    assert not any("basic2.txt" in line for line in report["said"])


def test_a_missing_first_profile_may_be_allowed(server):
    (server.root / "basic2.txt").write_text(SECOND)

    report = followed(
        server.url("absent.txt"), server.url("basic2.txt"), "--set", "Resync_Fails_On_FNF=No"
    )

    assert report["changed"]["GPP_B"] == ["", "ABCD"]


def test_a_failing_second_profile_leaves_the_first_applied(server):
    report = followed(server.url("basic.txt"), server.url("absent.txt"))

    assert (report["applied"], report["error"]) == (False, "file not found")
    assert report["changed"] == {"GPP_A": ["", "12345678"]}


def test_the_first_profile_may_say_where_the_second_is(server):
    more = f"<Profile_Rule_B>{server.url('$A.txt', 'http')}</Profile_Rule_B>\n"
    (server.root / "boot.txt").write_text(basic("basic2", more))
    (server.root / "basic2.txt").write_text(SECOND)

    report = followed(server.url("boot.txt"), "")

    assert report["changed"]["GPP_B"] == ["", "ABCD"]


@pytest.mark.usefixtures("partitioned")
def test_foreign_clients_fetch_both_parts(server, fetch_tftp, curl):
    for name in ("basic.txt", "basic2.txt"):
        expected = (server.root / name).read_bytes()

        assert fetch_tftp("tftp-hpa", server.tftp, name) == expected
        assert curl(server.url(name, "http")) == expected


@pytest.mark.usefixtures("partitioned")
def test_the_parts_may_be_on_separate_servers(judges):
    with judges.tftpd_hpa() as tftp, judges.nginx() as http:
        report = followed(f"{tftp}/basic.txt", f"{http}/basic2.txt")

    assert report["changed"] == {"GPP_A": ["", "12345678"], "GPP_B": ["", "ABCD"]}


def followed(first, second, *arguments):
    """A phone follows its own rules once."""
    rules = ("--set", f"Profile_Rule={first}", "--set", f"Profile_Rule_B={second}")
    return resync("--model", "7832", *rules, *arguments)

"""The vendor's exercise *Logging with syslog*."""

import pytest
from tests.house.conftest import tool
from tests.house.started import MAC, ringback

COLONS = ":".join(MAC[i : i + 2] for i in range(0, 12, 2))
WHO = f"CP-7832-3PCC {COLONS} --"


def test_the_phone_announces_a_resync_and_how_it_ended(server, plug):
    phone = plug(Resync_On_Reset="No")
    phone.submit(Syslog_Server=f"127.0.0.1:{server.syslog}")
    assert phone.field("Syslog_Server") == f"127.0.0.1:{server.syslog}"

    phone.open(f"/admin/resync?{server.url('basic.txt')}")

    requesting = server.wait_for(f"{WHO} Requesting resync {server.url('basic.txt')}")
    successful = server.wait_for(f"{WHO} Successful resync {server.url('basic.txt')}")
    lines = server.process.lines
    assert lines.index(requesting) < lines.index(successful)


def test_two_messages_are_sent_and_no_more(server, ear):
    done = one_resync(server.url("basic.txt"), "--syslog", ear.address)

    assert done.returncode == 0
    ear.wait_for(f"{WHO} Requesting resync")
    ear.wait_for(f"{WHO} Successful resync")
    assert len(ear.drain()) == 2


def test_the_second_message_may_mark_failure(server, ear):
    done = one_resync(server.url("absent.txt"), "--syslog", ear.address)

    assert done.returncode == 1
    ear.wait_for(f"{WHO} Requesting resync {server.url('absent.txt')}")
    assert ear.wait_for("Resync failed").endswith(f"{WHO} Resync failed: file not found")


@pytest.mark.parametrize("name", ["Log_Request_Msg", "Log_Success_Msg", "Log_Failure_Msg"])
def test_a_message_that_is_cleared_is_not_sent(server, ear, name):
    rule = server.url("absent.txt" if "Failure" in name else "basic.txt")

    one_resync(rule, "--syslog", ear.address, "--set", f"{name}=")

    kept = "Requesting" if name != "Log_Request_Msg" else "Successful"
    ear.wait_for(kept)
    assert len(ear.drain()) == 1


def test_the_contents_of_a_message_can_be_configured(server, ear):
    message = "Log_Success_Msg=$MAU took $PATH from $SERV, $$ and all"

    one_resync(server.url("basic.txt"), "--syslog", ear.address, "--set", message)

    ear.wait_for(f"{MAC.upper()} took /basic.txt from 127.0.0.1, $ and all")


@pytest.mark.parametrize("model", ["7832", "SPA504G"])
def test_debug_level_tells_more_the_higher_it_is(server, ear, model):
    told = []
    for level in range(4):
        ear.forget()
        settings = [f"Debug_Server={ear.address}", f"Debug_Level={level}"]
        typed = [text for each in settings for text in ("--set", each)]
        one_resync(server.url("basic.txt"), *typed, model=model)
        told.append(list(ear.drain()))

    assert len(told[0]) == 2
    assert len(told[0]) < len(told[1]) < len(told[2]) < len(told[3])
    assert not any("GPP_A" in line for line in told[2])
    assert any("GPP_A: '' became '12345678'" in line for line in told[3])


@pytest.mark.parametrize("how", [["-d"], ["-T"], ["-T", "--octet-count"], ["-d", "--rfc3164"]])
def test_our_server_understands_what_logger_sends(server, program, how):
    text = f"{WHO} Successful resync tftp://192.168.1.200/basic.txt"

    tool(program, "logger")("-n", "127.0.0.1", "-P", str(server.syslog), *how, "--", text)

    line = server.wait_for("Successful resync")
    assert "notice ok" in line, "recognised, and marked"
    assert line.endswith(text)


@pytest.mark.parametrize("model", ["7832", "SPA504G"])
def test_rsyslog_understands_what_our_phone_sends(server, ear, judges, model):
    with judges.rsyslogd() as syslog:
        one_resync(server.url("basic.txt"), "--syslog", syslog, model=model)
        said = ear.wait_for("Successful resync")

    level, *words = said.split("|")
    assert level == "local0.notice"
    # The text begins where a host name and a tag would be: phones send neither.
    assert (
        " ".join(words)
        .replace(": ", ":")
        .endswith(f"{COLONS} -- Successful resync {server.url('basic.txt')}")
    )


def one_resync(rule, *arguments, model="7832"):
    return ringback("phone", "resync", rule, "--mac", MAC, "--model", model, *arguments)

"""``profile`` and ``rule`` through the installed program, and the shape of every ``--json``."""

import json

import pytest
from tests.house.started import BASIC, MAC, SERIAL, basic, resync, ringback


def report(*command, exit_status=0):
    """The one JSON object that a command prints; nothing else may be there."""
    done = ringback(*command, "--json")
    assert done.returncode == exit_status, done.stderr
    return json.loads(done.stdout)


def test_phone_resync_reports_what_was_applied(server):
    url = server.url("basic.txt")

    told = resync(url, "--model", "7832", "--mac", MAC, "--serial", SERIAL)

    assert told["applied"] is True
    assert told["url"] == url
    assert told["error"] is None
    assert told["changed"] == {"GPP_A": ["", "12345678"]}
    assert told["said"] == [
        f"CP-7832-3PCC 00:0e:08:01:23:45 -- Requesting resync {url}",
        f"CP-7832-3PCC 00:0e:08:01:23:45 -- Successful resync {url}",
    ]


def test_phone_resync_reports_what_failed(server):
    told = resync(server.url("absent.txt"), "--model", "7832")

    assert (told["applied"], told["error"], told["changed"]) == (False, "file not found", {})
    assert told["url"] == server.url("absent.txt")
    assert len(told["said"]) == 2


def test_rule_explain_says_what_a_phone_does():
    rule = (
        '("$A" ne "Provisioned")? (a = "Provisioned"; Line_Enable_1_ = "No";)! '
        "[--key $SA] https://p.tel.com/init-$MA | https://p.tel.com/$PN"
    )

    told = report("rule", "explain", rule, "--model", "8851", "--mac", MAC, "--set", "GPP_SA=k")

    assert told == {
        "chosen": 0,
        "url": f"https://p.tel.com/init-{MAC}",
        "options": {"key": "k"},
        "assignments": {"GPP_A": "Provisioned", "Line_Enable_1_": "No"},
        "alternatives": [
            {"condition": '"$A" ne "Provisioned"', "result": True},
            {"condition": None, "result": None},
        ],
        "error": None,
    }


def test_rule_explain_takes_parameters_and_state():
    rule = '($PRVST eq 1 and "$B" eq "x")? /a | ($REGTMR1 gt 60)? /b'

    told = report("rule", "explain", rule, "--set", "GPP_B=y", "--macro", "PRVST=1",
                  "--macro", "REGTMR1=61")  # fmt: skip

    assert (told["chosen"], told["url"]) == (1, "/b")
    assert [each["result"] for each in told["alternatives"]] == [False, True]


@pytest.mark.parametrize(
    ("rule", "column"), [("[--nonsense x] http://h/p", 2), ("  ftp://h/p", 3), ("(1 eq)? /p", 6)]
)
def test_rule_explain_places_an_error_in_the_rule_as_typed(rule, column):
    told = report("rule", "explain", rule, exit_status=1)

    assert (told["chosen"], told["url"]) == (None, None)
    assert told["error"]["column"] == column
    assert told["error"]["message"]


def test_profile_lint_knows_the_catalogue_of_a_model(tmp_path):
    (tmp_path / "bad.xml").write_text("<flat-profile>\n<GPP_A>1</GPP_A>\n<GPP_AA>1</GPP_AA>\n")
    (tmp_path / "good.xml").write_text(BASIC)

    assert report("profile", "lint", str(tmp_path / "good.xml"), "--model", "8841")["errors"] == 0
    told = report("profile", "lint", str(tmp_path / "bad.xml"), exit_status=1)
    assert told["errors"] == 1
    assert all(each["line"] for each in told["files"][0]["findings"])
    unknown = report("profile", "lint", str(write(tmp_path, basic("1", "<GPP_AA>1</GPP_AA>"))))
    assert any(each["parameter"] == "GPP_AA" for each in unknown["files"][0]["findings"])


def test_profile_show_lists_what_a_phone_reads(tmp_path):
    told = report("profile", "show", str(write(tmp_path, BASIC)), "--model", "7832")

    assert [(each["name"], each["value"]) for each in told["parameters"]] == [("GPP_A", "12345678")]


def test_profile_diff_compares_a_file_with_a_phone(plug, tmp_path):
    phone = plug(Resync_On_Reset="No", GPP_A="12345678", GPP_B="on the phone")
    mine = write(tmp_path, basic("12345678", "<GPP_B>in the file</GPP_B>"))
    page = phone.open("/admin/cfg.xml").url

    done = ringback("profile", "diff", str(mine), page)

    assert done.returncode == 1
    assert "GPP_B" in done.stdout
    assert "in the file" in done.stdout
    assert "on the phone" in done.stdout
    assert "GPP_A" not in done.stdout
    assert ringback("profile", "diff", str(mine), str(mine)).returncode == 0


def test_profile_seal_and_open_are_inverse_and_a_wrong_key_exits_1(tmp_path):
    source, sealed = write(tmp_path, BASIC), tmp_path / "sealed.cfg"
    done = ringback("profile", "seal", str(source), "--gzip", "--key", "K", "-o", str(sealed))
    assert (done.returncode, done.stdout) == (0, "")

    opened = ringback("profile", "open", str(sealed), "--key", "K")
    wrong = ringback("profile", "open", str(sealed), "--key", "wrong")

    assert (opened.returncode, opened.stdout) == (0, BASIC)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "key" in wrong.stderr


def write(folder, text):
    """A profile in a file."""
    path = folder / "profile.xml"
    path.write_text(text)
    return path

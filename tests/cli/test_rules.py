"""``ringback rule explain``, as installed and run by a shell."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RINGBACK = Path(sys.executable).with_name("ringback")


def explain(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RINGBACK), "rule", "explain", *arguments],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def explained(*arguments: str) -> dict[str, object]:
    done = explain(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_json_has_all_that_was_decided_and_nothing_else():
    taken = '(Line_Enable_1_ = "No"; b="$MA";)! [--key $SA --uid u --srv] https://h/$MA'
    rule = f'("$A" ne "x")? {taken} | /c'
    found = explained(
        rule, "--model", "8851", "--mac", "00:0E:08:AB:CD:EF", "--serial", "S1",
        "--set", "GPP_A=y", "--set", "GPP_SA=k1",
    )  # fmt: skip
    assert found == {
        "chosen": 0,
        "url": "https://h/000e08abcdef",
        "options": {"key": "k1", "uid": "u", "srv": True},
        "assignments": {"Line_Enable_1_": "No", "GPP_B": "000e08abcdef"},
        "alternatives": [
            {"condition": '"$A" ne "x"', "result": True},
            {"condition": None, "result": None},
        ],
        "error": None,
    }


def test_a_rule_that_is_skipped_is_no_failure():
    found = explained("(1 eq 2)? /a")
    assert (found["chosen"], found["url"]) == (None, None)
    assert found["alternatives"] == [{"condition": "1 eq 2", "result": False}]
    assert explained("")["alternatives"] == []
    assert explained("# /a")["error"] is None


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("[--diffieHellman] http://server/a", 2, "unknown option --diffieHellman"),
        ("ftp://h/a", 1, "unsupported scheme"),
        ("tftp://prov.telco.com: 6900/a", 23, "a blank inside the URL"),
        ("(\u201c$A\u201d ne 1)? /a", 2, "left curly quote"),
        ("http://h/$(A:", 10, "a broken macro"),
    ],
)
def test_a_bad_rule_exits_1_with_message_and_column(rule, column, said):
    done = explain(rule, "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["error"]["column"] == column
    assert said in found["error"]["message"]
    assert (found["chosen"], found["url"], found["alternatives"]) == (None, None, [])


def test_for_a_person_the_caret_stands_under_the_column():
    done = explain("tftp://h/\u4f60: $MA/a")
    assert done.returncode == 1
    assert done.stdout == ""
    rule, caret, said = done.stderr.splitlines()[-3:]
    assert rule == "tftp://h/\u4f60: $MA/a"
    # One wide character stands before it.
    assert caret == " " * 12 + "^"
    assert said.startswith("ringback: column 12: a blank inside the URL: ")


def test_for_a_person_macros_and_alternatives_are_shown():
    done = explain("($SWVER lt 7.5.2b)? [--key $SA] /a$MA | tftp://h/b", "--model", "SPA504G",
                   "--set", "GPP_SA=[/bold", "--macro", "SWVER=7.5.2")  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "$SWVER 7.5.2" in lines
    assert "$MA 000e08abcdef" in lines
    assert "1 ($SWVER lt 7.5.2b) [7.5.2 lt 7.5.2b] taken" in lines
    assert "2 without condition not considered" in lines


def test_what_was_typed_is_shown_unmasked():
    done = explain("[--key MyOwnSecret --pwd $SA] /a", "--set", "GPP_SA=p4ss")
    assert "--key MyOwnSecret" in done.stdout
    assert "--pwd p4ss" in done.stdout


def test_control_characters_do_not_reach_the_terminal():
    done = explain("/a\x1b[31m\x07")
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
    assert "\u241b[31m\u2407" in done.stderr


@pytest.mark.parametrize("rule", ["[--key x] /a", "[--key -- ] /a"])
def test_rules_with_option_blocks_are_rules(rule):
    done = explain("--set", "GPP_A=1", rule, "--json")
    assert json.loads(done.stdout)["error"] is None or "--key needs" in done.stdout


@pytest.mark.parametrize("rule", ["-x", "--key", "--weird x", "--", "-"])
def test_a_rule_that_begins_with_a_hyphen_is_judged_as_a_rule(rule):
    done = explain("--json", "--", rule)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["column"] >= 1


@pytest.mark.parametrize("rule", ["-x", "--weird x"])
def test_it_need_not_be_set_apart(rule):
    done = explain(rule, "--set", "GPP_A=1", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["column"] >= 1


def test_values_may_hold_equals_signs_hyphens_and_nothing():
    found = explained("/$A/$B/$C/$EMS", "--set", "GPP_A=--x", "--set=GPP_B=a=b", "--set", "GPP_C=",
                      "--macro", "EMS=-1")  # fmt: skip
    assert found["url"] == "/--x/a=b//-1"


def test_state_macros_are_given_by_macro():
    rule = "($REGTMR1 gt 300 and $PRVST eq -1)? /a | /b"
    assert explained(rule)["chosen"] == 1
    assert explained(rule, "--macro", "REGTMR1=301", "--macro", "PRVST=-1")["chosen"] == 0


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("CP-8851-3PCC", "/8851-3PCC"),
        ("8851", "/8851-3PCC"),
        ("SPA504G", "/504G"),
        ("spa-942", "/942"),
    ],
)
def test_a_model_may_be_spelt_as_usual(model, url):
    assert explained("/$PSN", "--model", model)["url"] == url


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/a", "--model", "nophone"],
        ["/a", "--mac", "12"],
        ["/a", "--set", "GPP_A"],
        ["/a", "--macro", "=1"],
        ["/a", "--set"],
        ["/a", "/b"],
        ["/a", "--kind", "nokind"],
    ],
)
def test_wrong_usage_exits_2(arguments):
    done = explain(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr


def test_an_upgrade_rule_takes_no_options():
    done = explain("[--uid u] /a", "--kind", "upgrade", "--json")
    assert done.returncode == 1
    assert "Upgrade_Rule takes no options" in done.stdout


def test_a_trigger_is_explained_too():
    found = explained("$PRVTMR ge 600", "--kind", "trigger", "--macro", "PRVTMR=600")
    assert found["alternatives"] == [{"condition": "$PRVTMR ge 600", "result": True}]
    assert explained("", "--kind", "trigger")["alternatives"] == []

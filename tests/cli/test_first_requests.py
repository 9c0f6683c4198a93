"""``ringback phone first-requests``, as installed and run by a shell."""

import json
import re
import subprocess
import sys
from pathlib import Path

RINGBACK = Path(sys.executable).with_name("ringback")
DOCS = Path(__file__).parents[2] / "docs" / "zero-touch.md"


def ringback(*arguments):
    return subprocess.run(
        [str(RINGBACK), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def listed(*arguments):
    done = ringback("phone", "first-requests", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_list_in_the_docs_is_what_is_printed():
    found = re.search(r"\$ ringback (.*)\n((?:.+\n)+?)```", DOCS.read_text())
    assert found
    command, shown = found.groups()
    assert ringback(*command.split()).stdout == shown


def test_each_request_says_who_suggested_it():
    found = listed("--model", "8851", "--dhcp", "66=http://h/$MA.xml", "--dhcp", "15=example.com")
    assert found["customization"] == "Open"
    assert [row["because"] for row in found["requests"]] == [
        "DHCP option 66", "DNS SRV, https", "DNS SRV, https", "DNS SRV, http", "DNS SRV, http",
    ]  # fmt: skip
    assert found["requests"][0]["url"] == "http://h/000e08abcdef.xml"


def test_a_phone_that_is_told_nothing_has_nobody_to_ask():
    (row,) = listed("--model", "SPA504G")["requests"]
    assert (row["rule"], row["url"]) == ("/spa$PSN.cfg", "")
    assert "no server" in row["error"]


def test_a_url_that_is_no_rule_is_explained_in_its_place():
    broken, sound = listed(
        "--model", "SPA504G", "--dhcp", "66=http://h/a b", "--dhcp", "160=http://h/c"
    )["requests"]
    assert broken["error"].startswith("column 11: a blank inside the URL")
    assert sound["url"] == "http://h/c"


def test_an_activation_code_is_shown_as_what_it_is_no_request():
    (row,) = listed("--model", "8851", "--activation", "gds://1234567890123456")["requests"]
    assert (row["url"], row["because"]) == ("", "activation server")
    assert "does not fetch by gds" in row["error"]


def test_an_option_that_phones_do_not_look_at_is_refused_in_one_line():
    done = ringback("phone", "first-requests", "--dhcp", "7=x")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "write NUMBER=TEXT" in done.stderr

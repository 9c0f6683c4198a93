"""Option blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.macro import expand
from ringback.cisco.option import KINDS, Options, read_options
from ringback.errors import RuleError

pytestmark = pytest.mark.duty(3)

KNOWN = {"SA": "s3cret", "SB": "user name", "SC": "", "SD": "--hunter2", "B": "GPP", "E": ""}


def read(typed: str) -> tuple[Options, str]:
    source = expand(typed, KNOWN, secrets=True)
    options, stop = read_options(source, 0)
    return options, source.text[stop:]


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("[]", {}),
        ("[ \n]", {}),
        ("[--key MyOwnSecret ]", {"key": "MyOwnSecret"}),
        ("[ --key $B ]", {"key": "GPP"}),
        ('[--key "my secret phrase"]', {"key": "my secret phrase"}),
        ('[--key "a ] b"]', {"key": "a ] b"}),
        ("[--uid $SA --pwd $SA]", {"uid": "s3cret", "pwd": "s3cret"}),
        ('[--uid "$SB"]', {"uid": "user name"}),
        ('[--pwd ""]', {"pwd": ""}),
        ("[--key pre$SA-post]", {"key": "pres3cret-post"}),
        ("[--post j --alias k]", {"post": "j", "alias": "k"}),
        ("[--alias a --key abra321 --post c]", {"alias": "a", "key": "abra321", "post": "c"}),
        ("[--srv]", {"srv": True}),
        ("[--delta --status]", {"delta": True, "status": True}),
        ("[--content --md]", {"content": "", "md": ""}),
        ("[--content x --md y]", {"content": "x", "md": "y"}),
        ("[--key -dash]", {"key": "-dash"}),
        ('[--key "--dashes"]', {"key": "--dashes"}),
        ('[--key a"b]', {"key": 'a"b'}),
        ("[--key\n\tx\n]", {"key": "x"}),
        ("[--key [x]", {"key": "[x"}),
    ],
)  # fmt: skip
def test_options_in_any_order_and_shape(typed, given):
    options, rest = read(typed + "http://h/a")
    assert options.given() == given
    assert rest == "http://h/a"


@pytest.mark.parametrize(
    ("typed", "column", "said"),
    [
        ("[--diffieHellman] x", 2, "unknown option --diffieHellman"),
        ("[--kye x]", 2, "did you mean --key?"),
        ("[--KEY x]", 2, "unknown option --KEY"),
        ("[--key=x]", 2, "did you mean --key?"),
        ("[-key x]", 2, "options begin with two hyphens"),
        ("[key x]", 2, "no option asks for key"),
        ("[--key my secret]", 11, 'quote a value that has blanks: "a b"'),
        ("[--srv yes]", 8, "no option asks for yes"),
        ("[--key]", 2, "--key needs a value: write --key VALUE"),
        ("[--key --uid x]", 2, "--key needs a value"),
        ('[--key ""]', 8, "zero length key"),
        ("[--key $SC]", 8, "--key has no value: $SC is empty"),
        ("[--key $E]", 8, "--key has no value: $E is empty"),
        ("[--post q]", 9, "--post needs a letter from a to p, not q"),
        ("[--post B]", 9, "--post needs a letter"),
        ("[--alias ab]", 10, "--alias needs a letter"),
        ("[--key a --key b]", 16, "--key is given twice"),
        ("[--key x", 1, "the options never end"),
        ("[", 1, "the options never end"),
        ('[--key "x]', 8, "a quoted string never ends"),
        ("[--md $SA]", 7, "$SA is a secret"),
        ("[--content x$SA]", 13, "$SA is a secret"),
        ("[$SD]", 2, "unknown option $SD"),
        ("[--post $SA]", 9, "not $SA"),
    ],
)
def test_a_bad_block_says_where_and_never_tells_a_secret(typed, column, said):
    with pytest.raises(RuleError) as caught:
        read(typed)
    assert caught.value.place.column == column, caught.value
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_keys_and_credentials_are_masked_for_others():
    options = Options(key="k3y", uid="u", pwd="p4ss", srv=True, md="")
    assert options.masked() == "[--key **** --uid **** --pwd **** --srv --md]"
    assert Options().masked() == ""
    assert "k3y" not in repr(options)
    assert "p4ss" not in repr(options)


VALUES = st.text(alphabet='ab -]"$', min_size=1, max_size=8).map(lambda text: text.replace('"', ""))


@given(st.dictionaries(st.sampled_from(["key", "uid", "pwd"]), VALUES.filter(bool)))
def test_quoted_values_survive_whatever_they_hold(given_options):
    block = " ".join(f'--{name} "{value}"' for name, value in given_options.items())
    source = expand(f"[{block}]", {}, secrets=True)
    options, stop = read_options(source, 0)
    plain = {name: value.replace("$$", "$") for name, value in given_options.items()}
    assert options.given() == plain
    assert stop == len(source.text)


PIECES = st.sampled_from(
    [*(f"--{name}" for name in KINDS), " ", '"', "]", "x", "$SA", "$SC", "-", "$E"]
)


def outcome(typed: str) -> RuleError | None:
    try:
        read(typed)
    except RuleError as error:
        return error
    return None


@given(st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join))
def test_any_block_is_read_or_refused_inside_itself(inside):
    error = outcome(f"[{inside}]")
    if error:
        assert 1 <= error.place.column <= len(inside) + 3
        assert "s3cret" not in str(error)

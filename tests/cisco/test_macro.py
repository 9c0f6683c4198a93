"""Macro expansion, and the way back to what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.macro import SECRETS, Expansion, expand
from ringback.errors import RuleError

pytestmark = pytest.mark.duty(3)

KNOWN = {
    "A": "ABCDEF", "B": "", "D": "$MAU", "M": "m", "P": "p",
    "MA": "000e08012345", "MAU": "000E08012345", "MAC": "00:0e:08:01:23:45",
    "SERV": "host", "SERVIP": "10.0.0.1", "SN": "FCH1", "SA": "s3cret",
    "UID1": "one", "UID10": "ten",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "expanded"),
    [
        ("", ""),
        ("nothing to do", "nothing to do"),
        ("cisco$MA.cfg", "cisco000e08012345.cfg"),
        ("$(MAU:4)", "08012345"),
        ("$(A:2)", "CDEF"),
        ("$(A:2:3)", "CDE"),
        ("$(A:0:0)x", "x"),
        ("$(A:6)x", "x"),
        ("$(A:99:99)x", "x"),
        ("$(A:4:99)", "EF"),
        ("$(A:" + "9" * 5000 + ")x", "x"),
        ("$(A:" + "0" * 5000 + "2)", "CDEF"),
        ("$(MA)", "000e08012345"),
        ("$(B)$B", ""),
        ("$$", "$"),
        ("$$MAU", "$MAU"),
        ("$$$MAU", "$000E08012345"),
        ("$$$$", "$$"),
        ("100$", "100$"),
        ("$ MA $. $/ $-", "$ MA $. $/ $-"),
        ("${MA}", "${MA}"),
        ("$ma$mA", "$ma$mA"),
        # The vendor's own example of an unknown name.
        ("$STRANGE$MAU.cfg", "$STRANGE000E08012345.cfg"),
        ("$(STRANGE)$(STRANGE:2)", "$(STRANGE)$(STRANGE:2)"),
        # The longest known name wins.
        ("$MACabc", "00:0e:08:01:23:45abc"),
        ("$MAUabc", "000E08012345abc"),
        ("$MAabc", "000e08012345abc"),
        ("$MA_x", "000e08012345_x"),
        ("$SERVIP$SERV", "10.0.0.1host"),
        ("$SERVX", "hostX"),
        ("$UID10$UID1", "tenone"),
        ("$UID19", "one9"),
        # A letter alone is no macro when a name goes on.
        ("$Ax $A.cfg $A/$A", "ABCDEFx ABCDEF.cfg ABCDEF/ABCDEF"),
        ("$BOGUS $MOST $A_1 $P2 $AA", "$BOGUS $MOST $A_1 $P2 $AA"),
        ("$(A)BC", "ABCDEFBC"),
    ],
)
def test_forms(typed, expanded):
    assert expand(typed, KNOWN).text == expanded


def test_expansion_is_one_pass():
    assert expand("$D $(D)", KNOWN).text == "$MAU $MAU"


@pytest.mark.parametrize(
    ("typed", "expanded", "column"),
    [
        ("x$(A:", "x$(A:", 2),
        ("$(A:x:y)", "$(A:x:y)", 1),
        ("$()", "$()", 1),
        ("$(A:-1)", "$(A:-1)", 1),
        ("$(A:1:2:3)", "$(A:1:2:3)", 1),
        ("$(A", "$(A", 1),
        ("$( A )", "$( A )", 1),
        ("$(A:\u0661)", "$(A:\u0661)", 1),
        ("$A$(", "ABCDEF$(", 3),
    ],
)
def test_a_broken_form_stays_and_is_reported(typed, expanded, column):
    expansion = expand(typed, KNOWN)
    assert expansion.text == expanded
    assert [fault + 1 for fault in expansion.faults] == [column]
    with pytest.raises(RuleError) as caught:
        expansion.refuse_faults()
    assert caught.value.place.column == column


def test_macros_after_a_broken_form_still_expand():
    assert expand("$(A:x $MA", KNOWN).text == "$(A:x 000e08012345"


@pytest.mark.parametrize(
    ("typed", "expanded"),
    [
        ("[--key $SA] tftp://h/$SA", "[--key s3cret] tftp://h/$SA"),
        ('[--key "$SA"]$SA', '[--key "s3cret"]$SA'),
        ('[--key "a]$SA"]$SA', '[--key "a]s3cret"]$SA'),
        ("[--key $(SA:1:2)]$(SA)", "[--key 3c]$(SA)"),
        ("$SA[--key x]", "$SA[--key x]"),
        # A bracket that comes out of an expansion, stands in quotes or in parentheses, or never
        # closes, makes no option block.
        ("$OPEN--key $SA]", "[--key $SA]"),
        ('("[" eq "$SA]")? /x', '("[" eq "$SA]")? /x'),
        ("([$SA] eq 1)? /x", "([$SA] eq 1)? /x"),
        ("[--key $SA", "[--key $SA"),
        ("(1=1)?[--key $SA]/$SA | [--key $SA]/y", "(1=1)?[--key s3cret]/$SA | [--key s3cret]/y"),
        ('("$(A)" eq "x")?[--key $SA]/x', '("ABCDEF" eq "x")?[--key s3cret]/x'),
    ],
)  # fmt: skip
def test_secrets_expand_only_inside_typed_option_blocks(typed, expanded):
    assert expand(typed, KNOWN | {"OPEN": "["}, secrets=True).text == expanded


def test_a_bracket_out_of_an_expansion_does_not_close_the_typed_block():
    expansion = expand("[--uid $A --key $SA]", KNOWN | {"A": "x] http://evil/"}, secrets=True)
    assert expansion.text == "[--uid x] http://evil/ --key s3cret]"
    assert [use.name for use in expansion.uses if use.secret] == ["SA"]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_secrets_never_expand_unless_asked_for(name):
    known = {name: "hunter2"}
    assert expand(f"[--key ${name}] $({name})", known).text == f"[--key ${name}] $({name})"


def test_what_a_macro_became_is_not_in_its_representation():
    assert "s3cret" not in repr(expand("[--key $SA]", KNOWN, secrets=True))


def test_a_place_in_the_expansion_leads_back_to_the_typed_column():
    expansion = expand("ab$MA-$B!$(A:2)z", KNOWN)
    assert expansion.text == "ab000e08012345-!CDEFz"
    columns = {letter: expansion.typed_column(expansion.text.index(letter)) for letter in "a5-!CFz"}
    assert columns == {"a": 1, "5": 3, "-": 6, "!": 9, "C": 10, "F": 10, "z": 16}
    assert expansion.typed_column(len(expansion.text)) == 17


def test_a_slice_of_the_expansion_shows_whole_macros_as_typed():
    expansion = expand("a$MA/$(A:2)z", KNOWN)
    assert expansion.typed_slice(0, len(expansion.text)) == "a$MA/$(A:2)z"
    assert expansion.typed_slice(3, 5) == "$MA"
    assert expansion.typed_slice(12, 15) == "$MA/$(A:2)"
    assert expansion.typed_slice(4, 4) == ""


PIECES = st.sampled_from(
    ["$", "$$", "$A", "$(A:1:2)", "$B", "$SA", "$MACX", "$(", ")", "[", "]", '"', "(", " ", "x"]
)  # fmt: skip
TYPED = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)


@given(TYPED, st.booleans())
def test_any_text_expands_and_maps_every_place_back_in_order(typed, secrets):
    expansion: Expansion = expand(typed, KNOWN, secrets=secrets)
    offsets = [expansion.typed_offset(each) for each in range(len(expansion.text) + 1)]
    assert offsets == sorted(offsets)
    assert all(0 <= each <= len(typed) for each in offsets)
    assert offsets[-1] == len(typed) or not expansion.text
    for offset, letter in enumerate(expansion.text):
        macro = any(use.start <= offset < use.stop for use in expansion.uses)
        assert macro or typed[offsets[offset]] == letter


@given(TYPED)
def test_a_secret_never_leaves_a_typed_option_block(typed):
    if "[" not in typed or "]" not in typed:
        assert "s3cret" not in expand(typed, KNOWN, secrets=True).text


@given(st.text(alphabet="abc/.-_0", max_size=40))
def test_text_without_a_dollar_is_left_alone(typed):
    assert expand(typed, KNOWN, secrets=True) == Expansion(typed, typed)


@given(st.text(max_size=60))
def test_doubled_dollars_protect_any_text(typed):
    assert expand(typed.replace("$", "$$"), KNOWN).text == typed

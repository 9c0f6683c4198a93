from dataclasses import replace

from ringback.cisco.markup import Severity
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.gathering import gathered

ONE = Complaint(Severity.ERROR, "fleet/a", "GPP_X", "no", devices=("1",), models=("A",))


def test_the_same_sentence_at_the_same_place_is_one_with_all_whom_it_concerns():
    more = replace(ONE, devices=("2", "1"), models=("B",), needed=("X of site/b",))
    (found,) = gathered([ONE, more])
    assert (found.devices, found.models) == (("1", "2"), ("A", "B"))
    assert found.needed == ("X of site/b",)


def test_another_place_or_sentence_is_another():
    others = [replace(ONE, column=2), replace(ONE, what="never"), replace(ONE, layer="fleet/b")]
    assert len(gathered([ONE, *others])) == 4


def test_what_forbids_publishing_comes_first_and_hints_are_left_out():
    warning = replace(ONE, severity=Severity.WARNING, layer="fleet/_")
    hint = replace(ONE, severity=Severity.HINT, what="perhaps")
    assert gathered([warning, hint, ONE])[0] == ONE
    assert len(gathered([hint])) == 0

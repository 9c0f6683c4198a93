from ringback.cisco.finding import Finding
from ringback.cisco.markup import Severity
from ringback.errors import Place


def test_a_finding_reads_like_a_compilers_message():
    finding = Finding(Severity.ERROR, Place("a.xml", 3, 7), "no number", "write digits", "GPP_A")
    assert str(finding) == "a.xml:3:7: error: GPP_A: no number: write digits"
    assert str(Finding(Severity.HINT, Place("a.xml", 1, 1), "x")) == "a.xml:1:1: hint: x"


def test_findings_sort_by_place_and_then_the_worst_first():
    hint = Finding(Severity.HINT, Place("", 1, 5), "")
    error = Finding(Severity.ERROR, Place("", 1, 5), "")
    later = Finding(Severity.ERROR, Place("", 2, 1), "")
    assert sorted([later, hint, error], key=lambda each: each.order) == [error, hint, later]

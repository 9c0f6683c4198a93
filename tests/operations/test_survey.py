import io

from ringback.operations.survey import Finding, Wishes, said, survey
from ringback.provisioning.enrolment import Enrolment


def sheet(text, **wishes):
    return survey(lambda: io.BytesIO(text.encode()), Wishes(**wishes))


def test_a_survey_knows_the_dialect_the_rows_and_the_macs_that_stand_several_times():
    found = sheet("sep=;\nmac;site\n000e08000001;hq\n\n1.2E+11;x\n000e.0800.0001;lab\n")
    assert (found.dialect.delimiter, found.rows) == (";", 3)
    assert found.several == {0x000E08000001: (2, 2, 5)}


def test_of_very_many_rows_of_one_mac_only_some_are_remembered():
    found = sheet("mac\n" + "000e08000001\n" * 10_000)
    [(_, known)] = found.several.items()
    assert (known[0], len(known)) == (10_000, 6)
    last = list(said(found))[-1]
    assert isinstance(last, Finding)
    assert last.what == "rows 2, 3, 4, 5 and 9995 more have this MAC too"


def test_a_device_of_the_long_form_comes_at_its_last_row():
    found = sheet("mac,line,user\n000e08000001,1,a\n000e08000002,1,b\n000e08000001,2,c\n")
    told = [each for each in said(found) if isinstance(each, Enrolment)]
    assert [(str(each.mac), each.rows) for each in told] == [
        ("000e08000002", (3,)), ("000e08000001", (2, 4)),
    ]  # fmt: skip


def test_a_named_encoding_comes_before_the_found_one():
    data = "mac,site\n000e08000001,Köln\n".encode("cp437")
    found = survey(lambda: io.BytesIO(data), Wishes(encoding="cp437"))
    [told] = said(found)
    assert isinstance(told, Enrolment)
    assert told.facts["site"] == "Köln"

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.provisioning.test_inscription import fleets

from ringback.provisioning.inscription import write
from ringback.provisioning.roll import read_roll

LINES = st.sampled_from(
    [
        "[[device]]", "[[device.line]]", "[device.settings]", "[device.variables]",
        "[device.line.variables]", "[[device]] # x", "  [[device]]", "[device]", "[other]",
        'mac = "a"', 'mac = "b"', "mac = 'c'", "number = 7", "number = 07", "number = -7",
        "number = 1_0", "locked = true", 'x = "a\\tb"', 'x = "open', "x = [", 'tags = ["a"]',
        'x = { value = "y" }', "a.b = 1", '"a b" = 1', "line = 3", "settings = { a = 1 }",
        "variables = 1", "# remark", "", " ", 'y = """', "text", '"""', "x = 1 # why", "\t",
        "z = 1979-05-27", "w = 1.5", "x = \x01", 'v = "\x7f"', "# \x01", "[[device.line]]x", "u =",
    ]
)  # fmt: skip


def agree(text):
    quick = read_roll(text)
    if quick is not None:
        assert quick == tomllib.loads(text)
    return quick


@given(st.lists(LINES, max_size=14).map("\n".join))
@settings(max_examples=400)
def test_what_is_read_quickly_is_what_the_real_reader_reads(text):
    agree(text)


@given(fleets())
@settings(max_examples=30, deadline=None)
def test_what_we_write_is_read_quickly(fleet):
    for path, text in write(fleet).items():
        if path.startswith("devices"):
            assert agree(text) is not None


def test_odd_lines_go_to_the_real_reader_by_themselves():
    text = '[[device]]\nmac = "a" # lobby\nx = "\\u00e9"\ns = { value = "y" }\n"a b" = [1, 2]\n'
    assert agree(text) == {"device": [{"mac": "a", "x": "é", "s": {"value": "y"}, "a b": [1, 2]}]}


def test_it_gives_up_where_one_line_does_not_tell():
    for text in ('[[device]]\nx = """\n[[device]]\n"""', "[[device]]\na.b = 1", "[x]", "x = 1"):
        assert read_roll(text) is None

from hypothesis import given
from hypothesis import strategies as st

from ringback.operations.record import identity, record_access, record_transfer

SPA = "Cisco/SPA501G-7.4.4 (8843E157DDCC)(CBT141100HR)"


def test_a_transfer_is_one_line_with_what_was_asked_and_what_it_took():
    lines: list[str] = []

    record_transfer(
        lines.append, asked="RRQ /basic.txt", client=("192.0.2.7", 50123),
        octets=73, resent=0, seconds=0.00042,
    )  # fmt: skip

    assert lines == ['tftp 192.0.2.7:50123 "RRQ /basic.txt" ok 73 resent=0 ms=0.4']


def test_a_failed_transfer_says_why():
    lines: list[str] = []

    record_transfer(
        lines.append, asked="RRQ /basc.txt", client=("192.0.2.7", 50123),
        octets=0, resent=0, seconds=0.0, why="File not found: the nearest name is basic.txt",
    )  # fmt: skip

    assert lines == [
        'tftp 192.0.2.7:50123 "RRQ /basc.txt" failed: File not found: the nearest name is basic.txt'
    ]


def test_a_request_shows_manufacturer_product_firmware_mac_and_serial():
    lines: list[str] = []

    record_access(
        lines.append, scheme="http", asked="GET /spa.cfg", client=("192.0.2.7", 50123),
        status=200, octets=73, agent=SPA,
    )  # fmt: skip

    assert lines == [
        (
            'http 192.0.2.7:50123 "GET /spa.cfg" 200 73 manufacturer=Cisco product=SPA501G '
            "firmware=7.4.4 mac=8843e157ddcc serial=CBT141100HR"
        )
    ]


def test_what_a_phone_does_not_send_is_a_dash():
    assert identity("Cisco-CP-8841-3PCC/11.0 (00562b043615)") == (
        "manufacturer=Cisco product=CP-8841-3PCC firmware=11.0 mac=00562b043615 serial=-"
    )
    assert identity("") == "manufacturer=- product=- firmware=- mac=- serial=-"


def test_a_quote_in_a_name_does_not_begin_fields_of_its_own():
    lines: list[str] = []

    record_transfer(
        lines.append, asked='RRQ /x" ok 1 resent=0 ms=0.1', client=("192.0.2.7", 1),
        octets=0, resent=0, seconds=0.0, why="File not found",
    )  # fmt: skip

    assert lines == ['tftp 192.0.2.7:1 "RRQ /x%22 ok 1 resent=0 ms=0.1" failed: File not found']


@given(st.text())
def test_whatever_an_agent_says_a_line_keeps_its_five_words(agent):
    names = [word.split("=")[0] for word in identity(agent).split(" ")]

    assert names == ["manufacturer", "product", "firmware", "mac", "serial"]

"""The User-Agent line: every real string we know of, and lines that nobody should send."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.agent import LONGEST, Agent, agent_line, parse, short_version
from ringback.cisco.model import MODELS, find_model
from ringback.mac import Mac

pytestmark = pytest.mark.duty(5)

MAC = Mac.parse("000e08abcdef")

# id in user_agents.tsv: manufacturer, product, firmware, mac, serial. All are read the same way;
# the SIP strings have the same shape without the parentheses.
EXPECTED = {
    "1": ("Linksys", "SPA-942", "6.1.5(a)", "88019fa42805", ""),
    "3": ("Cisco", "SPA501G", "7.4.4", "8843e157ddcc", "CBT141100HR"),
    "4": ("Cisco", "SPA508G", "7.4.4", "0002fdff2103", "CBT141400UK"),
    "5": ("Cisco", "SPA508G", "7.4.8a", "0002fdff2103", "CBT141400UK"),
    "6": ("Cisco", "SPA525G", "7.4.4", "", "CBT141900G7"),
    "10": ("Cisco", "CP-8841-3PCC", "11.0", "00562b043615", ""),
    "11": ("Cisco", "CP-6841-3PCC", "12.0.1", "001122334455", ""),
    "12": ("Cisco", "CP-8851-3PCC", "11.3.7_MPP_0001", "", ""),
    "13": ("Linksys", "SPA-921", "5.1.8", "", "4MJ00HC02158"),
    "15": ("Cisco", "CP-8865-3PCC", "12.0.3", "dcf719f39350", ""),
    "19": ("Cisco", "SPA525G", "7.4.9a", "", ""),
    "20": ("Linksys", "PAP2T", "5.1.6(LS)", "", ""),
    "22": ("Linksys", "SPA2102", "5.2.10", "", ""),
    "24": ("Linksys", "SPA941", "5.1.8", "", ""),
    "26": ("Linksys", "SPA1001", "3.1.19(SE)", "", ""),
    "27": ("Sipura", "SPA2000", "3.1.5", "", ""),
    "28": ("Sipura", "SPA2002", "3.1.2(a)", "", ""),
    "29": ("Sipura", "SPA941", "4.1.8", "", ""),
    "30": ("Sipura", "SPA-2000", "3.1.15", "", ""),
    # A template, not a line: nothing of it is a fact about a device.
    "31": ("", "$VERSION", "", "", ""),
}


def fields(agent: Agent) -> tuple[str, ...]:
    mac = str(agent.mac) if agent.mac else ""
    return agent.manufacturer, agent.product, agent.firmware, mac, agent.serial


def test_every_string_of_the_corpus_is_read_as_its_row_says(corpus: Path) -> None:
    lines = (corpus / "http" / "user_agents.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert {row[0] for row in rows} == set(EXPECTED), "every row has its verdict"
    read = {number: fields(parse(text)) for number, _, text, _ in rows}
    assert read == EXPECTED


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ("", "", "", "", "")),
        ("curl/8.5.0", ("", "curl", "8.5.0", "", "")),
        ("Wget", ("", "Wget", "", "", "")),
        ("CP-7832-3PCC/12.0", ("", "CP-7832-3PCC", "12.0", "", "")),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/2010", ("", "Mozilla", "5.0", "", "")),
        ("Cisco/SPA504G", ("Cisco", "SPA504G", "", "", "")),
        ("Cisco/ATA192-MPP-11-1-0MPP-19 (000E08ABCDEF)(CBT141100HR)",
         ("Cisco", "ATA192-MPP", "11-1-0MPP-19", "000e08abcdef", "CBT141100HR")),
        ("Cisco-CP-8865-3PCC/12.0.3_dcf719f39350_00001111-2222_x",
         ("Cisco", "CP-8865-3PCC", "12.0.3", "dcf719f39350", "")),
        ("Cisco-CP-8841-3PCC/11.0 (00:56:2b:04:36:15)(FCH2133E8B9)",
         ("Cisco", "CP-8841-3PCC", "11.0", "00562b043615", "FCH2133E8B9")),
    ],
)  # fmt: skip
def test_other_lines(line: str, expected: tuple[str, ...]) -> None:
    assert fields(parse(line)) == expected


@pytest.mark.parametrize(
    ("model", "serial", "load", "template", "expected"),
    [
        ("SPA504G", "CBT141100HR", "7.6.2f", "",
         "Cisco/SPA504G-7.6.2f (000E08ABCDEF)(CBT141100HR)"),
        ("SPA504G", "", "7.6.2f", "", "Cisco/SPA504G-7.6.2f (000E08ABCDEF)"),
        ("SPA525G", "CBT141900G7", "7.4.7", "", "Cisco/SPA525G-7.4.7 (CBT141900G7)"),
        ("SPA942", "", "6.1.5(a)", "", "Linksys/SPA-942-6.1.5(a) (000E08ABCDEF)"),
        ("SPA2102", "", "2.0.5", "", "Linksys/SPA-2102-2.0.5 (000E08ABCDEF)"),
        ("PAP2T", "", "5.1.6(LS)", "", "Linksys/PAP2T-5.1.6(LS) (000E08ABCDEF)"),
        ("8841", "FCH2133E8B9", "sip88xx.11-0-0MPP-7", "",
         "Cisco-CP-8841-3PCC/11.0.0 (000e08abcdef)"),
        ("8851", "FCH2133E8B9", "sip88xx.11-3-2MPP0001-598", "$VERSION ($MA)($SN)",
         "Cisco-CP-8851-3PCC/11.3.2 (000e08abcdef)(FCH2133E8B9)"),
        ("9861", "FCH2133E8B9", "PHONEOS.3-2-1-0001-102", "$PN $MAC $UNKNOWN\r\nX: y",
         "CP-9861 00:0e:08:ab:cd:ef $UNKNOWNX: y"),
    ],
)  # fmt: skip
def test_a_phone_says_what_its_generation_says(
    model: str, serial: str, load: str, template: str, expected: str
) -> None:
    assert agent_line(find_model(model), MAC, serial, load, template) == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_our_phones_say_we_can_read(model) -> None:
    agent = parse(agent_line(model, MAC, "CBT141100HR", model.load, "$VERSION ($MA)($SN)"))
    assert agent.manufacturer == model.vendor
    assert agent.product.replace("-", "") == model.name.replace("-", "")
    assert agent.firmware in (model.load, short_version(model.load))
    assert agent.mac in (MAC, None)
    assert agent.serial == "CBT141100HR"


@given(st.text())
def test_any_text_is_read(line: str) -> None:
    agent = parse(line)
    assert sum(len(field) for field in fields(agent)) <= LONGEST


@pytest.mark.parametrize("unit", ["(", "()", "Cisco/", "a-", "-1.1", "0-0-", "(AAAAAAAA)", "_"])
def test_long_lines_take_no_longer_than_short_ones(unit: str) -> None:
    line = "Cisco/" + unit * 100_000
    begun = time.process_time()
    for _ in range(20):
        parse(line)
    assert time.process_time() - begun < 0.2

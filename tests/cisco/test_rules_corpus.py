"""Every expression of corpus/rules/wild_rules.tsv, with the verdict we expect and why.

The expressions come from the vendor's guides and from deployed templates; a row of the file that
is missing here fails, so does a row here that the file no longer has. Each kind of expression is
given to the piece that reads it: rules to ``evaluate``, reports to ``read_report``, triggers to
``trigger``, delays to ``DelayList``, log formats to ``expand``.

Template text (``{{ … }}``, ``{$…}``, ``<?php``, ``##…##``) is what a provisioning system had
before rendering; a phone that got it could fetch nothing, so it is an error that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from ringback.cisco.condition import holds, trigger
from ringback.cisco.delay import DelayList
from ringback.cisco.macro import expand
from ringback.cisco.macros import phone_macros
from ringback.cisco.model import find_model
from ringback.cisco.rule import RuleKind, evaluate, read_report
from ringback.errors import RuleError
from ringback.mac import Mac

pytestmark = pytest.mark.duty(3)

PARAMETERS = {
    "GPP_A": "ABCDEF", "GPP_D": "d", "GPP_E": "e", "GPP_K": "k3y",
    "GPP_SA": "sa", "GPP_SB": "sb", "GPP_SD": "sd",
}  # fmt: skip
STATE = {
    "VERSION": "Cisco-CP-7832-3PCC/11.3.1", "PRVTMR": "1300", "UPGTMR": "301", "REGTMR1": "301",
    "EXTIP": "", "SCHEME": "tftp", "SERVIP": "10.0.0.1", "PORT": "69", "PATH": "/a",
    "ERR": "file not found",
}  # fmt: skip


def macros_of(model: str) -> Mapping[str, str]:
    mac = Mac.parse("000E08012345")
    return phone_macros(
        find_model(model), mac, "FCH1", values=lambda name: PARAMETERS.get(name, ""), state=STATE
    )


MPP, SPA, ATA = macros_of("7832"), macros_of("SPA504G"), macros_of("ATA191-MPP")


@dataclass(frozen=True)
class Takes:
    """A good rule: where it leads."""

    url: str | None
    chosen: int | None = 0
    options: Mapping[str, object] = field(default_factory=dict)
    assignments: tuple[tuple[str, str], ...] = ()
    macros: Mapping[str, str] = field(default_factory=lambda: MPP)
    kind: RuleKind = RuleKind.PROFILE

    def check(self, text: str) -> None:
        evaluation = evaluate(text, self.macros, kind=self.kind)
        assert (str(evaluation.url) if evaluation.url else None) == self.url
        assert evaluation.chosen == self.chosen
        assert evaluation.options.given() == self.options
        assert evaluation.assignments == self.assignments


Upgrades = partial(Takes, kind=RuleKind.UPGRADE)


@dataclass(frozen=True)
class Refused:
    """A bad rule: the column and the words of its one error."""

    column: int
    said: str
    read: Callable[[str], object] = lambda text: evaluate(text, MPP)

    def check(self, text: str) -> None:
        with pytest.raises(RuleError) as caught:
            self.read(text)
        assert caught.value.place.column == self.column, caught.value
        assert self.said in str(caught.value)


def upgrade(text: str) -> object:
    return evaluate(text, SPA, kind=RuleKind.UPGRADE)


@dataclass(frozen=True)
class Becomes:
    """A text with macros that is no rule of its own."""

    text: str
    macros: Mapping[str, str] = field(default_factory=lambda: MPP)

    def check(self, text: str) -> None:
        assert expand(text, self.macros).text == self.text


@dataclass(frozen=True)
class Fires:
    """A trigger."""

    result: bool
    macros: Mapping[str, str] = field(default_factory=lambda: MPP)

    def check(self, text: str) -> None:
        assert trigger(text, self.macros) is self.result


@dataclass(frozen=True)
class Waits:
    """A waiting list."""

    delays: tuple[tuple[int, int], ...]

    def check(self, text: str) -> None:
        assert (
            tuple((each.seconds, each.spread) for each in DelayList.parse(text).delays)
            == self.delays
        )


@dataclass(frozen=True)
class Reports:
    """A Report_Rule of one entry."""

    url: str
    options: Mapping[str, object] = field(default_factory=dict)

    def check(self, text: str) -> None:
        (entry,) = read_report(text, MPP)
        assert (str(entry.url), entry.options.given()) == (self.url, self.options)


@dataclass(frozen=True)
class Asks:
    """The URL of a phone's own page, with a one-shot rule after its first ``?``."""

    url: str
    options: Mapping[str, object] = field(default_factory=dict)

    def check(self, text: str) -> None:
        Takes(self.url, options=self.options).check(unquote_plus(text.partition("?")[2]))


@dataclass(frozen=True)
class Both:
    """A fragment that a guide prints to show something smaller than a rule."""

    fragment: object
    rule: Refused

    def check(self, text: str) -> None:
        self.fragment.check(text)  # type: ignore[attr-defined]
        self.rule.check(text)


@dataclass(frozen=True)
class Holds:
    """A condition alone."""

    result: bool

    def check(self, text: str) -> None:
        assert holds(text, SPA) is self.result


TEMPLATE = "this is template text"

VERDICTS: Mapping[str, object] = {
    # The guide's typography: a phone has never heard of curly quotes. One clear error.
    "3": Refused(2, 'left curly quote \u201c (U+201C): type "'),
    "4": Takes("https://p.tel.com/account/CP-7832-3PCC000e08012345.xml", options={"alias": "b"}),
    "5": Takes("http://remote.server.com/cisco/000e08012345.cfg"),
    "6": Takes(
        "https://provisioning_server_url/path_to_your_config/your_config.xml",
        options={"uid": "sa", "pwd": "sb"},
    ),
    "9": Refused(8, "left curly quote"),
    "12": Refused(8, "left curly quote"),
    "14": Takes("tftp://192.168.1.200/basic.cfg", options={"key": "MyOwnSecret"}),
    # As printed in the guide, with a blank after the colon.
    "15": Refused(23, "a blank inside the URL"),
    "16": Takes("/000e08012345.cfg"),
    "17": Takes("/cisco/cfg.xml"),
    "18": Takes("tftp://192.168.1.130/profiles/init.cfg"),
    "19": Takes("tftp://prov.call.com/cpe/cisco000e08012345.cfg"),
    "20": Takes("http://neptune.speak.net:8080/prov/d/e.cfg"),
    "23": Takes("/ata191.cfg", macros=ATA),
    "24": Takes("/spa504G.cfg", macros=SPA),
    "25": Takes("gds://"),
    "28": Takes("https://p.tel.com/config?", macros=SPA),
    "29": Takes("https://p.tel.com/init-prov", assignments=(("Line_Enable_1_", "No"),)),
    "30": Takes("https://p.tel.com/account/spa000e08012345.xml", options={"alias": "b"}),
    # Option blocks shown without a URL: nothing could be fetched.
    "32": Refused(21, "the options have no URL"),
    "34": Refused(23, "the options have no URL"),
    "35": Refused(42, "the options have no URL"),
    "36": Takes("http://ps.callme.com/profiles/abcdefg.cfg", options={"key": "sa"}),
    "37": Takes(None, chosen=None),
    # Fragments that show macros; as rules they name a server and no file.
    "41": Both(
        Becomes("spa$STRANGE000E08012345.cfg"), Refused(4, "no macro of that name is known")
    ),
    "43": Both(Becomes("08012345"), Refused(9, "the URL has no file path")),
    "45": Both(Becomes("CDE"), Refused(9, "the URL has no file path")),
    "46": Takes("/Linksys/spa021025.bin"),
    "47": Refused(65, TEMPLATE),
    "48": Refused(8, TEMPLATE),
    "49": Refused(8, TEMPLATE),
    "51": Takes(
        "http://mydomain.com/app/provision/?mac=000e08012345",
        options={"uid": "myUser", "pwd": "myPass"},
    ),
    "53": Refused(8, TEMPLATE),
    "56": Refused(1, TEMPLATE),
    # Template text in the option block shows as a value with blanks.
    "57": Refused(11, "no option asks for XX_key"),
    "59": Takes("tftp://192.168.1.10/spa000e08012345.xml"),
    # "#" comments out a rule only where the rule begins.
    "60": Refused(8, TEMPLATE),
    "62": Refused(9, TEMPLATE),
    "63": Refused(1, TEMPLATE),
    "64": Refused(1, TEMPLATE),
    "65": Refused(1, TEMPLATE),
    "67": Takes("http://thisserver.local:8080/000e08012345.xml"),
    "69": Takes("/xml/spa504G.cfg", macros=SPA),
    "74": Refused(2, "unknown option --diffieHellman"),
    "75": Refused(1, "unsupported scheme 'ftp'"),
    "77": Reports("tftp://ps.callhome.net/000e08012345/rep.xml.enc", {"key": "k3y"}),
    "78": Reports("http://your-server.local:8080/report"),
    "79": Takes("http://your-file-server.com/000E08012345.lic"),
    "80": Upgrades("http://ps.tell.com/sw/sip7832.11-0-0MPP-BN.loads"),
    "83": Upgrades("https://10.73.10.223/firmware/sip7832.11-3-1MPP-678.loads"),
    "85": Upgrades("http://ps.tell.com/sw/spa021024.bin", macros=SPA),
    # A condition of firmware before 2.0.6; in a rule even that one stands in parentheses.
    "86": Both(Holds(result=True), Refused(1, "a condition stands in parentheses", upgrade)),
    # 7.6.2f runs; 7.6.2.a is older.
    "89": Upgrades(None, chosen=None, macros=SPA),
    "90": Upgrades("http://prov.bla.net/spa/spa50x-30x-7-6-1.bin", chosen=1, macros=SPA),
    "91": Upgrades(
        "http://asterisk.company.local/cisco/firmware/spa50x-30x-7-5-7s.bin", chosen=1, macros=SPA
    ),
    "93": Refused(1, "Upgrade_Rule takes no options", upgrade),
    "94": Refused(1, TEMPLATE, upgrade),
    "96": Refused(1, TEMPLATE, upgrade),
    "99": Refused(8, TEMPLATE, upgrade),
    "100": Upgrades("tftp://server/firmware.cop"),
    "101": Fires(result=True),
    "102": Fires(result=False),
    "103": Fires(result=True, macros=SPA),
    "106": Waits(((1800, 0), (3600, 0), (7200, 0), (14400, 0))),
    "107": Waits(((1800, 0), (3600, 0), (7200, 0), (14400, 3600))),
    "109": Becomes("CP-7832-3PCC 00:0e:08:01:23:45 -- Successful resync tftp://10.0.0.1:69/a"),
    "110": Becomes("CP-7832-3PCC 00:0e:08:01:23:45 -- Resync failed: file not found"),
    "112": Becomes(
        "CP-7832-3PCC 00:0e:08:01:23:45 -- Successful upgrade tftp://10.0.0.1:69/a"
        "  -- file not found"
    ),
    "113": Becomes("CP-7832-3PCC 00:0e:08:01:23:45 -- Upgrade failed: file not found"),
    "114": Becomes("Cisco-CP-7832-3PCC/11.3.1 (000e08012345)"),
    # A language of its own, without macros; a phone of ours reads no dictionaries.
    "115": Becomes("serv=tftp://your-server.local/;d1=German;x1=de-DE_78xx_68xx-12.0.1.1000.xml;"),
    "116": Asks(
        "http://your.domain.com/app/provision/?mac=000e08012345", {"uid": "admin", "pwd": "555"}
    ),
    "117": Asks("http://your.domain.com/app/provision/?mac=000e08012345"),
    # A syntax diagram, not a URL.
    "120": Refused(33, "unsupported scheme '<schema>'", lambda text: upgrade(_padded(text))),
    # An expression of ISC dhcpd; what it sends is the URL that it puts together.
    "122": Refused(21, "a blank inside the URL"),
    "123": Takes("/Cisco/CP-7832-3PCC/000e08012345.cfg"),
    "124": Refused(6, "a blank inside the URL"),
    # The guide's own placeholder, as the rule that stands behind "Resync:".
    "125": Refused(2, "no option asks for profile-rule", lambda text: evaluate(_behind(text), MPP)),
}


def _padded(text: str) -> str:
    """What stands behind the first ``?``, at its own column."""
    start = text.index("?") + 1
    return " " * start + text[start:]


def _behind(text: str) -> str:
    return text.partition("Resync:")[2].removesuffix("/>")


def rows(folder: Path) -> dict[str, str]:
    """Identifier to expression, with line ends and XML entities undone."""
    found: dict[str, str] = {}
    for line in (folder / "rules" / "wild_rules.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            number, _, expression, *_ = line.split("\t")
            found[number] = unescape(expression.replace("\\n", "\n").replace("\\t", "\t"))
    return found


def test_every_row_has_a_verdict_and_every_verdict_a_row(corpus):
    assert set(rows(corpus)) == set(VERDICTS)


@pytest.mark.parametrize("number", VERDICTS)
def test_verdict(corpus, number):
    VERDICTS[number].check(rows(corpus)[number])  # type: ignore[attr-defined]

"""The traps of provisioning: files that are right, and phones that do not do what was meant.

Each function is one trap. It gets the whole file as a phone of one model would take it, and yields
what to say. The table at the end is what lint walks. Sources are the guides' own contradictions
and the motives of deployed templates; the numbers in brackets count the list of known traps kept
with the facts about phones.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ringback.cisco.delay import DelayList
from ringback.cisco.difference import MASK
from ringback.cisco.element import Element
from ringback.cisco.finding import Finding
from ringback.cisco.markup import Severity
from ringback.cisco.model import Empty, Model, ZeroRetry
from ringback.cisco.parameter import fold, index
from ringback.cisco.profile import Profile
from ringback.errors import Place, RuleError

RULES = ("Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D")
HASTE = 60
"""Seconds; a phone that asks more often than this is a load, not a phone."""
PATIENCE = 3600
"""Seconds of random delay above which an engineer will think the phone is dead."""

_LITERAL_KEY = re.compile(r"--(key|pwd)\s++\"?+(?!\$\(?S[A-D]\b)[^\s\]]")
_CREDENTIALS = re.compile(r"--(?:uid|pwd)\b")
_CLEAR_URL = re.compile(r"\b(tftp|http)://")
_FOUR_NUMBERS = re.compile(r"(?:^|[/\]?!|\s])([0-9]+(?:\.[0-9]+){3})(?=[:/]|$)")
_NO_SERVER = re.compile(r"(?:^|[\]|?!])\s*/")


@dataclass(frozen=True, slots=True)
class Case:
    """A file under examination: its winning elements, and the phone that took it."""

    model: Model
    elements: Mapping[str, Element]
    taken: Profile
    sealed: bool = False

    def value(self, name: str) -> str:
        """The value the phone would then have."""
        return self.taken.value(name)

    def sets(self, name: str) -> bool:
        """Whether the file gives this parameter a value."""
        element = self.elements.get(name)
        return element is not None and bool(element.value)

    def at(self, name: str) -> Place:
        """Where it stands."""
        return self.elements[name].place

    def rules(self) -> Iterator[tuple[str, str]]:
        """The profile rules that the file sets, in the order a phone takes them."""
        for name in RULES:
            if self.sets(name):
                yield name, self.value(name)

    def finding(self, severity: Severity, name: str, text: str, remedy: str = "") -> Finding:
        """A finding about a parameter of the file."""
        return Finding(severity, self.at(name), text, remedy, name)

    def warn(self, name: str, text: str, remedy: str = "") -> Finding:
        """A warning."""
        return self.finding(Severity.WARNING, name, text, remedy)

    def hint(self, name: str, text: str, remedy: str = "") -> Finding:
        """A hint."""
        return self.finding(Severity.HINT, name, text, remedy)


def some(names: list[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def bare_elements(case: Case) -> Iterator[Finding]:
    """<X/> may clear or keep, by guide and generation (2)."""
    bare = [name for name, each in case.elements.items() if each.value is None]
    bare = [name for name in bare if name in case.taken]
    if not bare:
        return
    does = {
        Empty.KEEP: "leaves the value alone",
        Empty.CLEAR: "clears it, says one sentence of the guide; the next says it does not",
        Empty.DEFAULT: "gives the factory value",
    }[case.model.traits.bare_element]
    text = f"<X/> on {case.model.name} {does}: {some(bare)}"
    severity = Severity.WARNING if _matters(case, bare) else Severity.HINT
    yield case.finding(severity, bare[0], text, "write <X></X> to clear, no element to keep")


def _matters(case: Case, names: list[str]) -> bool:
    rows = (case.taken.catalogue.entry(name) for name in names)
    return any(row is not None and row.default for row in rows)


def empty_means_default(case: Case) -> Iterator[Finding]:
    """The oldest phones take <X></X> for the factory value (2)."""
    empty = [name for name, each in case.elements.items() if each.value == ""]
    empty = [name for name in empty if name in case.taken]
    if empty and case.model.traits.empty_element is Empty.DEFAULT:
        text = f"<X></X> on {case.model.name} gives the factory value: {some(empty)}"
        yield case.warn(empty[0], text, 'write <X>""</X> for an empty value')


def long_random_delay(case: Case) -> Iterator[Finding]:
    """Resync_Random_Delay counts in units of 20 s (4)."""
    name, unit = "Resync_Random_Delay", case.model.traits.random_delay_unit
    value = case.value(name)
    if case.sets(name) and value.isdecimal() and int(value[:6]) * unit > PATIENCE:
        text = f"{value} units of {unit} s: the first resync waits up to {int(value) * unit} s"
        yield case.warn(name, text, f"write {PATIENCE // unit} or less")


def zero_retry(case: Case) -> Iterator[Finding]:
    """Resync_Error_Retry_Delay 0 is never or at once (5)."""
    name = "Resync_Error_Retry_Delay"
    delays = _delays(case.value(name)) if case.sets(name) else None
    if delays is not None and delays.off:
        never = case.model.traits.zero_retry is ZeroRetry.NEVER
        does = "never tries again after a failure" if never else "tries again at once, for ever"
        text = f"0: a {case.model.name} {does}; other generations do the opposite"
        yield case.warn(name, text, "write seconds, such as 3600")


def _delays(value: str) -> DelayList | None:
    try:
        return DelayList.parse(value)
    except RuleError:
        return None


def hasty_periodic(case: Case) -> Iterator[Finding]:
    """Resync_Periodic of seconds: phones stuck in a bootstrap profile (12)."""
    for name in ("Resync_Periodic", "Resync_Error_Retry_Delay"):
        delays = _delays(case.value(name)) if case.sets(name) else None
        last = delays.delays[-1] if delays and delays.delays else None
        if last and 0 < last.seconds + last.spread < HASTE:
            text = f"every such phone asks again within {last.seconds + last.spread} s, for ever"
            yield case.warn(name, text, "write seconds: 3600 is usual, 86400 recommended")


def resync_at_wins(case: Case) -> Iterator[Finding]:
    """A valid Resync_At hides Resync_Periodic (22)."""
    at, periodic = "Resync_At__HHmm_", "Resync_Periodic"
    timed = case.sets(at) and case.value(at).isdecimal()
    if timed and case.sets(periodic) and case.value(periodic) != "0":
        text = f"{at} {case.value(at)} is set, so {periodic} is ignored"
        yield case.warn(periodic, text, f"clear one of the two: <{at}></{at}>")


def short_random_window(case: Case) -> Iterator[Finding]:
    """Resync_At_Random_Delay below its least counts as that."""
    name, least = "Resync_At_Random_Delay", case.model.traits.at_delay_minimum
    value = case.value(name)
    if case.sets(name) and value.isdecimal() and int(value[:6]) < least:
        yield case.hint(name, f"{value} counts as {least} s", f"write {least} or more")


def provisioning_off(case: Case) -> Iterator[Finding]:
    """Provision_Enable No is a one-way street."""
    name = "Provision_Enable"
    if case.sets(name) and not case.taken.flag(name):
        yield case.warn(name, "the phone will not resync again, on any request", "write Yes")


def no_way_back(case: Case) -> Iterator[Finding]:
    """All rules empty: this is the last profile the phone fetches."""
    given = [name for name in RULES if name in case.elements]
    if given and not any(_counts(case.value(name)) for name in RULES):
        text = "no rule is left: the phone will not come back for its profile"
        yield case.warn(given[0], text, "set Profile_Rule")


def _counts(rule: str) -> bool:
    return rule.lstrip()[:1] not in {"", "#"}


def chain_stops(case: Case) -> Iterator[Finding]:
    """A 404 on one rule stops those after it (6)."""
    later = [name for name, rule in case.rules() if name != RULES[0] and _counts(rule)]
    if later and case.taken.flag("Resync_Fails_On_FNF"):
        text = f"if an earlier rule's file is missing (404), {later[0]} is not fetched"
        yield case.hint(later[0], text, "set Resync_Fails_On_FNF to No where files may be missing")


def fifth_rule(case: Case) -> Iterator[Finding]:
    """A phone has four rules."""
    for name in case.elements:
        if re.fullmatch(r"Profile_Rule_[AE-Z1-9]\w?", name):
            remedy = "use Profile_Rule, Profile_Rule_B, _C and _D"
            yield case.finding(Severity.ERROR, name, "a phone has four rules", remedy)


def challenged_notify(case: Case) -> Iterator[Finding]:
    """Auth_Resync-Reboot Yes answers a NOTIFY with 401 (7)."""
    for name in case.elements:
        if fold(name) == "User_ID_n_" and case.sets(name):
            switch = f"Auth_Resync-Reboot_{index(name)[0]}_"
            if switch in case.taken and case.taken.flag(switch) and switch not in case.elements:
                text = f"{switch} is Yes from the factory: a NOTIFY to resync is challenged"
                remedy = "set it to No, or answer with the line's user and password"
                yield case.hint(name, text, remedy)
                return


def keys_in_clear(case: Case) -> Iterator[Finding]:
    """A key written into a rule travels with the file, and credentials with the request."""
    for name, rule in case.rules():
        found = _LITERAL_KEY.search(rule)
        if found and not case.sealed:
            text = f"--{found[1]} stands here for everybody who can read this file"
            yield case.warn(name, text, "keep it in GPP_SA and write $SA; seal the file")
        clear = _CLEAR_URL.search(rule)
        if clear and _CREDENTIALS.search(rule):
            text = f"user and password go over {clear[1]} in clear"
            yield case.warn(name, text, "use https")


def secrets_in_plain(case: Case) -> Iterator[Finding]:
    """Passwords in a file that is not sealed; masks copied from a phone's own page (15)."""
    secret = [name for name in case.elements if case.taken.secret(name) and case.sets(name)]
    for name in secret:
        if MASK.fullmatch(case.value(name)):
            text = "a mask, as phones show instead of a secret: it would become the secret"
            remedy = "write the value, or leave the element out"
            yield case.finding(Severity.ERROR, name, text, remedy)
    real = [name for name in secret if not MASK.fullmatch(case.value(name))]
    if real and not case.sealed:
        text = f"secrets in a file that is not sealed: {some(real)}"
        yield case.hint(real[0], text, "serve it over https, or seal it with a key")


def series_macro(case: Case) -> Iterator[Finding]:
    """$PSN is 8841-3PCC, not 8841 (16)."""
    series = case.model.series
    for name, rule in case.rules():
        if re.search(r"\$(?:PSN\b|\(PSN\))-3PCC", rule) and series.endswith("-3PCC"):
            text = f"$PSN is {series} already: this asks for {series}-3PCC"
            yield case.warn(name, text, "write $PSN alone")
        elif re.search(r"\$(?:PSN|\(PSN\))", rule) and "-" in series:
            yield case.hint(name, f"$PSN becomes {series}", "name the file so")


def no_server(case: Case) -> Iterator[Finding]:
    """A rule without a server leans on DHCP (18)."""
    for name, rule in case.rules():
        if _counts(rule) and _NO_SERVER.search(rule):
            text = "no server in the rule: the phone takes the one that DHCP option 66 names"
            yield case.hint(name, text, "write scheme://server/… unless that is meant")


def no_address(case: Case) -> Iterator[Finding]:
    """Four numbers that are no address are taken for a name, which DNS does not know."""
    for name, rule in case.rules():
        for numbers in _FOUR_NUMBERS.findall(rule):
            if any(int(number[:5]) > 255 for number in numbers.split(".")):
                text = f"{numbers} is no IPv4 address: its numbers end at 255"
                yield case.finding(Severity.ERROR, name, text, "correct the number")


def trust(case: Case) -> Iterator[Finding]:
    """A server must show a certificate the phone trusts, over a TLS it speaks (8, 9)."""
    for name, rule in case.rules():
        if "https://" not in rule or case.sets("Custom_CA_Rule"):
            continue
        text = "https: the server's certificate must come from an authority the phone knows"
        remedy = "if yours is another, set Custom_CA_Rule in a profile fetched before"
        if not case.model.traits.content_encryption:
            text += "; SPA phones speak TLS 1.0 with AES-CBC and SHA-1 only"
        yield case.hint(name, text, remedy)
        return


def beyond_ascii(case: Case) -> Iterator[Finding]:
    """The same chapter says UTF-8 only, and ASCII only."""
    wide = [name for name, each in case.elements.items() if not (each.value or "").isascii()]
    if wide:
        text = f"beyond ASCII: {some(wide)}; one sentence of the guide says phones take ASCII only"
        yield case.hint(wide[0], text, "try it on one phone first")


TRAPS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    bare_elements,
    empty_means_default,
    long_random_delay,
    zero_retry,
    hasty_periodic,
    resync_at_wins,
    short_random_window,
    provisioning_off,
    no_way_back,
    chain_stops,
    fifth_rule,
    challenged_notify,
    keys_in_clear,
    secrets_in_plain,
    series_macro,
    no_server,
    no_address,
    trust,
    beyond_ascii,
)

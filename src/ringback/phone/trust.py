"""Whom a phone trusts, and how it comes to trust somebody else.

The parameter that names a custom authority is spelt in three ways, by model (S4, C2). It is a
rule like any other. When it is followed is published nowhere; *inferred*: when the phone has
started; when a profile has changed it, before the next https request of the same resync or else
at its end; and once in each resync as long as it fails. ``/admin/updateca`` follows a rule once
(S19). A failure fails no resync: a profile that comes by TFTP needs no authority. The dates of
certificates are not looked at here, for a phone that starts may not know the time yet.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.certificate.certificate import Certificate
from ringback.cisco.condition import commented_out
from ringback.cisco.handshake import HANDSHAKES, CheckedNames
from ringback.cisco.rule import evaluate
from ringback.errors import RingbackError
from ringback.phone import custom_ca, retrieve
from ringback.phone.action import Fetched, Request, Resolve, Save
from ringback.phone.custom_ca import CustomCa
from ringback.phone.job import Steps
from ringback.phone.part import Part
from ringback.phone.secret import mask
from ringback.phone.security import Security, lowest_version
from ringback.phone.wish import Update

if TYPE_CHECKING:
    from ringback.phone.handset import Handset
    from ringback.phone.memory import Memory

RULES = ("Custom_CA_Rule", "Custom_CA_RULE", "Custom_CA_URL")
"""MPP and PhoneOS (S4); SPA300 and SPA500; SPA525, SPA100 and ATA190 (C2)."""


class Trust(Part):
    """The authorities of one phone."""

    __slots__ = ("_followed", "custom_ca")

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self.custom_ca = CustomCa()
        self._followed = ""

    def recall(self, memory: "Memory") -> None:
        """The authority that was installed."""
        self.custom_ca = memory.custom_ca

    def forget(self) -> None:
        """The power is gone, or the phone restarts: the rule is followed anew."""
        self._followed = ""

    def up(self, now: float) -> None:
        """Follow the phone's own rule, if it has one."""
        del now
        if self.due:
            self.phone.remember(Update())

    def begin(self) -> None:
        """A resync begins: what failed before is tried again."""
        if self.custom_ca.why:
            self._followed = ""

    @property
    def rule(self) -> str:
        """The rule in the settings; empty when this model has none."""
        names = (name for name in RULES if name in self.phone.profile)
        return next(map(self.phone.value, names), "")

    @property
    def due(self) -> bool:
        """Whether the rule is to be followed."""
        rule = self.rule
        return bool(rule.strip()) and rule != self._followed

    def security(self) -> Security:
        """How the phone shakes hands now."""
        phone, who = self.phone, self.phone.identity
        handshake = HANDSHAKES[who.model.generation]
        if not phone.holds("HTTPS_Name_Validate"):
            handshake = replace(handshake, names=CheckedNames.NONE)
        return Security(
            handshake,
            (*who.roots, *self.custom_ca.certificates),
            who.pair,
            lowest_version(handshake, phone.value),
            phone.value("TLS_Cipher_List").strip(),
        )

    def install(self, now: float, rule: str | None = None, host: str = "") -> Steps:
        """Follow the phone's own rule, or a one-shot one, and trust what it brings.

        Whatever fails leaves the authority before in place; a submission on the phone's page,
        for which it makes room, leaves no trace at all.
        """
        text = self.rule if rule is None else rule
        if rule is None:
            self._followed = text
        try:
            found = yield from self._fetch(text, host)
            if not found:
                return
            installed = CustomCa(found, now)
            yield Save(self.phone.memory_with(self.phone.profile, installed))
            self.custom_ca = installed
            self.phone.detail(1, f"custom CA installed: {installed.name}")
        except RingbackError as error:
            if self.phone.making_room:
                self._followed = ""
            else:
                yield from self._failed(error, now)

    def _failed(self, error: RingbackError, now: float) -> Steps:
        why = mask(retrieve.in_words(error))
        self.phone.detail(1, f"custom CA not installed: {why}")
        self.custom_ca = self.custom_ca.failed(now, why)
        try:
            yield Save(self.phone.memory_with(self.phone.profile))
        except RingbackError as full:
            self.phone.detail(1, f"that was not written down: {full}")

    def _fetch(self, text: str, host: str) -> Generator[Request, Any, tuple[Certificate, ...]]:
        """The certificates that a rule names; none when it chooses no alternative."""
        phone = self.phone
        macros = {} if commented_out(text) else phone.macros()
        options = phone.identity.model.traits.secret_options
        evaluation = evaluate(text, macros, secret_options=options)
        if evaluation.url is None:
            return ()
        url = retrieve.with_server(phone, evaluation.url, host)
        phone.detail(1, f"requesting custom CA {url}")
        retrieve.refuse_impossible(url)
        addresses = yield Resolve(url.host)
        request = retrieve.request(phone, url, addresses, evaluation.options)
        fetched: Fetched = yield replace(request, limit=custom_ca.LARGEST)
        return custom_ca.read(fetched.body)

"""Who may open what on a phone: its accounts, as locks made from its settings.

A phone has two accounts with fixed names, ``admin`` and ``user`` (S13, S14); a profile gives their
passwords. An account without a password is open to everybody, as phones come from the factory.
The administrator's password is spelt in two ways, by generation; SPA525G2 profiles in the field
use both (C2), so the other spelling serves where the first one is empty.

Cisco XML has a lock of its own, by ``CISCO_XML_EXE_Auth_Mode`` (S18): *Trusted* asks for nothing;
*Local Credential* for those of the phone's pages, and for none when none are set; *Remote
Credential* for ``XML_User_Name`` and ``XML_Password``. *Inferred*: either account will do for
Local Credential, and Remote Credential without a name and password lets nobody in. It is digest
only, on every generation, as S18 says.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ringback.phone.handset import Handset

ADMIN, USER = "admin", "user"
_SPELLINGS = ("Admin_Password", "Admin_Passwd")


@dataclass(frozen=True, slots=True)
class Lock:
    """Whose credentials open something; ``keys`` is None when it is open to everybody."""

    realm: str
    keys: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    """Name and password pairs; any of them fits. Empty: none does."""
    basic: bool = False
    """Whether Basic credentials are taken beside Digest."""

    @property
    def open(self) -> bool:
        """Whether nobody is asked for anything."""
        return self.keys is None

    def fits(self, name: str, password: str) -> bool:
        """Whether this pair opens it; takes the same time for every wrong one."""
        given = _bytes(name), _bytes(password)
        found = False
        for key in self.keys or ():
            right = _bytes(key[0]), _bytes(key[1])
            # Both are compared, so that a wrong name takes as long as a wrong password.
            found |= hmac.compare_digest(right[0], given[0]) & hmac.compare_digest(
                right[1], given[1]
            )
        return self.open or found


def admin(phone: Handset) -> Lock:
    """The lock of the administrator's pages and of direct actions."""
    return _account(phone, ADMIN, admin_password(phone))


def user(phone: Handset) -> Lock:
    """The lock of the user's pages."""
    return _account(phone, USER, phone.value("User_Password"))


def anybody(phone: Handset) -> Lock:
    """No lock: what every visitor may see."""
    del phone
    return Lock("")


def xml(phone: Handset) -> Lock:
    """The lock of Cisco XML objects."""
    mode = phone.value("CISCO_XML_EXE_Auth_Mode").strip().lower()
    return _XML_MODES.get(mode, _local)(phone)


def admin_password(phone: Handset) -> str:
    """The administrator's password; empty when there is none."""
    names = (phone.identity.model.traits.admin_password, *_SPELLINGS)
    return next(filter(None, map(phone.value, names)), "")


def _account(phone: Handset, name: str, password: str) -> Lock:
    traits = phone.identity.model.traits
    keys = ((name, password),) if password else None
    return Lock(traits.pages_realm.format(user=name), keys, traits.basic_pages)


def _local(phone: Handset) -> Lock:
    """The phone's own credentials, the user's first; open when there are none."""
    passwords = {USER: phone.value("User_Password"), ADMIN: admin_password(phone)}
    keys = tuple((name, password) for name, password in passwords.items() if password)
    realm = phone.identity.model.traits.pages_realm
    return Lock(realm.format(user=keys[0][0]), keys) if keys else Lock("")


def _remote(phone: Handset) -> Lock:
    """The credentials of the XML application; half of them is none."""
    key = phone.value("XML_User_Name"), phone.value("XML_Password")
    return Lock("Cisco XML", (key,) if all(key) else ())


_XML_MODES: Mapping[str, Callable[[Handset], Lock]] = {
    "trusted": anybody,
    "local credential": _local,
    "remote credential": _remote,
}
"""A mode that nobody knows is taken for the factory's, Local Credential; *inferred*."""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

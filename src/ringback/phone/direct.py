"""Direct action URLs: how the rule is read out of ``/admin/resync?RULE`` (S15, S19).

Everything after the first question mark is the rule, further question marks included. It may be
typed raw, as browsers leave it, or percent-encoded; a plus stands for a blank, but only before
the URL begins, where rules have blanks (``[--uid+admin+--pwd+555]http://…``): in a URL a plus is
a plus. So a key that holds a plus is written ``%2B``, and a path that holds ``%20`` is written
``%2520`` (*inferred*: the guides show only the simple cases).

``&xuser=…&xpassword=…`` at the end are an account's credentials, not part of the rule (S2);
accounts come later, so they are taken off and not looked at.
"""

import re
from urllib.parse import unquote

_CREDENTIALS = re.compile(r"(?:&(?:xuser|xpassword)=[^&]*)+$")
_BEFORE_URL = re.compile(r"\]|%5D|(?:\)|%29)(?:[?!]|%3F|%21)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9.-]*(?:://|%3A%2F%2F)", re.IGNORECASE)


def rule_in(query: str) -> str:
    """The rule in a query as it was sent; empty for the phone's own rules."""
    raw = _CREDENTIALS.sub("", query)
    start = _url_start(raw)
    return unquote(raw[:start].replace("+", " ") + raw[start:]).strip()


def _url_start(raw: str) -> int:
    """Where the URL begins: after the last options, condition or assignment, at its scheme."""
    block = max((found.end() for found in _BEFORE_URL.finditer(raw)), default=0)
    scheme = _SCHEME.search(raw, block)
    return scheme.start() if scheme else block

"""``POST /CGI/Execute``: Cisco XML pushed over HTTP (S1, S18, S23).

``CISCO_XML_EXE_Enable`` decides whether the phone listens at all; without it the page is forbidden
(403, *inferred*: no source tells). ``CISCO_XML_EXE_Auth_Mode`` decides who may push; everybody else
gets ``CiscoIPPhoneError`` 4 with the challenge.
"""

from ringback.http.answer import Answer
from ringback.phone import visit
from ringback.phone.execute import AUTHENTICATION_ERROR, error_page
from ringback.phone.execute import execute as execute_object
from ringback.phone.obey import obey
from ringback.phone.visit import Visit


def execute(seen: Visit) -> Answer:
    """Have the phone do what the object asks."""
    return visit.xml(execute_object(seen.request.body, lambda url: _obey(seen, url)))


def denied() -> Answer:
    """What somebody gets who may not push."""
    return visit.xml(error_page(AUTHENTICATION_ERROR), status=401)


def _obey(seen: Visit, url: str) -> str:
    why = obey(seen.phone, url, seen.now, host=seen.request.address)
    seen.settle()
    return why

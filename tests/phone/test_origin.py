"""Requests that another site made a browser send."""

import pytest

from ringback.errors import RefusedError
from ringback.http.request import Request
from ringback.phone.origin import refuse_other_sites


def asked(**headers):
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request("POST", "/", "/", headers=sent)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://phone.evil.example"},
        {"origin": "null"},
        {"origin": "http://[broken"},
        {"referer": "http://evil.example/phone"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "http://phone", "sec_fetch_site": "cross-site"},
    ],
)
def test_another_site_is_refused(headers):
    with pytest.raises(RefusedError):
        refuse_other_sites(asked(host="phone", **headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://phone"},
        {"origin": "http://PHONE"},
        {"referer": "http://phone/admin/advanced"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_the_phones_own_page_and_plain_tools_are_not(headers):
    refuse_other_sites(asked(host="phone", **headers))

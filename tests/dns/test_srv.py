from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import clock
from ringback.dns.srv import Service, order

pytestmark = pytest.mark.duty(5)

services = st.lists(
    st.builds(
        Service, st.integers(0, 3), st.integers(0, 65535), st.integers(0, 65535), st.text("abc")
    ),
    max_size=12,
)


@given(services, st.integers())
def test_each_service_is_tried_once_and_lower_priorities_first(found, seed):
    tried = order(found, clock.dice(seed))

    assert Counter(tried) == Counter(found)
    assert [each.priority for each in tried] == sorted(each.priority for each in found)


def test_weights_are_chances():
    light, heavy = Service(1, 1, 80, "light"), Service(1, 3, 80, "heavy")
    dice = clock.dice(1)
    first = Counter(order((light, heavy), dice)[0].target for _ in range(4000))

    # Tickets 0 to 4: RFC 2782 gives the lighter one, which stands first, tickets 0 and 1.
    assert 0.55 < first["heavy"] / 4000 < 0.65


def test_weight_zero_has_a_small_chance_and_no_more():
    none, some = Service(1, 0, 80, "none"), Service(1, 99, 80, "some")
    dice = clock.dice(1)
    first = Counter(order((some, none), dice)[0].target for _ in range(4000))

    assert 10 < first["none"] < 100

"""What is told is what happens: on random fleets, against the same mind driven another way."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tests.phone.world import NOON
from tests.serve.random_fleets import (
    KEY,
    Case,
    as_before,
    changed_case,
    pin_of,
    random_case,
    secret,
    shelf,
)
from tests.serve.reality import ADDRESS, Became, Reality, certificate, identity

from ringback import clock
from ringback.errors import RingbackError
from ringback.files.root import Root
from ringback.phone.memory import Memory
from ringback.phone.rehearse import Rehearsal, Watched
from ringback.provisioning.origin import Origins, Staying
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.rules import KEYS
from ringback.serve.counter import Caller, Counter, Stock
from ringback.serve.story import Story, tell
from ringback.store.pantry import Ready


def told(
    case: Case, ready: dict[str, Ready], root: Path, memory: Memory | None = None
) -> tuple[Story, Memory]:
    """The story of a case, as ``explain`` has it told; and the phone's memory after it."""
    stock = Stock(ready.get, Root(root), case.admission)
    asker = Caller(ADDRESS, certificate(case))
    foreign = ["elsewhere.example.com"]
    with Counter(stock, case.settings, asker, foreign=foreign, now=NOON) as counter:
        phone = Watched(identity(case), clock.dice(1), memory)
        story = tell(Rehearsal(phone, counter, NOON), counter, fresh=memory is None)
    return story, phone.memory_with(phone.profile)


def became(story):
    """A story as reality is written down."""
    return Became(
        [
            (str(each.asked.wanted.url), sha256(each.body).hexdigest() if each.body else "")
            for each in story.all
        ],
        [each.outcome.result.value for each in story.resyncs],
        dict(story.after.values),
        {name: str(each) for name, each in story.after.accesses.items()},
    )


def check(case: Case, ready: dict[str, Ready], root: Path) -> Story:
    """Told and real are the same, at first and some time later."""
    story, memory = told(case, ready, root)
    reality = Reality(case, ready, root)
    assert became(story) == reality.run(len(story.resyncs))
    check_origins(case, story)
    if story.settled:
        later = changed_case(case)
        more, memory = told(later, ready := shelf(later.fleet, case.fleet), root, memory)
        assert became(more) == reality.go_on(later, ready, len(more.resyncs))
        check_origins(later, more)
        if later.device.pinned and not more.failed and reads_its_own(more):
            check_stays(story, more)
    return story


def check_origins(case, story):
    """Every value that our layers gave has an origin."""
    origins = Origins(Preparation(case.fleet, key=KEY, secret=secret), case.device)
    own = origins
    if case.device.pinned and case.before:
        pin, device = pin_of(case.fleet, case.before), as_before(case.device, case.before)
        own = Origins(pin.then, device, Staying(pin, case.device))
    for each in story.given(lambda *said: own.of(*said) or origins.of(*said)):
        assert each.origin is not None, each


def reads_its_own(story):
    """Whether rules lead to the device's own file: a layer may have written others."""
    return any(each.document == "device" and each.body for each in story.all)


def check_stays(story, more):
    """A pinned phone has what its release gave it, and other keys and rules."""
    before, after = story.after.values, more.after.values
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    rules = {name for name in differing if name.startswith("Profile_Rule")}
    assert differing <= rules | KEYS | {"GPP_D", "GPP_E"}, differing  # rules assign those two
    turns = more.resyncs[-1].turns
    paths = [asked.wanted.url.path for turn in turns for asked in turn.asked]
    assert not more.settled or not [path for path in paths if path.startswith("/common/")]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("root")


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_story_is_what_happens(root, dice):
    case = random_case(dice)
    try:
        ready = shelf(case.fleet)
    except RingbackError:
        reject()
    check(case, ready, root)

"""What is told is what happens: on random fleets, against the same mind driven another way."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tests.phone.world import NOON
from tests.serve.random_fleets import KEY, Case, changed_case, random_case, secret, shelf
from tests.serve.reality import ADDRESS, Became, Reality, certificate, identity

from ringback import clock
from ringback.errors import RingbackError
from ringback.files.root import Root
from ringback.phone.memory import Memory
from ringback.phone.rehearse import Rehearsal, Watched
from ringback.provisioning.origin import Origins
from ringback.provisioning.preparation import Preparation
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
        more, _ = told(later, ready := shelf(later.fleet), root, memory)
        assert became(more) == reality.go_on(later, ready, len(more.resyncs))
        check_origins(later, more)
    return story


def check_origins(case, story):
    """Every value that our layers gave has an origin."""
    origins = Origins(Preparation(case.fleet, key=KEY, secret=secret), case.device)
    for each in story.given(origins.of):
        assert each.origin is not None, each


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

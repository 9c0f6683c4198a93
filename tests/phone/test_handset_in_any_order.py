"""Events in any order: no setting is lost, nothing runs twice, nothing waits for ever."""

import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.phone.world import World, profile

from ringback.errors import Failure, RefusedError, StorageError, TransferError
from ringback.phone.action import Ask, Save

pytestmark = pytest.mark.duty(1)

TYPED = ["tftp://192.168.1.200/a", "tftp://192.168.1.200/none", "(x", '(GPP_D = "$PRVST";)!', ""]
WAITS = ["0", "1", "30", "5,10+5", "odd", "", "Yes", "No", "0300", "1 = 2"]


class AnyOrder(RuleBasedStateMachine):
    """One phone; ``expected`` is what its disk holds."""

    def __init__(self):
        super().__init__()
        self.world = World("7832", Resync_Random_Delay="1", Resync_Periodic="30")
        self.world.put("a", profile(GPP_A="from a"))
        self.expected = dict(self.world.phone.profile.values)
        self.asked = []
        self.world.phone.start(self.world.now)
        self.collect()

    def collect(self):
        """Keep what the phone asks for; its answers come when they come."""
        self.asked += [each for each in self.world.phone.actions() if isinstance(each, Ask)]

    def is_live(self, ask):
        return self.world.phone.work.expects(ask.number)

    @property
    def live(self):
        return [ask for ask in self.asked if self.is_live(ask)]

    @property
    def saving(self):
        return [ask for ask in self.live if isinstance(ask.request, Save)]

    def write(self, ask):
        """A save reaches the disk, whether or not the phone lives to hear of it."""
        self.world.disk = bytes(ask.request.memory)
        self.expected = dict(ask.request.memory.values)

    @rule(seconds=st.sampled_from([0, 1, 5, 31, 4000]))
    def time_passes(self, seconds):
        self.world.now += seconds
        self.world.phone.handle_timer(self.world.now)
        self.collect()

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 9), fails=st.booleans())
    def an_answer_comes(self, which, fails):
        """To any question, an old one too: that one must change nothing."""
        ask = self.asked.pop(which % len(self.asked))
        if isinstance(ask.request, Save):
            answer: object = StorageError("the disk is full") if fails else None
            if self.is_live(ask) and not fails:
                self.write(ask)
        elif fails:
            answer = TransferError("nobody answers", failure=Failure.GET)
        else:
            answer = self.world.answer(ask.request)
        self.world.phone.answer(ask.number, answer, self.world.now)
        self.collect()

    @rule(typed=st.sampled_from([*TYPED[:4], None]))
    def somebody_asks(self, typed):
        self.wish(lambda: self.world.phone.request(typed, self.world.now))

    @rule(
        name=st.sampled_from(["GPP_B", "Profile_Rule", "Profile_Rule_B", "VLAN_ID"]),
        value=st.sampled_from(TYPED),
    )
    def rules_are_submitted(self, name, value):
        self.wish(lambda: self.world.phone.submit({name: value}, self.world.now))

    @rule(
        name=st.sampled_from(
            ["Resync_Periodic", "Resync_Error_Retry_Delay", "Resync_On_Reset", "Provision_Enable",
             "Resync_At__HHmm_", "Resync_Trigger_1"]
        ),
        value=st.sampled_from(WAITS),
    )  # fmt: skip
    def timing_is_submitted(self, name, value):
        self.wish(lambda: self.world.phone.submit({name: value}, self.world.now))

    @rule()
    def a_restart_is_asked_for(self):
        self.wish(lambda: self.world.phone.reboot(self.world.now))

    @rule()
    def a_factory_reset_is_asked_for(self):
        self.wish(lambda: self.world.phone.reset(self.world.now))

    @rule(on=st.booleans())
    def the_handset_is_moved(self, on):
        phone, now = self.world.phone, self.world.now
        self.wish(lambda: phone.start_call(1, now) if on else phone.end_call(now))

    @rule(written=st.booleans())
    def the_power_is_cut(self, written):
        """At any moment; a write under way has reached the disk, or has not."""
        if written:
            for ask in self.saving:
                self.write(ask)
        self.world.phone.stop()
        self.asked.clear()
        self.world.phone = self.world._plug_in()
        assert dict(self.world.phone.profile.values) == self.expected
        self.world.phone.start(self.world.now)
        self.collect()

    def wish(self, ask):
        with contextlib.suppress(RefusedError):
            ask()
        self.collect()

    @invariant()
    def no_setting_is_lost(self):
        assert self.saving or dict(self.world.phone.profile.values) == self.expected

    @invariant()
    def nothing_runs_twice(self):
        assert len(self.live) == (1 if self.world.phone.busy else 0)

    @invariant()
    def there_is_always_a_timer_an_answer_awaited_or_a_reason(self):
        phone = self.world.phone
        assert phone.busy or phone.timer() is not None or phone.due.why


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

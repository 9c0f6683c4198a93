"""The parts every phone has, in the order in which they are told what happens.

Whoever adds a part adds its class here, and reaches it by ``phone.part(ItsClass)``.
"""

from ringback.phone.call import Calls
from ringback.phone.part import Part
from ringback.phone.schedule import Schedule
from ringback.phone.trust import Trust

PARTS: tuple[type[Part], ...] = (Calls, Schedule, Trust)

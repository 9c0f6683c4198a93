"""Hear what a phone says: tell its verdicts about a resync from everything else it says."""

from collections import Counter

from ringback.cisco.remark import Kind, Remark, recognise


class Hearing:
    """Reads syslog texts and keeps count of what phones said about their resyncs."""

    def __init__(self) -> None:
        self.said: Counter[Kind] = Counter()
        """How many requests, successes and failures were heard."""

    def hear(self, text: str) -> Remark | None:
        """The remark in one line, if it is one."""
        remark = recognise(text)
        if remark:
            self.said[remark.kind] += 1
        return remark

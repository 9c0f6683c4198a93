"""A store in a folder of its own, and a small fleet to put into it."""

from collections.abc import Iterator

import pytest

from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store.database import Store


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    made = Store(tmp_path / "fleet.db")
    yield made
    made.close()


@pytest.fixture
def phones() -> list[Device]:
    """Three phones that differ in everything one can look for."""
    return [
        Device(
            Mac("000e08000001"), "CP-8851-3PCC", "FCH1", "hq", "sales", frozenset({"x", "new"}),
            (Line(1, "200", "swordfish", "Alice Ärmel", "sip.example.com"), Line(2, "201")),
            {"desk": "7"},
        ),
        Device(Mac("000e08000002"), "CP-7841-3PCC", "FCH2", "hq-annex", "", frozenset({"x"})),
        Device(Mac("000e08aaaa03"), "SPA504G", "88012BA01234", "lab", lines=(Line(1, "300"),)),
    ]  # fmt: skip

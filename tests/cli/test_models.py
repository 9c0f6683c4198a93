"""``ringback phone models``, as installed and run by a shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.cisco import handshake
from ringback.cisco.model import MODELS, SWITCHES, Generation

RINGBACK = Path(sys.executable).with_name("ringback")


def models(*arguments, columns="80"):
    return subprocess.run(
        [str(RINGBACK), "phone", "models", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "COLUMNS": columns},
    )  # fmt: skip


def test_every_model_and_every_switch_is_printed():
    shown = models().stdout
    assert all(model.name in shown for model in MODELS)
    assert all(switch.trait in shown for switch in (*SWITCHES, *handshake.SWITCHES))


def test_it_can_be_read_at_eighty_columns():
    assert max(map(len, models().stdout.splitlines())) <= 80


def test_one_model_is_told_apart_from_the_rest():
    shown = models("SPA504G").stdout
    assert "SPA504G" in shown
    assert "8851" not in shown
    assert "Log_Request_Msg" not in shown
    assert "/spa$PSN.cfg" in shown


def test_json_has_each_value_with_its_source():
    found = json.loads(models("--json").stdout)
    assert [each["name"] for each in found["models"]] == [model.name for model in MODELS]
    delay = found["switches"]["Behaviour"]["random_delay_unit"]
    assert delay["Sipura"] == {"value": 1, "source": "S13"}
    assert set(delay) == {str(each) for each in Generation}
    assert found["switches"]["TLS"]["highest"]["SPA"]["value"] == "1.0"


@pytest.mark.parametrize("name", ["9999", "", "💥"])
def test_an_unknown_model_is_one_clear_error(name):
    done = models(name)
    assert done.returncode == 2
    assert "unknown phone model" in done.stderr
    assert "Traceback" not in done.stderr

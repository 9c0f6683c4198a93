"""What a server stands on, where nothing can be written."""

import os
from functools import partial

import pytest
from tests.powerless import powerless, shut

from ringback.errors import UsageError
from ringback.serve import premises
from ringback.serve.premises import open_log, open_state


def test_a_state_folder_that_is_there_need_not_be_writable(tmp_path):
    root, state = tmp_path / "root", tmp_path / "state"
    root.mkdir()
    assert list(premises.shut(open_state(root, state), None)) == []
    with shut(state):
        assert powerless(partial(open_state, root, state)) == state
        assert powerless(lambda: list(premises.shut(state))) == [state]


def test_a_state_folder_that_cannot_be_made_is_an_error(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with shut(tmp_path), pytest.raises(UsageError, match="cannot keep state in"):
        powerless(partial(open_state, root, tmp_path / "state"))


def test_a_log_that_cannot_be_written_goes_to_standard_output(tmp_path):
    told: list[str] = []
    log = tmp_path / "log"
    os.close(open_log(log, told.append))
    assert not told
    with shut(tmp_path):
        assert powerless(partial(open_log, log, told.append)) == open_log(None, told.append)
    assert told == [f"the log {log} cannot be written (Permission denied): it goes here"]


def test_a_log_that_there_can_never_be_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="cannot write the log"):
        open_log(tmp_path / "missing" / "log", print)

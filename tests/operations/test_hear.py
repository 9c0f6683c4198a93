from ringback.cisco.remark import Kind
from ringback.operations.hear import Hearing

HEAD = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- "


def test_verdicts_are_recognised_and_counted():
    hearing = Hearing()

    hearing.hear(HEAD + "Requesting resync tftp://192.0.2.1:69/basic.txt")
    remark = hearing.hear(HEAD + "Resync failed: file not found")

    assert remark is not None
    assert remark.error == "file not found"
    assert hearing.said == {Kind.REQUEST: 1, Kind.FAILURE: 1}


def test_everything_else_is_no_remark():
    hearing = Hearing()

    assert hearing.hear("System started: ip@192.0.2.7") is None
    assert not hearing.said

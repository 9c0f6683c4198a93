import pytest

from ringback.errors import UsageError
from ringback.provisioning.document import Level
from ringback.provisioning.prepared import Prepared, refuse_twice


def prepared(path, document):
    return Prepared(path, Level.OPEN, b"", "ab", document)


def test_two_files_at_one_path_are_refused_and_named():
    files = [prepared("/a", "one"), prepared("/b", "two"), prepared("/a", "three")]
    refuse_twice(files[:2])
    with pytest.raises(UsageError, match="at /a: one for several models and three") as caught:
        refuse_twice(files)
    assert "{psn}" in caught.value.remedy

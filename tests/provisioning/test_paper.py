import pytest

from ringback.errors import UsageError
from ringback.provisioning.document import Document, Selection
from ringback.provisioning.ground import Value
from ringback.provisioning.paper import papers


def takes(selection, name, *, secret=False):
    (paper,) = papers([Document("d", ("/{mac}.cfg",), selection)])
    return bool(paper.chosen([Value(name, "x", None, "l", secret)]))


def test_a_selection_names_what_goes_in_and_what_stays_out():
    chosen = Selection(("GPP_*", "Time_Zone"), ("GPP_S*",))
    assert takes(chosen, "GPP_A")
    assert takes(chosen, "Time_Zone")
    assert not takes(chosen, "GPP_SA")
    assert not takes(chosen, "Proxy_1_")
    assert not takes(chosen, "Time_Zone_2")


def test_a_secret_goes_in_only_where_secrets_may():
    assert not takes(Selection(), "GPP_A", secret=True)
    assert takes(Selection(secrets=True), "GPP_A", secret=True)


def test_two_documents_for_one_rule_are_refused():
    two = [Document(name, (f"/{name}/{{mac}}",), slot="A") for name in ("a", "b")]
    with pytest.raises(UsageError, match="two documents for rule A"):
        papers(two)

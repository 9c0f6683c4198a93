"""Ledgers of any content, for tests of what is done to them."""

from hypothesis import strategies as st

from ringback.store.batch import Batch
from ringback.store.chain import Chain, Head
from ringback.store.fact import Fact, Kind

CHAIN = Chain(bytes(range(32)))
texts = st.text(max_size=12)
facts = st.builds(
    Fact,
    st.floats(0, 4e9, allow_nan=False),
    st.sampled_from([each.value for each in Kind if each is not Kind.CHECKPOINT]),
    texts, texts, texts, st.integers(0, 99), texts, texts,
)  # fmt: skip
groups = st.lists(facts, min_size=1, max_size=4)
batches = st.lists(groups, min_size=1, max_size=4)


def made(found: list[list[Fact]], chain: Chain = CHAIN) -> tuple[list[Batch], Head]:
    """The batches of these facts, and where they end."""
    done, head = [], Head()
    for each in found:
        batch, head = chain.extend(head, each)
        done.append(batch)
    return done, head


def repacked(batch: Batch, altered: list[Fact]) -> Batch:
    """What somebody without the key makes of a batch, so that it looks right for itself."""
    return Batch.pack(batch.number, batch.before, altered)._replace(seal=batch.seal)

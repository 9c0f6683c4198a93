"""Every file of corpus/gzip and what becomes of it; a file without a row fails.

``gzip`` rows name the size of the contents, which gzip(1) judges too. ``none``
rows are no gzip: the sniffer must leave them alone. ``corrupt`` rows must end in our error.
"""

import subprocess
import time

import pytest

from ringback.cisco import gzipped
from ringback.cisco.envelope import unseal
from ringback.errors import EnvelopeError

GZIP, NONE, CORRUPT = "gzip", "none", "corrupt"
VERDICTS = {
    # Reserved bits are set in its flags (it calls itself encrypted); readers have hung on it.
    "klauspost/issue6550.gz": (CORRUPT, 0),
    "wuffs/256.bytes.gz": (GZIP, 256),
    "wuffs/pi.txt.gz": (GZIP, 100_003),
    "wuffs/romeo.txt.gz": (GZIP, 942),
    "wuffs/backref-crosses-blocks.deflate": (NONE, 12),
    "wuffs/degenerate-huffman.deflate": (NONE, 33),
    "wuffs/distance-code-31.deflate": (NONE, 2),
    "wuffs/huffman-primlen-9.deflate": (NONE, 176),
    "wuffs/midsummer.txt.zlib": (NONE, 5148),
    "wuffs/romeo.txt.deflate": (NONE, 530),
    "wuffs/romeo.txt.zlib": (NONE, 536),
}


def test_every_file_of_the_corpus_has_a_verdict(corpus):
    files = {str(file.relative_to(corpus / "gzip")) for file in corpus.glob("gzip/*/*")}

    assert files == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_holds(corpus, program, name):
    verdict, size = VERDICTS[name]
    data = (corpus / "gzip" / name).read_bytes()
    judge = subprocess.run([program("gzip"), "-dc"], input=data, capture_output=True, check=False)

    if verdict == CORRUPT:
        with pytest.raises(EnvelopeError, match="broken gzip data"):
            unseal(data)
    else:
        opened = unseal(data)
        assert len(opened.data) == size
        assert opened.layers == (("gzip",) if verdict == GZIP else ())
        assert opened.data == (judge.stdout if verdict == GZIP else data)
    assert (judge.returncode == 0) == (verdict == GZIP)


def test_the_file_that_hung_a_reader_is_refused_at_once_and_reserves_nothing(corpus):
    data = (corpus / "gzip" / "klauspost" / "issue6550.gz").read_bytes()
    harmless_flags = data[:3] + bytes([data[3] & 0x1F]) + data[4:]
    began = time.process_time()

    for each in (data, harmless_flags):
        with pytest.raises(EnvelopeError):
            gzipped.decompress(each, limit=1 << 20)
    assert time.process_time() - began < 0.5

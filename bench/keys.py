"""Keys and certificates for the HTTPS loads: made anew for every run, gone with it.

One authority, one server certificate that every server shows, and a certificate for each of
``PHONES`` phones, all RSA-2048, made by ``ringback cert`` as a person would. The phones take turns,
because no fleet shows the same certificate twice in a row.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PHONES = 64
NAME = "prov.test"
_MAC = "000e08a000"


@dataclass(frozen=True)
class Keys:
    """Where everything is; certificate and key are in one file each."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate of the authority."""
        return self.folder / "authority" / "root.pem"

    @property
    def server(self) -> Path:
        """What the servers show."""
        return self.folder / "server.pem"

    @property
    def phones(self) -> Path:
        """What the phones show; ``%02d`` stands for the number."""
        return self.folder / "authority" / "devices" / f"{_MAC}%02d.pem"

    def make(self) -> None:
        """Make them all."""
        listed = self.folder / "phones.csv"
        self.folder.mkdir(mode=0o700)
        listed.write_text("".join(f"{mac(each)},CCQ{each:08d},SPA504G\n" for each in range(PHONES)))
        self._cert("authority", "create")
        self._cert("server", NAME)
        self._cert("issue", "--list", str(listed))

    def _cert(self, *words: str) -> None:
        command = [sys.executable, "-m", "ringback", "cert", *words, "--state", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"ringback cert {' '.join(words)}: {done.stderr.strip()}")


def mac(number: int) -> str:
    """Of a phone."""
    return f"{_MAC}{number:02d}"


def beside(root: Path) -> Keys:
    """The keys of the run whose served folder is ``root``."""
    return Keys(root.parent / "keys")

"""The stage of ``demo --secure``: the other one, with an authority, HTTPS and certificates.

The vendor signs server certificates and puts one into every phone; nobody has the vendor's keys,
so an authority of our own plays the vendor: its root is in the phone's firmware (``--ca``), and
the phone shows a certificate by it (``--cert``).
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from ringback.certificate.policy import Clients
from ringback.cli.processes import free_port
from ringback.cli.stage import MAC, MODEL, SERIAL, Stage, run_ringback
from ringback.errors import RingbackError

NAMES = ("my.server.com", "provserv.domain.com", "prov.telco.com")
"""Server names that DNS knows on this stage."""
_TIMEOUT = 10.0


class SecureStage(Stage):
    """A stage whose server also listens for HTTPS."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.clients = Clients.NONE
        self.scripts = folder / "cgi-bin"
        self.scripts.mkdir()
        super().__init__(folder, tell)

    def prepare(self) -> None:
        """Found the authority that plays the vendor, and make the phone's certificate."""
        self.ports["https"] = free_port()
        run_ringback("cert", "authority", "create", "Vendor Root CA", *self.state)
        issued = ("--mac", MAC, "--serial", SERIAL, "--model", MODEL)
        run_ringback("cert", "issue", *issued, *self.state)

    @property
    def state(self) -> Sequence[str]:
        """Where the vendor's authority is, for ``ringback cert``."""
        return ("--state", str(self.server_state))

    @property
    def vendor_root(self) -> Path:
        """The root that is in the phone's firmware."""
        return self.server_state / "authority" / "root.pem"

    @property
    def server_options(self) -> Sequence[str]:
        """HTTPS, and scripts."""
        https = f"127.0.0.1:{self.ports['https']},client={self.clients}"
        return ("--https", https, "--cgi-bin", str(self.scripts))

    @property
    def phone_options(self) -> Sequence[str]:
        """What the factory put into the phone, and the server's names."""
        pair = self.server_state / "authority" / "devices" / f"{MAC}.pem"
        named = [part for name in NAMES for part in ("--resolve", f"{name}=127.0.0.1")]
        return ("--ca", str(self.vendor_root), "--cert", str(pair), *named)

    def restart_server(self, clients: Clients | None = None) -> None:
        """Restart the server, with another policy for clients if one is named."""
        self.clients = clients or self.clients
        self.stop_server()
        self.start_server()

    def install(self, key: Path, certificate: Path, name: str) -> None:
        """Have the server show another certificate, from its next start on."""
        run_ringback(
            "cert", "install", str(key), str(certificate), "--name", name, *self.state
        )  # fmt: skip

    def browse(self, name: str, path: str, trusted: Path | None = None) -> str:
        """What an ordinary browser gets, which trusts the ``trusted`` root or none.

        Raises:
            RingbackError: when it gets nothing; why.
        """
        context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
        try:
            address = ("127.0.0.1", self.ports["https"])
            with socket.create_connection(address, _TIMEOUT) as line:
                connection = http.client.HTTPSConnection(name, self.ports["https"])
                connection.sock = context.wrap_socket(line, server_hostname=name)
                connection.request("GET", f"/{path}")
                answer = connection.getresponse()
                text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise RingbackError(f"a browser gets nothing: {error}") from error
        if answer.status != http.HTTPStatus.OK:
            raise RingbackError(f"a browser gets {answer.status} {answer.reason}")
        return text

    def expect_refused(self, what: str, do: Callable[[], object]) -> None:
        """Do what must be refused, and say so.

        Raises:
            RingbackError: when it is not.
        """
        try:
            do()
        except RingbackError:
            self.tell(what)
            return
        raise RingbackError(f"this was allowed: {what}")

    def expect_shown(self, text: str) -> None:
        """Wait until the phone's page shows a text."""

        def shown() -> bool:
            try:
                return text in self.page().text
            except RingbackError:
                return False

        self.expect(f"Info > Status shows: {text}", shown)

"""The settings file: read once, checked, frozen.

Precedence: command-line option, then environment (``RINGBACK_SERVE__ROOT=/srv/tftp``), then
``ringback.toml``, then the default. Only ``serve`` and ``cli`` read this; nothing below may ask
for it: rooms are handed the values they need.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ringback.certificate.policy import STRICT, Clients, Legacy
from ringback.errors import UsageError

FILE_NAME = "ringback.toml"
_LISTENER = "HOST:PORT[,client=none|ask|require][,legacy[=...]][,ca=FILE][,proxy]"
_LEGACY = {
    "tls1.0": "old_versions",
    "rsa": "rsa_key_exchange",
    "cbc": "cbc_sha",
    "weak": "weak_certificates",
    "expired": "expired_certificates",
}
"""How each old way is spelt on the command line."""


class Address(BaseModel):
    """Where to listen: a host (name, IPv4 or IPv6) and a port; port 0 takes any free one."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, port: int | None = None) -> "Address":
        """Read ``HOST:PORT`` or ``[IPV6]:PORT``; ``port`` serves when the text names none.

        Raises:
            UsageError: when the text is not of that form.
        """
        host, number = _split_address(text.strip(), port)
        if not host or not (number.isascii() and number.isdigit()) or int(number) > 65535:
            raise UsageError(
                f"not an address: {text!r}",
                remedy="HOST:PORT, such as 0.0.0.0:69 or [::1]:8069",
            )
        return cls(host=host, port=int(number))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _split_address(text: str, port: int | None) -> tuple[str, str]:
    """Host and port as typed; an empty host when the text has no such form."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        number = rest.removeprefix(":") if rest.startswith(":") else ""
        return (host, number or str(port if port is not None else "")) if closed else ("", "")
    if text.count(":") > 1:
        return "", ""
    host, _, number = text.partition(":")
    return host, number or str(port if port is not None else "")


class Listening(BaseModel):
    """A web listener: where, who speaks to it, and for HTTPS what it asks of clients."""

    model_config = ConfigDict(frozen=True)

    address: Address
    proxy: bool = False
    """Every connection begins with a PROXY header, and only trusted proxies may connect."""
    clients: Clients = Clients.NONE
    legacy: Legacy = STRICT
    authorities: tuple[Path, ...] = ()
    """The authorities whose clients are believed here; none: ``client_ca`` and our own."""

    @classmethod
    def parse(cls, text: str) -> "Listening":
        """Read ``HOST:PORT[,proxy]``, for HTTPS also ``[,client=…][,legacy][,ca=FILE]…``.

        Raises:
            UsageError: naming the part that cannot be read.
        """
        first, *rest = (part.strip() for part in text.split(","))
        given: dict[str, Any] = {"authorities": ()}
        for part in rest:
            name, _, value = part.partition("=")
            if part == "proxy":
                given["proxy"] = True
            elif name == "legacy":
                given["legacy"] = _legacy(value, text)
            elif name == "client" and value in {each.value for each in Clients}:
                given["clients"] = Clients(value)
            elif name == "ca" and value:
                given["authorities"] += (_absolute(Path(value)),)
            else:
                raise UsageError(
                    f"cannot read {part!r} in the listener {text!r}",
                    remedy=_LISTENER,
                )
        return cls(address=Address.parse(first), **given)

    @property
    def plain(self) -> bool:
        """Whether it could be a listener without TLS."""
        strict = self.clients is Clients.NONE and self.legacy == STRICT
        return strict and not self.authorities

    def __str__(self) -> str:
        words = [str(self.address)]
        words += [f"client={self.clients}"] if self.clients is not Clients.NONE else []
        words += [f"legacy ({self.legacy})"] if self.legacy != STRICT else []
        words += ["proxy"] * self.proxy
        return ",".join(words)


def _legacy(value: str, text: str) -> Legacy:
    """Which old ways pass: all of them, or those named with ``+`` between."""
    if not value:
        return Legacy.every()
    wanted = value.split("+")
    unknown = [word for word in wanted if word not in _LEGACY]
    if unknown:
        raise UsageError(
            f"cannot read legacy={value} in the listener {text!r}",
            remedy=f"legacy, or legacy= and any of {'+'.join(_LEGACY)}",
        )
    return Legacy(**{_LEGACY[word]: True for word in wanted})


def _plain_listeners(value: Any) -> Any:
    """``_listeners`` for HTTP: nothing of TLS may be asked for."""
    listeners = _listeners(value)
    for each in listeners if isinstance(listeners, tuple) else ():
        if isinstance(each, Listening) and not each.plain:
            raise UsageError(
                f"the HTTP listener {each.address} cannot ask for certificates",
                remedy="name it with --https",
            )
    return listeners


def _listeners(value: Any) -> Any:
    """Accept one text or a list of texts, from a file or the environment (blanks between)."""
    texts = value.split() if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        return texts
    return tuple(Listening.parse(each) if isinstance(each, str) else each for each in texts)


def _paths(value: Any) -> Any:
    """Accept one path or a list of paths, from a file or the environment (colons between)."""
    return tuple(value.split(":")) if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Accept one text or a list of texts, from a file or the environment (blanks between)."""
    return tuple(value.split()) if isinstance(value, str) else value


def _addresses(value: Any) -> Any:
    """Accept one text or a list of texts, from a file or the environment (comma-separated)."""
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        return texts
    return tuple(Address.parse(each) if isinstance(each, str) else each for each in texts)


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Addresses = Annotated[tuple[Address, ...], NoDecode, BeforeValidator(_addresses)]
Listeners = Annotated[tuple[Listening, ...], NoDecode, BeforeValidator(_listeners)]
PlainListeners = Annotated[tuple[Listening, ...], NoDecode, BeforeValidator(_plain_listeners)]
Folder = Annotated[Path, AfterValidator(_absolute)]
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_texts)]
Files = Annotated[tuple[Folder, ...], NoDecode, BeforeValidator(_paths)]


def default_state() -> Path:
    """Where state lives unless told: the service's folder under systemd, else the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(given or f"{home}/ringback").expanduser().absolute()


class Serve(BaseModel):
    """``[serve]``: what is served, where, and where state is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Folder | None = None
    state: Folder | None = None
    tftp: Addresses = ()
    http: PlainListeners = ()
    https: Listeners = ()
    syslog: Addresses = ()
    tls_cert: Folder | None = None
    tls_key: Folder | None = None
    client_ca: Files = ()
    certificate_shapes: tuple[str, ...] = ()
    bind_devices: bool | None = None
    plain_devices: bool = False
    digest: bool = False
    cgi_bin: Folder | None = None
    reports: Folder | None = None
    report_keys: Folder | None = None
    reports_kept: int = 20
    reports_room: int = 1024**3
    trusted_proxies: Texts = ()
    client_certificate_header: str = ""
    client_verify_header: str = "X-SSL-Client-Verify"
    client_address_header: str = "X-Forwarded-For"
    proxy_hops: int = 1
    single_port: bool = False
    log: Path | None = None


class Store(BaseModel):
    """``[store]``: the fleet's database; without one only a folder is served."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Folder | None = None


class Settings(BaseSettings):
    """Everything that can be set, checked."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="RINGBACK_", env_nested_delimiter="__"
    )

    serve: Serve = Serve()
    store: Store = Store()


def read_settings(file: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings: ``options`` (``{"serve": {...}}``) over environment over ``file``.

    Without ``file``, ``ringback.toml`` in the working folder is read if there is one.

    Raises:
        UsageError: for a file that is missing or not TOML, or a value that is not allowed;
            names the place.
    """
    path = file or Path(FILE_NAME)
    if file and not file.is_file():
        raise UsageError(f"no settings file {file}", remedy="name one that exists with --config")
    try:
        return _reader(path)(**(options or {}))
    except ValidationError as error:
        raise UsageError(_first_complaint(error), remedy=_remedy(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", remedy="the file must be TOML") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="make it readable") from error


def _reader(path: Path) -> type[Settings]:
    """The settings class, bound to one file."""

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (no hidden files)
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (no secrets here)
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            file = TomlConfigSettingsSource(settings_cls, toml_file=path)
            return (init_settings, env_settings, file)

    return FromFile


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"setting {place}: {first['msg']}"


def _remedy(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] == "extra_forbidden":
        known = sorted({*Serve.model_fields, *Settings.model_fields, "store.path"})
        return f"known settings: {', '.join(known)}"
    return "see docs/settings.md"


def check_folders(root: Path, state: Path) -> None:
    """Refuse a root that is no folder, and a state folder inside the root or holding it.

    Raises:
        UsageError: naming both folders.
    """
    if not root.is_dir():
        raise UsageError(f"no folder to serve at {root}", remedy="make it, or name another --root")
    inner, outer = state.resolve(), root.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UsageError(
            f"the state folder {state} and the served folder {root} lie inside one another",
            remedy="keys and state must not be served: name another --state",
        )


def check_private(root: Path, settings: Serve, store: Path | None = None) -> None:
    """Refuse what must not be served and lies where everything is: keys, scripts, log, store.

    Raises:
        UsageError: naming the path and its option.
    """
    holding_key = settings.tls_key or settings.tls_cert
    private = {
        "--tls-key" if settings.tls_key else "--tls-cert": holding_key,
        "--cgi-bin": settings.cgi_bin,
        "--log": settings.log,
        "--reports": settings.reports,
        "--report-keys": settings.report_keys,
        "--store": store,
    }
    for option, path in private.items():
        if path is not None and path.resolve().is_relative_to(root.resolve()):
            raise UsageError(
                f"{option} {path} lies in the served folder {root}",
                remedy="whoever asks would get it: keep it elsewhere",
            )

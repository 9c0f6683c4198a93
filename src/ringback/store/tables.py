"""The tables: what a fleet keeps, in statements that SQLite and PostgreSQL both understand.

Two databases. The *fleet* is written by people: devices, lines, layers, documents, secrets, and
the releases made of them. The *ledger* is written by the device plane alone, five times a second,
and must never wait for a person's transaction (SQLite has one writer per file); so it has a file
of its own.

What a release held is kept as periods, not as copies: a row of ``entries`` (what is served) or
``history`` (what it was made from) is true for every release from ``since`` up to, and without,
``until``; ``until`` is null for what is true now. A release that changes one device of 100 000
writes a handful of rows, the switch is one commit, and every older release can still be read.

A ``body`` holds a whole thing (JSON, or a file that is sent), encrypted (see ``seal``): a copy of
the database tells who and where the phones are, and nothing they are told. The columns beside it
are what can be asked for, and what may change without a release: locks, pins and key numbers.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

FLEET: Final = MetaData()
LEDGER: Final = MetaData()

NEWEST: Final = {"fleet": "0005", "ledger": "0003"}
"""The migration each database is at when it is up to date."""

READY_AT_FIRST: Final = "ready"
"""In ``meta``: the newest number of ready-made layers when the store was made."""

meta = Table(
    "meta",
    FLEET,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

devices = Table(
    "devices",
    FLEET,
    Column("mac", String(12), primary_key=True),
    Column("model", String(64), nullable=False),
    Column("serial", String(64), nullable=False),
    Column("site", String(128), nullable=False),
    Column("group", String(128), nullable=False),
    Column("tags", Text, nullable=False),  # " one two ", so that each can be found with blanks
    Column("locked", Boolean, nullable=False),
    Column("pinned", Integer),
    Column("key", Integer, nullable=False),
    Column("next_key", Integer),
    Column("first_key", Integer, nullable=False, server_default="1"),
    Column("words", Text, nullable=False),  # all that can be searched for, in lower case
    Column("body", LargeBinary, nullable=False),
    Index("devices_by_model", "model", "site", "mac"),
    Index("devices_by_site", "site"),
    Index("devices_by_group", "group"),
    Index("devices_by_serial", "serial"),
    Index("devices_by_next_key", "next_key"),
)

departed = Table(
    "departed",
    FLEET,
    Column("mac", String(12), primary_key=True),
    Column("locked", Boolean, nullable=False),
    Column("key", Integer, nullable=False),
    Column("next_key", Integer),
    Column("first_key", Integer, nullable=False),
    Column("body", LargeBinary),  # its lines' secrets, for a rollback
)
"""Devices that were given away, and what must be known of them should they come again."""

lines = Table(
    "lines",
    FLEET,
    Column("mac", String(12), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("user", String(128), nullable=False),
    Column("display_name", String(256), nullable=False),
    Column("proxy", String(256), nullable=False),
    Index("lines_by_user", "user"),
)

layers = Table(
    "layers",
    FLEET,
    Column("scope", String(16), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("names", Text, nullable=False),  # of the settings in it, a line each
    Column("body", LargeBinary, nullable=False),
    Index("layers_by_names", "scope", "names"),
)

documents = Table(
    "documents",
    FLEET,
    Column("name", String(128), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

variables = Table(
    "variables",
    FLEET,
    Column("name", String(128), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

secrets = Table(
    "secrets",
    FLEET,
    Column("name", String(256), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("changed", Float, nullable=False),
)

uses = Table(
    "uses",
    FLEET,
    Column("secret", String(256), primary_key=True),
    Column("mac", String(12), primary_key=True),
    Index("uses_by_mac", "mac"),
)
"""Which secrets went into which device's files, so that a change of one is a change of those."""

tokens = Table(
    "tokens",
    FLEET,
    Column("digest", String(64), primary_key=True),  # of the token: the token itself is not kept
    Column("mac", String(12), nullable=False),
    Column("made", Float, nullable=False),
    Column("seen", Float),
    Column("ends", Float),
    Index("tokens_by_mac", "mac"),
)

windows = Table(
    "windows",
    FLEET,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("breadth", String(16), nullable=False),  # device, group or site
    Column("name", String(128), nullable=False),
    Column("opened", Float, nullable=False),
    Column("opened_by", String(128), nullable=False),
    Column("ends", Float, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("network", String(64), nullable=False),
    Column("closed", Float),
    Column("closed_by", String(128), nullable=False),
    Index("windows_by_ends", "ends"),
)
"""Rows stay: who opened the door, for whom and when, is asked years later."""

decoys = Table(
    "decoys",
    FLEET,
    Column("mac", String(12), primary_key=True),
    Column("made", Float, nullable=False),
)
"""MACs that nobody has: a request for one is an alarm."""

rejections = Table(
    "rejections",
    FLEET,
    Column("mac", String(12), primary_key=True),
    Column("made", Float, nullable=False),
    Column("made_by", String(128), nullable=False),
)
"""Unknown devices that a person does not want to hear of again."""

changes = Table(
    "changes",
    FLEET,
    Column("kind", String(16), primary_key=True),
    Column("name", String(256), primary_key=True),
)
"""What was written since the last release: where publishing looks, and nowhere else."""

undo = Table(
    "undo",
    FLEET,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
"""What the last import found before it wrote, some things a row."""

releases = Table(
    "releases",
    FLEET,
    Column("number", Integer, primary_key=True),
    Column("made", Float, nullable=False),
    Column("note", Text, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
)

contents = Table(
    "contents",
    FLEET,
    Column("hash", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

entries = Table(
    "entries",
    FLEET,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("path", String(512), nullable=False),
    Column("mac", String(12), nullable=False),  # empty: the same file for whoever asks
    Column("document", String(128), nullable=False),
    Column("level", Integer, nullable=False),
    Column("key", Integer),
    Column("encoding", String(32), nullable=False),
    Column("type", String(64), nullable=False),
    Column("mark", String(64), nullable=False),  # of what is in it, without the release's number
    Column("hash", LargeBinary, nullable=False),
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    Index("entries_by_path", "path", "until"),
    Index("entries_by_mac", "mac", "until"),
    Index("entries_by_until", "until"),
    Index("entries_by_since", "since"),
)

history = Table(
    "history",
    FLEET,
    Column("kind", String(16), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("since", Integer, primary_key=True),
    Column("until", Integer),
    Column("body", LargeBinary, nullable=False),
    Index("history_by_until", "until"),
    Index("history_by_since", "since"),
)

batches = Table(
    "batches",
    LEDGER,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("time", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("before", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Index("batches_by_until", "until"),
)
"""The ledger, a row for what was written at one time; see ``batch``."""

visits = Table(
    "visits",
    LEDGER,
    Column("device", String(12), primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which batches hold something of a device."""

head = Table(
    "head",
    LEDGER,
    Column("one", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)
"""One row: the ledger's last record."""

strangers = Table(
    "strangers",
    LEDGER,
    Column("mac", String(12), primary_key=True),
    Column("first", Float, nullable=False),
    Column("last", Float, nullable=False),
    Column("times", Integer, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(256), nullable=False),
    Column("path", String(512), nullable=False),
    Column("certificate", String(512), nullable=False),
    Index("strangers_by_last", "last"),
)
"""Phones that asked and are in nobody's care, as they were last seen."""

sightings = Table(
    "sightings",
    LEDGER,
    Column("mac", String(12), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("time", Float, nullable=False),
)
"""With which key, token or password a device last proved itself: the old ones may end."""

passes = Table(
    "passes",
    LEDGER,
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("mac", String(12), primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last", Float, nullable=False),
)
"""How often each device came through a window; on the disk before it gets what it came for."""

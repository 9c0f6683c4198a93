"""Fleets at random: models, layers, expressions, documents, envelopes, keys, locks, listeners.

Dice come in: Hypothesis' in the tests, which shrinks what it finds, and plain ones where ten
thousand are made. Some of what is made cannot be prepared; that is told by a ``RingbackError``.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from ringback.certificate.policy import STRICT, Clients, Legacy
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access
from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.provisioning.admission import Admission
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Selection
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.pin import Pin
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.ready import BOOTSTRAP, COMMON, DEVICE
from ringback.settings import Address, Listening, Serve
from ringback.store.pantry import Ready

MODELS = (
    "CP-8851-3PCC", "CP-7841-3PCC", "CP-6851-3PCC", "CP-7832-3PCC", "CP-9861",
    "SPA504G", "SPA525G2", "SPA303", "SPA942", "SPA122", "ATA192-MPP", "PAP2T",
)  # fmt: skip
SITES, GROUPS = ("", "hq", "lab", "A & B"), ("", "desk", "door")
HOST = "prov.example.com"
SERVERS = (*[f"https://{HOST}"] * 12, f"https://{HOST}:8443/", f"http://{HOST}", f"tftp://{HOST}")
KEY = bytes(range(32))
FIRST = 3
"""The number of the first release."""
SECRETS = {"one": "swordfish", "two": "p<&>w", "three": "x" * 40}
NAMES = tuple(f"GPP_{letter}" for letter in "ABCDEFGHIJKLMNOP")
VALUES = (
    "", "plain", "<&>'\"", "{{ site }}/{{ group }}", "{{ mac }}", "{{ mac_upper[6:] }}",
    "{{ serial }}", "{{ model }} {{ generation }}", "{{ one ~ two }}", "{{ greeting | upper }}",
    "{{ secret('one') }}", "{{ secret('two') }}", "{{ own_secret('door') }}", "{{ release }}",
    "{{ lines[1].user if lines else 'none' }}", "\u00fc\u4e2d", "a b  c", "$MA and $PN",
    "{{ tags | join(',') }}", "{{ 2 + 3 }}",
)  # fmt: skip
OTHERS = (
    Setting("Resync_Random_Delay", "5"),
    Setting("Resync_Periodic", "3600"),
    Setting("Resync_On_Reset", "Yes"),
    Setting("Resync_Fails_On_FNF", "No"),
    Setting("Syslog_Server", "{{ syslog }}"),
    Setting("Line_Enable_n_", "Yes"),
    Setting("Dial_Plan_n_", "({{ line.user }}|xx.)"),
    Setting("Admin_Passwd", "{{ own_secret('admin') }}"),
    Setting("Nonesuch", "new", unchecked=True),
    Setting("GPP_P", None, Access.RO),
    Setting("Restricted_Access_Domains", HOST),
    Setting(
        "Profile_Rule_C", '("$MA" ne "x")? https://prov.example.com/extra/$MA.cfg | /never.cfg'
    ),
    Setting("Profile_Rule_C", '(GPP_D = "$PN-$B";)! '),
    Setting("Profile_Rule_D", "#/nothing"),
    Setting("Profile_Rule_D", '( "$PRVST" eq "1" )? ( GPP_E = "$PRVST"; )! '),
)
TROUBLE = (
    Setting("Profile_Rule_D", f"tftp://{HOST}/nowhere.cfg"),
    Setting("Profile_Rule_D", "https://elsewhere.example.com/x"),
    Setting("Profile_Rule_D", "(never closed"),
    Setting("Profile_Rule_D", f"[--key wrong] https://{HOST}/device/$MA-1.cfg"),
)
EXTRA = Document("extra", ("/extra/{mac}.cfg",), Selection(("GPP_[A-D]",)), Envelope.PLAIN,
                 Level.OPEN)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A fleet, one of its devices, and how the house and the phone stand to each other."""

    fleet: Fleet
    device: Device
    settings: Serve
    admission: Admission
    certificate: bool
    dhcp: bool
    before: Fleet | None = None
    """The fleet of the release that pinned devices stay on."""


def random_case(dice) -> Case:
    """Everything at random."""
    fleet = random_fleet(dice)
    staying = [replace(each, pinned=dice.choice((None, None, FIRST))) for each in fleet.devices]
    fleet = replace(fleet, devices=tuple(staying))
    clients = dice.choice((*[Clients.ASK] * 9, *[Clients.REQUIRE] * 9, Clients.NONE))
    legacy = Legacy.every() if dice.random() < 0.8 else STRICT
    where = Address(host="127.0.0.1", port=1)
    settings = Serve(
        tftp=(where,) if dice.random() < 0.97 else (),
        http=(Listening(address=where),) if dice.random() < 0.97 else (),
        https=(Listening(address=where, clients=clients, legacy=legacy),)
        if dice.random() < 0.97
        else (),
    )
    bind = dice.random() < 0.3
    return Case(
        fleet,
        dice.choice(fleet.devices),
        settings,
        Admission(bind_devices=bind, plain_devices=bind and dice.random() < 0.3),
        dice.random() < 0.95,
        dice.random() < 0.97,
    )


def changed_case(case: Case) -> Case:
    """The same some time later: other words, a new setting for all, and new keys under way."""
    devices = tuple(each.rotated() for each in case.fleet.devices)
    variables = {**case.fleet.variables, "greeting": "good evening"}
    later = Layer(Scope.FLEET, "later", (Setting("Primary_NTP_Server", "later.example.com"),))
    fleet = Fleet.of(
        [*case.fleet.layers, later], case.fleet.documents, devices, variables,
        ready=case.fleet.ready,
    )  # fmt: skip
    device = next(each for each in devices if each.mac == case.device.mac)
    return replace(case, fleet=fleet, device=device, before=case.fleet)


def random_fleet(dice, server: str = "", models=MODELS) -> Fleet:
    """Layers, documents and one to four devices."""
    made = (random_device(dice, models) for _ in range(dice.randint(1, 4)))
    devices = {each.mac: each for each in made}
    variables = {
        "server": server or dice.choice(SERVERS), "one": "1", "two": "{{ one }}2",
        "greeting": "hello", "syslog": "192.0.2.7",
    }  # fmt: skip
    layers = [
        random_layer(dice, scope, name)
        for scope, name in _places(dice, tuple(devices.values()))
        if dice.random() < 0.7
    ]
    return Fleet.of(
        layers, random_documents(dice), devices.values(), variables, ready=dice.choice((2, 1, 0))
    )


def _places(dice, devices):
    yield Scope.FLEET, "all"
    yield Scope.MODEL, dice.choice(("MPP", "SPA"))
    yield Scope.MODEL, dice.choice(devices).model
    yield from ((Scope.SITE, each) for each in SITES[1:3])
    yield from ((Scope.GROUP, each) for each in GROUPS[1:])
    yield from ((Scope.DEVICE, str(each.mac)) for each in devices)


def random_layer(dice, scope: Scope, name: str) -> Layer:
    settings = {
        each: Setting(each, dice.choice(VALUES), dice.choice((None, None, Access.RW)))
        for each in dice.sample(NAMES, dice.randint(0, 4))
    }
    if scope is not Scope.DEVICE and scope is not Scope.MODEL:
        for other in dice.sample(OTHERS, dice.randint(0, 3)):
            settings[other.name] = other
        if dice.random() < 0.1:
            settings["Profile_Rule_D"] = dice.choice(TROUBLE)
    variables = {"greeting": f"{scope} {name}"} if dice.random() < 0.3 else {}
    return Layer(scope, name, tuple(settings[each] for each in sorted(settings)), variables)


def random_device(dice, models=MODELS) -> Device:
    key, model = dice.randint(1, 3), dice.choice(models)
    most = min(2, find_model(model).lines)
    lines = tuple(
        Line(number, f"{dice.randint(100, 999)}", dice.choice(("pw", "{{ secret('three') }}", "")),
             "{{ site }} {{ mac[8:] }}", dice.choice(("", "sip.example.com")))
        for number in range(1, dice.randint(0, most) + 1)
    )  # fmt: skip
    return Device(
        Mac(f"000e08{dice.randint(0, 0xFFFFFF):06x}"),
        model,
        dice.choice(("", "FCH2133E8B9")),
        dice.choice(SITES[:3]),
        dice.choice(GROUPS),
        frozenset(dice.sample(("lobby", "x"), dice.randint(0, 2))),
        lines,
        {"greeting": "own"} if dice.random() < 0.2 else {},
        locked=dice.random() < 0.05,
        key=key,
        next_key=key + 1 if dice.random() < 0.3 else None,
    )


def random_documents(dice) -> tuple[Document, ...]:
    """None, which is the three of the package; or some of many kinds."""
    if dice.random() < 0.4:
        return ()
    bootstrap = replace(BOOTSTRAP, envelope=dice.choice((Envelope.PLAIN, Envelope.GZIP)))
    common = replace(COMMON, patterns=dice.choice((("/common/{psn}.cfg",), ("/common/{pn}.xml",))),
                     envelope=dice.choice((Envelope.PLAIN, Envelope.GZIP)))  # fmt: skip
    found = [bootstrap, _device_document(dice)]
    if found[1].slot != common.slot and dice.random() < 0.6:
        found.append(common)
    if dice.random() < 0.5:
        found.append(EXTRA)
    return tuple(found)


def _device_document(dice) -> Document:
    kind = dice.randint(0, 4)
    if kind == 0:
        paths = ("/device/{mac}-{key}.cfg", "/Cisco/{pn}/{mac}-{key}.cfg")
        return replace(DEVICE, patterns=paths, slot=dice.choice("ABCD"))
    if kind == 1:
        return replace(DEVICE, envelope=Envelope.AES128GCM)
    if kind == 2:
        return replace(DEVICE, patterns=("/{MAC}.xml",), envelope=Envelope.GZIP)
    if kind == 3:
        return replace(DEVICE, patterns=("/open/{mac}.cfg",), envelope=Envelope.PLAIN,
                       selection=Selection(), level=Level.OPEN)  # fmt: skip
    return replace(DEVICE, selection=Selection(exclude=("GPP_[K-P]",), secrets=True), slot="A")


def secret(name: str) -> str:
    """The value of a secret."""
    if name not in SECRETS:
        raise NotFoundError(f"no secret {name}")
    return SECRETS[name]


def pin_of(fleet: Fleet, before: Fleet) -> Pin:
    """Who prepares the devices that stay on the first release, which was of another fleet."""
    then, now = (Preparation(each, key=KEY, secret=secret) for each in (before, fleet))
    return Pin(FIRST, then, now)


def as_before(device: Device, before: Fleet) -> Device:
    """A device as it was, with the keys of today."""
    old = before.device(device.mac)
    assert old is not None
    return replace(old, key=device.key, next_key=device.next_key, pinned=device.pinned)


def shelf(fleet: Fleet, before: Fleet | None = None) -> dict[str, Ready]:
    """What a release of a fleet would serve, by path: the first, or one after it."""
    preparation = Preparation(fleet, key=KEY, secret=secret)
    release = FIRST + (before is not None)
    locked = {str(each.mac): each.locked for each in fleet.devices}
    files = [*preparation.shared(release)]
    for device in fleet.devices:
        if device.pinned and before:
            files += pin_of(fleet, before).of(as_before(device, before), device)
        else:
            files += preparation.of(device, release)
    return {
        each.path: Ready(
            each.body, each.path, str(each.mac or ""), each.document, int(each.level), each.key,
            each.content_encoding, each.content_type, release, sha256(each.body).hexdigest(),
            5.0, locked=locked.get(str(each.mac or ""), False),
        )
        for each in files
    }  # fmt: skip

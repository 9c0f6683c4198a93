from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.parameter import Access
from ringback.mac import Mac
from ringback.provisioning.cascade import Cascade
from ringback.provisioning.device import Device
from ringback.provisioning.distillation import Whom, distil
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Scope, Setting

MODELS = ("CP-8851-3PCC", "CP-7841-3PCC", "SPA504G")
NAMES = ("GPP_A", "GPP_B", "GPP_C", "GPP_D", "Made_Up")


def mac(number):
    return Mac(f"000e08{number:06x}")


def has(**values):
    return {name: Setting(name, value) for name, value in values.items()}


def layers(devices, whom):
    found = distil(devices, whom)
    return {str(each): {one.name: one.value for one in each.settings} for each in found.layers}


def test_what_most_have_is_the_fleets_and_others_say_their_own():
    devices = {mac(number): has(GPP_A="x" if number else "y") for number in range(4)}
    whom = dict.fromkeys(devices, Whom(MODELS[0]))
    assert layers(devices, whom) == {
        "fleet/adopted": {"GPP_A": "x"}, "device/000e08000000": {"GPP_A": "y"},
    }  # fmt: skip


def test_what_one_lacks_is_not_the_fleets():
    devices = {mac(number): has(GPP_A="x") for number in range(3)} | {mac(3): {}}
    whom = {each: Whom(MODELS[0] if each != mac(3) else MODELS[1]) for each in devices}
    assert layers(devices, whom) == {"model/CP-8851-3PCC": {"GPP_A": "x"}}


def test_a_site_and_a_group_are_found():
    devices = {
        mac(number): has(GPP_A="b" if number % 2 else "p")
        | (has(GPP_B="1", GPP_C="2") if number % 5 == 0 else {})
        for number in range(20)
    }
    whom = {each: Whom(MODELS[0], "b" if int(each.digits, 16) % 2 else "p") for each in devices}
    found = distil(devices, whom)
    assert layers(devices, whom) == {
        "fleet/adopted": {"GPP_A": "b"},
        "site/p": {"GPP_A": "p"},
        "group/group-1": {"GPP_B": "1", "GPP_C": "2"},
    }
    assert set(found.groups) == {mac(0), mac(5), mac(10), mac(15)}


SETTING = st.tuples(
    st.sampled_from(["x", "y", "", None]), st.sampled_from([None, Access.RO, Access.RW])
)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(NAMES), SETTING),
            st.sampled_from(MODELS),
            st.sampled_from(["", "one", "two"]),
        ),
        max_size=12,
    )
)
def test_the_cascade_of_the_layers_gives_each_device_exactly_what_it_had(drawn):
    devices, whom = {}, {}
    for number, (said, model, site) in enumerate(drawn):
        devices[mac(number)] = {
            name: Setting(name, value, access, unchecked=name == "Made_Up")
            for name, (value, access) in said.items()
            if value is not None or access is not None
        }
        whom[mac(number)] = Whom(model, site)
    found = distil(devices, whom)
    placed = [
        Device(each, at.model, site=at.site, group=found.groups.get(each, ""))
        for each, at in whom.items()
    ]
    fleet = Fleet.of(found.layers, (), placed, ready=0)
    cascade = Cascade(fleet, key=bytes(32), secret=str)
    for device in placed:
        got = cascade.effective(device)
        wanted = devices[device.mac]
        assert {name: (each.value, each.access) for name, each in got.values.items()} == {
            name: (each.value, each.access) for name, each in wanted.items()
        }
    flat = sum(map(len, devices.values()))
    assert sum(len(each.settings) for each in found.layers) <= flat
    assert all(each.scope is not Scope.READY for each in found.layers)

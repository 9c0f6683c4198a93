from dataclasses import replace

from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.operations.apply import foresee, reached
from ringback.operations.revise import plan
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line

ONE = Device(Mac("000e08000001"), "CP-8851-3PCC", site="berlin", lines=(Line(1, "100"),))
TWO = Device(Mac("000e08000002"), "SPA504G", site="paris", lines=(Line(1, "200"),))
BERLIN = Layer(Scope.SITE, "berlin", (Setting("GPP_A", "x"),))
FLEET = Fleet.of([BERLIN], (), [ONE, TWO], {"server": "https://p.example.com"})


def secret(name):
    raise NotFoundError(f"no secret {name}")


def outlook(wanted, old=FLEET, **more):
    return foresee(old, wanted, plan(old, wanted), key=bytes(32), secret=secret, **more)


def with_layers(*layers, devices=FLEET.devices):
    return Fleet.of(layers, (), devices, FLEET.variables)


def setting(scope, name, *settings):
    return Layer(scope, name, tuple(Setting(*each) for each in settings))


def test_nothing_to_do_concerns_nobody():
    assert plan(FLEET, FLEET) == ()
    assert outlook(FLEET).changed == ()


def test_only_devices_whose_settings_change_are_counted():
    found = outlook(with_layers(setting(Scope.SITE, "berlin", ("GPP_A", "y"))))
    assert (found.changed, found.restarting) == (("000e08000001",), ())
    assert found.settings == {"GPP_A": 1}
    same = setting(Scope.FLEET, "all", ("GPP_A", "x"))
    assert outlook(with_layers(same)).changed == ("000e08000002",)


def test_a_pinned_device_is_not_among_them():
    old = replace(FLEET, devices=(replace(ONE, pinned=1), TWO))
    wanted = replace(old, layers=(setting(Scope.FLEET, "all", ("GPP_B", "y")),))
    assert outlook(wanted, old).changed == ("000e08000002",)


def test_those_that_restart_are_told():
    found = outlook(with_layers(BERLIN, setting(Scope.FLEET, "all", ("Dial_Plan_1_", "(x.)"))))
    assert found.changed == found.restarting == ("000e08000001", "000e08000002")


def test_a_setting_that_is_said_no_more_changes_no_phone():
    assert outlook(with_layers()).changed == ()


def test_a_new_device_is_not_among_the_changed_and_its_faults_are_told():
    new = Device(Mac("000e08000003"), "SPA504G", lines=(Line(5, "x"),))
    found = outlook(with_layers(BERLIN, devices=[ONE, TWO, new]))
    assert found.changed == ()
    assert [(each.what, each.devices) for each in found.fatal] == [
        ("SPA504G has 4 lines", ("000e08000003",))
    ]


def test_one_fault_of_many_devices_is_told_once_with_all_of_them():
    more = [replace(ONE, mac=Mac(f"000e080001{number:02x}")) for number in range(20)]
    found = outlook(with_layers(setting(Scope.FLEET, "all", ("Proxi_1_", "x")), devices=more))
    (fault,) = found.fatal
    assert len(fault.devices) == 20
    assert "did you mean Proxy_1_?" in fault.remedy


def test_a_secret_that_is_not_set_is_noted_and_forbids_nothing():
    line = Line(1, "100", "{{ secret('line-100') }}")
    found = outlook(with_layers(BERLIN, devices=[replace(ONE, lines=(line,)), TWO]))
    assert found.missing == ("line-100",)
    assert found.fatal == ()


def test_a_layer_reaches_its_own_devices_only():
    def macs(*layers):
        wanted = with_layers(*layers)
        return [str(each.mac)[-1] for each in reached(wanted, plan(FLEET, wanted))]

    assert macs(BERLIN, setting(Scope.SITE, "paris", ("GPP_B", "x"))) == ["2"]
    assert macs(BERLIN, setting(Scope.MODEL, "SPA", ("GPP_B", "x"))) == ["2"]
    assert macs(BERLIN, setting(Scope.MODEL, "CP-8851-3PCC", ("GPP_B", "x"))) == ["1"]
    assert macs(BERLIN, setting(Scope.DEVICE, "000e08000002", ("GPP_B", "x"))) == ["2"]
    assert macs(BERLIN, setting(Scope.GROUP, "nobody", ("GPP_B", "x"))) == []
    assert macs() == ["1"]
    assert macs(BERLIN, setting(Scope.FLEET, "all")) == ["1", "2"]


def test_progress_is_told():
    told = []
    outlook(with_layers(), progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1, 1)]

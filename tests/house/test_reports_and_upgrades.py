"""Reports and upgrades through the whole house, with curl, tftp-hpa and openssl as judges."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.conftest import Plug
from tests.house.secured import A, B, Papers, Secure, opened
from tests.house.started import MAC, Server, resync, ringback, serve

from ringback.cisco import report

pytestmark = pytest.mark.duty(10)

PHRASE = "correct horse battery"
IKM = "yqdlZ-tYemfogSmv7Ws5PQ"
STATUS = report.status([("MAC Address", MAC), ("Software Version", "7.6.2f")])
NEW = "sip7832.12-0-1MPP0001-100"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Where our server keeps what it is sent."""
    return tmp_path / "reports"


@pytest.fixture
def collector(root: Path, reports: Path, tmp_path: Path) -> Iterator[Server]:
    """Our server, which takes reports."""
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[default]\nkey = "{PHRASE}"\nikm = "{IKM}"\n')
    keys.chmod(0o600)
    doors = ("--tftp", "127.0.0.1:0", "--http", "127.0.0.1:0")
    taking = ("--reports", str(reports), "--report-keys", str(keys))
    with serve(root, tmp_path / "state", *doors, *taking) as process:
        said = (process.wait_for(f" {kind} ") for kind in ("TFTP", "HTTP"))
        tftp, http = (int(line.rpartition(":")[2]) for line in said)
        yield Server(process, root, tftp, http, syslog=0)


def kept(reports: Path, kind: str = "") -> list[Path]:
    return sorted(reports.glob(f"{MAC}/*-{kind}*"))


def send(*arguments: str):
    done = ringback("report", "send", "--mac", MAC, *arguments)
    assert done.returncode == 0, done.stderr
    return done


# A phone reports


@pytest.mark.parametrize("scheme", ["http", "tftp"])
@pytest.mark.parametrize("kind", ["full", "delta", "status"])
def test_every_kind_of_report_arrives_over_every_transport(collector, reports, scheme, kind):
    option = {"full": "", "delta": "[--delta]", "status": "[--status]"}[kind]
    send(f"{option}{collector.url('$MA.xml', scheme)}", "--set", "GPP_A=here")
    (file,) = kept(reports, "full" if kind == "full" else kind)
    found = report.read(file.read_bytes())
    assert found.kind == kind
    if kind == "full":
        assert found.values["GPP_A"] == "here"
    collector.wait_for(f"report {scheme} 127.0.0.1 mac={MAC} {kind}")


def test_a_report_by_https_arrives_from_the_phone_it_names_only(
    papers: Papers, root, program, reports
):
    with opened(papers, root, program, "--reports", str(reports), doors=("require",)) as secure:
        url = f"https://127.0.0.1:{secure.ports['require']}/$MA.xml"
        who = ("--mac", A, "--model", "8861", "--cert", str(papers.phone(A)))
        trust = ("--ca", str(papers.root))
        for option in ("", "[--delta]", "[--status]"):
            assert ringback("report", "send", option + url, *who, *trust).returncode == 0
        found = sorted(each.name.rpartition("-")[2] for each in reports.rglob("*.xml"))
        assert found == ["delta.xml", "full.xml", "status.xml"]
        other = ringback("report", "send", url.replace("$MA", B), *who, *trust)
        assert other.returncode == 1
        assert len(list(reports.rglob("*.xml"))) == 3
        assert _put(secure, f"/{B}.xml", papers.phone(A)).status == 404
        assert _put(secure, f"/{B}.xml", papers.phone(B)).status == 201
        assert sorted(each.name for each in reports.iterdir()) == [A, B]


def _put(secure: Secure, path: str, who: Path):
    return secure.get("require", path, who, "-X", "PUT", "--data-binary", STATUS.decode())


def test_a_sealed_report_is_opened_and_compared_with_intent(collector, reports, root):
    send(f'[--key "{PHRASE}"]{collector.url("$MA.xml", "http")}', "--set", "GPP_A=9")
    collector.wait_for("(aes-256-cbc (md5)) kept as")
    (file,) = kept(reports, "full")
    done = ringback("report", "diff", str(file), str(root / "basic.txt"))
    assert done.returncode == 1
    assert "GPP_A\n  phone   9\n  wanted  12345678" in done.stdout


def test_keying_material_seals_a_put(collector, reports):
    put = ("--set", f"IKM_HTTP_Encrypt_Content={IKM}", "--set", "HTTP_Report_Method=PUT")
    send(collector.url("$MA.xml", "http"), *put)
    collector.wait_for("(aes128gcm) kept as")
    assert kept(reports, "full")


def test_what_no_key_opens_is_kept_as_it_came_and_openssl_opens_it(collector, reports, program):
    send(f"[--key unheard-of]{collector.url('$MA.xml', 'http')}")
    (file,) = kept(reports, "sealed")
    command = [program("openssl"), "enc", "-d", "-aes-256-cbc", "-md", "md5", "-k", "unheard-of"]
    done = subprocess.run([*command, "-in", str(file)], capture_output=True, check=True)
    assert report.read(done.stdout).kind == "full"


# Strangers report


def test_curl_puts_and_posts_a_report(collector, reports, curl, tmp_path):
    (tmp_path / "status.xml").write_bytes(STATUS)
    for how in (("-T", "status.xml"), ("--data-binary", "@status.xml")):
        curl(*how, collector.url(f"{MAC}.xml", "http"), cwd=tmp_path)
    curl("-T", "status.xml", collector.url(f"{MAC}.xml", "tftp"), cwd=tmp_path)
    assert [file.read_bytes() for file in kept(reports, "status")] == [STATUS] * 3


def test_tftp_hpa_puts_a_report(collector, reports, program, tmp_path):
    (tmp_path / f"{MAC}.xml").write_bytes(STATUS)
    put = [program("tftp"), "-m", "binary", "127.0.0.1", str(collector.tftp), "-c", "put"]
    subprocess.run([*put, f"{MAC}.xml"], cwd=tmp_path, check=True, timeout=30, capture_output=True)
    (file,) = kept(reports, "status")
    assert file.read_bytes() == STATUS


def test_a_server_that_is_killed_has_every_report_that_it_acknowledged(
    collector, reports, program, tmp_path
):
    (tmp_path / "body").write_bytes(STATUS)
    at = [f"http://127.0.0.1:{collector.http}/{number:012x}.xml" for number in range(300)]
    command = [program("curl"), "-sS", "-w", "%{http_code} %{url}\\n", "--parallel"]
    for url in at:
        command += ["-T", "body", "-o", "/dev/null", url]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as client:
        collector.wait_for(f"mac={30:012x} status")
        collector.process.cut_power()
        told = client.communicate(timeout=30)[0].splitlines()
    taken = {line[-16:-4] for line in told if line.startswith("201 ")}
    files = [*reports.rglob("*-status.xml")]
    assert taken
    assert taken <= {file.parent.name for file in files}
    assert all(file.read_bytes() == STATUS for file in files)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("x.xml", STATUS, 404),
        (f"{MAC}/../../{B}.xml", STATUS, 404),
        (f"%2e%2e%2f{MAC}", b"no report", 400),
        (f"{MAC}.xml", b"\x1f\x8b\x08 broken", 400),
        (f"{MAC}.xml", b"x" * 2_000_000, 413),
    ],
)
def test_what_may_not_be_left_here_is_not(  # noqa: PLR0917 (fixtures)
    collector, reports, program, tmp_path, path, body, status
):
    (tmp_path / "body").write_bytes(body)
    url = collector.url(path, "http")
    command = [program("curl"), "-sS", "--path-as-is", "-o", str(tmp_path / "said"), "-w"]
    command += ["%{http_code}", "-X", "PUT", "--data-binary", f"@{tmp_path / 'body'}", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == str(status)
    assert list(reports.rglob("*.*ml")) == []


def test_nothing_is_taken_by_a_server_that_was_not_told_to(server: Server, program, tmp_path):
    (tmp_path / f"{MAC}.xml").write_bytes(STATUS)
    for url in (server.url(f"{MAC}.xml", "http"), server.url(f"{MAC}.xml")):
        command = [program("curl"), "-sS", "--fail", "-T", f"{MAC}.xml", url]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30, check=False)
        assert done.returncode != 0
    assert sorted(each.name for each in server.root.iterdir()) == ["basic.txt"]


def test_a_served_folder_cannot_hold_the_reports(root, tmp_path):
    done = ringback(
        "serve", "--root", str(root), "--state", str(tmp_path / "s"), "--http", "127.0.0.1:0",
        "--reports", str(root / "reports"),
    )  # fmt: skip
    assert done.returncode == 2
    assert "lies in the served folder" in done.stderr


# A phone upgrades


def firmware(folder: Path, *arguments: str) -> None:
    done = ringback("firmware", "make", str(folder), *arguments)
    assert done.returncode == 0, done.stderr


def test_a_phone_upgrades_from_one_load_to_the_next_and_says_so(
    server: Server, plug: Plug, tmp_path: Path
):
    firmware(server.root, "--model", "7832", "--version", NEW)
    state = str(tmp_path / "flash")
    rule = server.url(f"{NEW}.loads", "http")
    phone = plug(
        "--state", state, "--syslog", f"127.0.0.1:{server.syslog}",
        Upgrade_Rule=rule, Profile_Rule=server.url("basic.txt", "http"),
    )  # fmt: skip
    server.wait_for("Requesting upgrade http://127.0.0.1")
    server.wait_for(f"-- {NEW}")
    server.wait_for(f'"GET /{NEW}.bin" 200')
    seen = len(server.process.lines)
    server.process.wait_for("firmware=12.0.1", within=20)
    assert NEW in phone.open("/admin/advanced").text
    assert "Upgrade" in phone.open("/admin/advanced").text
    phone.process.stop()
    report_ = resync("--state", state, server.url("basic.txt", "http"))
    assert report_["applied"]
    server.process.wait_for("firmware=12.0.1", after=seen)
    asked = [line for line in server.process.lines if f'"GET /{NEW}.loads"' in line]
    assert len(asked) == 1


def test_an_upgrade_that_fails_is_tried_again_until_the_server_has_it(server: Server, plug: Plug):
    phone = plug(
        "--model", "504G", Upgrade_Rule=server.url("fw/spa504g-7.6.3.bin", "tftp"),
        Upgrade_Error_Retry_Delay="1", Resync_On_Reset="No", Resync_After_Upgrade_Attempt="No",
    )  # fmt: skip
    phone.said("Upgrade failed: file not found")
    (server.root / "fw").mkdir()
    firmware(server.root / "fw", "--model", "504G", "--version", "7.6.3")
    phone.said("Successful upgrade")


def test_the_page_asks_for_an_upgrade(server: Server, plug: Plug):
    firmware(server.root, "--model", "504G", "--version", "7.6.3")
    phone = plug("--model", "504G", Resync_On_Reset="No", Resync_After_Upgrade_Attempt="No")
    phone.open(f"/admin/upgrade?{server.url('spa504g-7.6.3.bin', 'http')}")
    phone.said("Successful upgrade")


def test_a_power_cut_in_the_middle_of_a_download_leaves_the_old_load(
    server: Server, plug: Plug, tmp_path: Path
):
    firmware(server.root, "--model", "504G", "--version", "7.6.3", "--size", "60000000")
    state = str(tmp_path / "flash")
    quiet = {"Resync_On_Reset": "No", "Resync_After_Upgrade_Attempt": "No"}
    rule = server.url("spa504g-7.6.3.bin", "tftp")
    phone = plug("--model", "504G", "--state", state, Upgrade_Rule=rule, **quiet)
    phone.said("Requesting upgrade")
    phone.process.cut_power()
    again = plug("--model", "504G", "--state", state, Upgrade_Rule="", **quiet)
    assert "7.6.2f" in again.open("/admin/advanced").text
    assert "7.6.3" not in again.open("/admin/advanced").text

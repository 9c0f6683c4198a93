"""``ringback serve`` as a process, judged by curl and by what it prints."""

import os
import signal
import socket
import subprocess

import pytest
from tests.house.started import ringback, serve

from ringback import clock


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "basic.txt").write_text("<flat-profile><GPP_A>12345678</GPP_A></flat-profile>\n")
    return folder


@pytest.fixture
def ports(free_port):
    return {"tftp": free_port("udp"), "http": free_port(), "syslog": free_port("udp")}


@pytest.fixture
def server(root, tmp_path, ports):
    given = [text for kind, port in ports.items() for text in (f"--{kind}", f"127.0.0.1:{port}")]
    with serve(root, tmp_path / "state", *given) as process:
        yield process


def curl(program, *arguments):
    return subprocess.run(
        [program("curl"), "-sS", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_curl_gets_the_same_file_over_tftp_and_http(server, ports, root, program):
    over_tftp = curl(program, f"tftp://127.0.0.1:{ports['tftp']}/basic.txt").stdout
    over_http = curl(program, f"http://127.0.0.1:{ports['http']}/basic.txt").stdout

    assert over_tftp == over_http == (root / "basic.txt").read_text()
    server.wait_for('"RRQ basic.txt" ok 53')
    server.wait_for('"GET /basic.txt" 200 53')


def test_the_log_shows_who_the_phone_says_it_is(server, ports, program):
    agent = "Cisco/SPA501G-7.4.4 (8843E157DDCC)(CBT141100HR)"

    curl(program, "-A", agent, f"http://127.0.0.1:{ports['http']}/basic.txt")

    server.wait_for(
        "manufacturer=Cisco product=SPA501G firmware=7.4.4 mac=8843e157ddcc serial=CBT141100HR"
    )


def test_a_missing_file_is_logged_with_the_nearest_name_there_is(server, ports, program):
    curl(program, f"tftp://127.0.0.1:{ports['tftp']}/Basic.txt")
    curl(program, f"http://127.0.0.1:{ports['http']}/basik.txt")

    assert "basic.txt" in server.wait_for('"RRQ Basic.txt" failed')
    assert "basic.txt" in server.wait_for('"GET /basik.txt" 404')


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", [".secret", "phone.j2", "server.pem", "SERVER.KEY", "../outside"])
def test_private_files_are_refused_like_missing_ones_on_every_transport(ports, root, program, name):
    (root / name).write_text("secret")
    missing = curl(program, "-i", f"http://127.0.0.1:{ports['http']}/absent").stdout

    over_http = curl(
        program, "-i", "--path-as-is", f"http://127.0.0.1:{ports['http']}/{name}"
    ).stdout
    over_tftp = curl(program, "--path-as-is", f"tftp://127.0.0.1:{ports['tftp']}/{name}")

    assert without_date(over_http) == without_date(missing)
    assert over_tftp.returncode == 68, "TFTP error 1"


def without_date(text):
    return [each for each in text.splitlines() if not each.startswith("Date:")]


def test_what_a_phone_says_on_syslog_is_shown_and_marked(server, ports, program):
    said = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Resync failed: file not found"
    logger = [program("logger"), "-n", "127.0.0.1", "-P", str(ports["syslog"]), "-d", "--", said]

    subprocess.run(logger, check=True)

    assert "!!" in server.wait_for("Resync failed: file not found")


def test_start_up_says_what_to_type_into_a_phone_and_a_dhcp_server(server, ports):
    text = "\n".join(server.lines)

    assert f"tftp://127.0.0.1:{ports['tftp']}/$PN.cfg" in text
    assert all(f"option {number}" in text for number in (66, 160, 150))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_three_seconds_of_being_told(root, tmp_path, free_port, number):
    port = free_port()
    process = serve(root, tmp_path / "state", "--http", f"127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.send(b"GET / HTTP/1.1\r\n")
        told = clock.monotonic()
        os.kill(process._popen.pid, number)

        assert process.wait() == 0
        assert clock.monotonic() - told < 3


def test_a_state_folder_inside_the_root_is_refused(root):
    done = ringback(
        "serve", "--root", str(root), "--state", str(root / "state"), "--tftp", "127.0.0.1:0"
    )

    assert done.returncode == 2
    assert "inside one another" in done.stderr
    assert not (root / "state").exists()


def test_a_port_that_is_taken_is_one_clear_line(root, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ringback(
            "serve",
            "--root",
            str(root),
            "--state",
            str(tmp_path / "s"),
            "--http",
            f"127.0.0.1:{port}",
        )

    assert done.returncode == 2
    assert str(port) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_settings_file_serves_as_well_as_options(root, tmp_path, free_port, program):
    port = free_port()
    (tmp_path / "ringback.toml").write_text(
        f'[serve]\nroot = "{root}"\nstate = "{tmp_path / "s"}"\nhttp = ["127.0.0.1:{port}"]\n'
    )
    from ringback.cli.processes import Process

    with Process(["serve", "--config", str(tmp_path / "ringback.toml")]) as process:
        process.wait_for("Ready")
        got = curl(program, f"http://127.0.0.1:{port}/basic.txt")

    assert "12345678" in got.stdout


def test_the_request_log_can_go_to_a_file(root, tmp_path, free_port, program):
    port, log = free_port(), tmp_path / "requests.log"
    with serve(root, tmp_path / "s", "--http", f"127.0.0.1:{port}", "--log", str(log)):
        curl(program, f"http://127.0.0.1:{port}/basic.txt")

    assert '"GET /basic.txt" 200' in log.read_text()

"""Updates over HTTPS: with nginx in front of the stand-in, and with the stand-in itself; and what is refused."""

import os
import random
import socket
import threading

import pytest

import dialects
from device import Scene
from test_bad_input import assert_says
from test_nginx import Nginx

pytestmark = pytest.mark.only("south")   # TLS is below all dialects

IMAGE = random.Random(8).randbytes(400_000)
NO_ANSWER = 4


@pytest.fixture
def nginx(scene, tmp_path, certs):
    """nginx("good", server="..."): in front of the scene's platform with this certificate, its device pointed at it."""
    started = []

    def start(cert="good", **directives):
        server = Nginx(tmp_path / f"nginx-{len(started)}", scene.platform, IMAGE, cert=certs / cert, **directives)
        started.append(server)
        scene.device.options.update(server=server.url, ca=certs / "ca.pem")
        return server
    yield start
    for server in started:
        server.stop()


def assert_updated(scene, task, run):
    assert run.status == 0, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"
    assert scene.taken()[-2:] == [101, 201]


# -- good servers ------------------------------------------------------------------------------

@pytest.mark.parametrize("cert, ca", [("good", "ca.pem"), ("good", "ca.der"), ("below", "ca.pem"), ("rsa", "rsaca.pem")])
def test_https_whole_update(scene, nginx, certs, cert, ca):
    server = nginx(cert)
    task = scene.offer(IMAGE)
    run = scene.device.once(ca=certs / ca)
    assert_updated(scene, task, run)
    assert run.errors == []
    assert len({link for link, _, _, _ in server.downloads()}) == 1   # one connection for all ranges


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.2 TLSv1.3"])
def test_https_versions_of_tls(scene, nginx, protocol):
    nginx(server=f"ssl_protocols {protocol};")
    assert_updated(scene, scene.offer(IMAGE), scene.device.once())


def test_https_two_cas_are_trusted(scene, nginx, certs):
    nginx("untrusted")
    task = scene.offer(IMAGE)
    assert_updated(scene, task, scene.device.once("--ca", str(certs / "other.pem")))


def test_https_stand_in_itself(start_platform, tmp_path, certs):
    folder = tmp_path / "scene"
    folder.mkdir()
    platform = start_platform("--cert", str(certs / "good.pem"), "--key", str(certs / "good.key"))
    assert platform.url.startswith("https://127.0.0.1:")
    scene = Scene(platform, folder, dialects.SOUTH, ca=certs / "ca.pem")
    scene.device.options["server"] = f"https://localhost:{platform.port}"
    try:
        assert_updated(scene, scene.offer(IMAGE), scene.device.once())
    finally:
        scene.device.end()


def test_https_server_that_closes_after_each_answer_resumes_the_session(scene, nginx):
    """keepalive_timeout 0 closes in order; the log tells what each handshake was."""
    server = nginx(server="keepalive_timeout 0; ssl_protocols TLSv1.2; ssl_session_cache shared:s:1m;")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert run.errors == []
    assert len({link for link, _, _, _ in server.downloads()}) > 3
    reused = [line.split()[5] for line in (server.folder / "access.log").read_text().splitlines()]
    assert reused[0] == "." and reused.count(".") == 2, reused   # the device starts, and starts again
    assert reused.count("r") > 10


def test_https_server_that_closes_now_and_then(scene, nginx):
    nginx(server="keepalive_requests 2;")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert run.errors == []


def test_https_kill_in_the_middle_of_the_download(scene, nginx):
    server = nginx(location="limit_rate 500k;")
    task = scene.offer(IMAGE)
    for percent in (20, 50, 80):
        process = scene.device.start("--once")
        process.until("progress", percent=percent)
        process.kill()
        assert scene.device.image() == scene.device.old_image
    assert_updated(scene, task, scene.device.once())
    assert sum(sent for _, _, sent, _ in server.downloads()) <= len(IMAGE) + 3 * 300_000


def test_https_server_that_is_restarted_meanwhile(scene, nginx):
    server = nginx(location="limit_rate 500k;")
    task = scene.offer(IMAGE, retry=5)
    process = scene.device.start("--once", backoff="0.1:0.3")
    process.until("progress", percent=30)
    server.stop()
    server.start()
    assert_updated(scene, task, process.wait())


# -- bad ones ----------------------------------------------------------------------------------

@pytest.mark.parametrize("cert, reason", [
    ("name", "certificate: wrong name (-0x2700)"), ("untrusted", "certificate: untrusted CA (-0x2700)"),
    ("expired", "certificate: expired (-0x2700)"), ("future", "certificate: not yet valid (-0x2700)"),
    ("many", "certificate: wrong name, expired (-0x2700)"), ("usage", "certificate: not for a server")])
def test_https_bad_certificate_is_refused_with_its_reason(scene, nginx, cert, reason):
    nginx(cert)
    scene.offer(IMAGE)
    run = scene.device.once()
    assert_says(run, NO_ANSWER, reason, "--ca")
    assert run.errors and {error for error, _ in run.errors} == {"network"}
    assert scene.calls() == [] and scene.device.image() == scene.device.old_image


def test_https_expired_ca_is_refused(scene, nginx, certs):
    nginx("oldca")
    assert_says(scene.device.once(ca=certs / "old.pem"), NO_ANSWER, "certificate: expired")


def test_https_system_cas_do_not_trust_the_test_server(scene, nginx):
    if not os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        pytest.skip("this system has no file of CAs")
    nginx()
    assert_says(scene.device.once(ca=None), NO_ANSWER, "certificate: untrusted CA")


def test_https_server_that_speaks_http(scene, certs):
    url = scene.device.options["server"].replace("http://127.0.0.1", "https://localhost")
    run = scene.device.once(server=url, ca=certs / "ca.pem")
    assert_says(run, NO_ANSWER, "record: not TLS")


def test_http_server_that_speaks_https(scene, nginx):
    server = nginx()
    run = scene.device.once(server=server.url.replace("https://", "http://"), ca=None)
    assert_says(run, NO_ANSWER, "OneNET")


def test_https_server_with_an_old_version_of_tls(scene, nginx):
    nginx(server="ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;")
    assert_says(scene.device.once(), NO_ANSWER, "(-0x")
    assert scene.calls() == []


def test_https_server_with_the_newest_version_alone(scene, nginx):
    nginx(server="ssl_protocols TLSv1.3;")
    assert_says(scene.device.once(), NO_ANSWER, "server: refuses with an alert")


def test_https_refused_connection_keeps_its_reason(scene, certs):
    run = scene.device.once(server="https://localhost:1", ca=certs / "ca.pem")
    assert_says(run, NO_ANSWER, "Connection refused")


class Middle:
    """Between device and server. spoil(bytes since the last request, data) says what becomes of data of the
    server; with none left, the connection ends."""

    def __init__(self, port, spoil):
        self.target, self.spoil, self.answered = port, spoil, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            other = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.carry, args=(link, other, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(other, link, True), daemon=True).start()

    def carry(self, source, sink, down):
        try:
            while data := source.recv(4096):
                data = self.spoil(self.answered, bytearray(data)) if down else data
                self.answered = self.answered + len(data) if down else 0
                sink.sendall(data)
                if not data:
                    break
        except OSError:
            pass
        for link in (source, sink):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.server.close()


@pytest.mark.parametrize("what, reason", [("spoil", "record: corrupted"), ("cut", "without close_notify")])
def test_https_spoilt_or_cut_on_its_way(scene, nginx, what, reason):
    """Once, in the middle of the download: it is told, and the update goes on."""
    server = nginx()
    done = []

    def once(answered, data):
        if answered > 20_000 and not done:   # the first records of a range have arrived
            done.append(answered)
            if what == "cut":
                return b""
            data[len(data) // 2] ^= 1
        return data

    middle = Middle(server.port, once)
    try:
        task = scene.offer(IMAGE)
        run = scene.device.once(server=f"https://localhost:{middle.port}")
        assert_updated(scene, task, run)
        told = [event["text"] for event in run.of("error")]
        assert done and any(reason in text for text in told), told
    finally:
        middle.stop()

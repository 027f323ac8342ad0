"""The download served by nginx, a web server of the real world: its ranges, its keep-alive, its limits.
The other calls pass through it to the stand-in."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time

import pytest

IMAGE = random.Random(6).randbytes(400_000)
UPDATED, ENDED = 0, 3

CONFIG = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    log_format calls '$connection $connection_requests $status $body_bytes_sent $http_range $ssl_session_reused';
    access_log {folder}/access.log calls;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        {server}
        location ~ ^{prefix}/(ota/south/download/[A-Za-z0-9_]+|fuse-ota/[^/]+/[^/]+/[0-9]+/download)$ {{
            {location}
            alias {folder}/package.bin;
        }}
        location {prefix}/ {{
            proxy_pass {platform}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Nginx:
    """nginx in front of a platform, with a package of its own for every task."""

    def __init__(self, folder, platform, package, server="", location="", prefix="", cert=None):
        self.folder = folder
        self.program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        assert self.program, "nginx is not installed: apt-get install nginx"
        folder.mkdir()
        (folder / "package.bin").write_bytes(package)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        if cert:   # a path without its ending; the certificates are for names, and these are verified
            self.url = f"https://localhost:{self.port}{prefix}"
            server += f" ssl_certificate {cert}.chain.pem; ssl_certificate_key {cert}.key;"
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(CONFIG.format(
            folder=folder, user=user, port=self.port, server=server, location=location, prefix=prefix,
            tls=" ssl" if cert else "", platform=platform.url))
        self.start()

    def start(self):
        log = str(self.folder / "error.log")
        self.process = subprocess.Popen([self.program, "-p", str(self.folder), "-e", log,
                                         "-c", str(self.folder / "nginx.conf")])
        end = time.monotonic() + 10
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError("nginx did not start: " + (self.folder / "error.log").read_text())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def downloads(self):
        """(connection, status, bytes of the body, range) of each. Ends nginx: it logs late."""
        self.stop()
        lines = (self.folder / "access.log").read_text().splitlines()
        calls = [line.split() for line in lines]
        return [(int(link), int(status), int(sent), wanted) for link, _, status, sent, wanted, _ in calls
                if wanted != "-" or int(sent) > 10_000]


@pytest.fixture
def nginx(scene, tmp_path):
    """nginx(server="...", location="..."): in front of the scene's platform, its device pointed at it."""
    started = []

    def start(package=IMAGE, **directives):
        server = Nginx(tmp_path / f"nginx-{len(started)}", scene.platform, package, **directives)
        started.append(server)
        scene.device.options["server"] = server.url
        return server
    yield start
    for server in started:
        server.stop()


def assert_updated(scene, task, run):
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"
    assert scene.taken()[-2:] == [101, 201]


def test_nginx_whole_update(scene, nginx):
    server = nginx()
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert run.errors == [] and scene.calls("download") == []
    downloads = server.downloads()
    assert {status for _, status, _, _ in downloads} == {206}
    assert sum(sent for _, _, sent, _ in downloads) == len(IMAGE)
    assert len({link for link, _, _, _ in downloads}) == 1


@pytest.mark.parametrize("server", [
    "keepalive_requests 2;", "keepalive_requests 1;", "keepalive_timeout 0;",
    "tcp_nodelay off; tcp_nopush on; sendfile on;", "output_buffers 1 1k; sendfile off;"])
def test_nginx_settings(scene, nginx, server):
    server = nginx(server=server)
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert run.errors == []
    assert sum(sent for _, _, sent, _ in server.downloads()) == len(IMAGE)


def test_nginx_resume_after_a_power_cut(scene, nginx):
    server = nginx(location="limit_rate 500k;")
    task = scene.offer(IMAGE)
    process = scene.device.start("--once")
    process.until("progress", percent=60)
    process.kill()
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert [call["errno"] for call in scene.calls("token")] == [0, 0]
    downloads = server.downloads()
    starts = [int(wanted.removeprefix("bytes=").split("-")[0]) for _, _, _, wanted in downloads]
    assert starts.count(0) == 1   # it did not begin again
    assert sum(sent for _, _, sent, _ in downloads) <= len(IMAGE) + 300_000


def test_nginx_limits_the_rate(scene, nginx):
    nginx(location="limit_rate 800k; limit_rate_after 10k;")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert run.errors == []


def test_nginx_without_ranges_sends_the_whole_file(scene, nginx):
    server = nginx(location="max_ranges 0;")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    statuses = [status for _, status, _, _ in server.downloads()]
    assert set(statuses) == {200} and len(statuses) == 3   # bytes=, bare, none


@pytest.mark.parametrize("package", [IMAGE[:-1], IMAGE + b"x", b"short"], ids=["less", "more", "short"])
def test_nginx_with_a_file_of_another_size_writes_nothing(scene, dialect, nginx, package):
    nginx(package=package)
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert run.status == ENDED, run
    assert scene.steps() == [*dialect.begin, 104] and scene.task(task)["state"] == "failed"
    assert scene.device.image() == scene.device.old_image


def test_nginx_with_another_file_of_the_same_size_is_205(scene, nginx):
    nginx(package=IMAGE[:-1] + bytes([IMAGE[-1] ^ 1]))
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert run.status == ENDED, run
    assert scene.steps()[-1] == 205 and scene.task(task)["reason"] == "upgrade: MD5 failed"
    assert scene.device.image() == scene.device.old_image


def test_nginx_that_is_restarted_meanwhile(scene, nginx):
    server = nginx(location="limit_rate 500k;")
    task = scene.offer(IMAGE, retry=5)
    process = scene.device.start("--once", backoff="0.1:0.3")
    process.until("progress", percent=30)
    server.stop()
    server.start()
    assert_updated(scene, task, process.wait())


def test_nginx_that_is_busy_says_503(scene, dialect, nginx):
    server = nginx(location="return 503;")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert run.status == ENDED and ("server", 503) in run.errors, run
    assert scene.task(task)["state"] == "failed" and scene.steps() == [*dialect.begin, 104]
    assert {status for _, status, _, _ in server.downloads()} == {503}
    assert len(scene.calls("check")) == 1


def test_nginx_with_a_prefix_in_the_path(scene, dialect, nginx):
    nginx(prefix="/onenet/v2")
    task = scene.offer(IMAGE)
    run = scene.device.once()
    assert_updated(scene, task, run)
    assert {call["path"].split("/")[1] for call in scene.calls()} == {dialect.root}
    assert {call["host"] for call in scene.calls()} == {scene.device.options["server"].split("/")[2]}


def test_nginx_that_compresses_is_not_asked_to(scene, nginx):
    nginx(server="gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;")
    task = scene.offer(IMAGE)
    assert_updated(scene, task, scene.device.once())

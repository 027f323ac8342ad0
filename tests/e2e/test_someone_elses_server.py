"""A server that shares nothing with the stand-in, written from the platform's documents alone: header
names in other letters and another order, Content-Length in place of chunks, a connection for each call."""

import base64
import hashlib
import hmac
import http.server
import json
import random
import re
import threading
import urllib.parse

import pytest

from device import Device

IMAGE = random.Random(7).randbytes(150_001)
TOKEN = "ota_e8J7tlNueb7RICV8p5Ij"
KEY = "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk="
IDENT = "527776559"
LONGEST_RANGE = 10_000   # a longer one is cut short


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path.split("?")[0], dict(self.headers)))
        path, query = self.taken_apart()
        if path == f"/ota/south/download/{TOKEN}":
            return self.download()
        if self.refused(query):
            return self.json({"errno": 1, "error": "auth failed"})
        if path == f"/ota/south/download/{TOKEN}/check":
            self.server.state = "downloading"
            return self.json({"errno": 0, "error": "succ"})
        if path == "/ota/south/check":
            return self.check(query)
        self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.command, self.path.split("?")[0], dict(self.headers)))
        path, query = self.taken_apart()
        if self.refused(query):
            return self.json({"errno": 1, "error": "auth failed"})
        if path == "/ota/device/version":
            self.server.versions.append(body)
            if body.get("s_version") == "V2" and self.server.state != "none":
                self.server.state = "done"
            return self.json({"errno": 0, "error": "succ"})
        if path == f"/ota/south/device/download/{TOKEN}/progress":
            return self.progress(body["step"])
        self.send_error(404)

    # -- the calls -----------------------------------------------------------------------------

    def check(self, query):
        if self.server.state == "done":
            return self.json({"errno": 11, "error": "no task"})
        wanted = {"dev_id": IDENT, "manuf": "100", "model": "10001", "type": "2", "version": "V1", "cdn": "false"}
        if query != wanted:
            return self.json({"errno": 2, "error": "param error"})
        self.json({"error": "succ", "errno": 0, "data": {
            "type": 1, "md5": hashlib.md5(IMAGE).hexdigest(), "size": len(IMAGE), "token": TOKEN,
            "target": "V2", "interval": 0, "retry": 0, "power": 50, "signal": 10, "extra": None}})

    def download(self):
        if "Authorization" in self.headers:
            return self.send_error(400)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(number) for number in wanted.groups())
        last = min(last, first + LONGEST_RANGE - 1, len(IMAGE) - 1)
        body = IMAGE[first:last + 1]
        self.answer(206, body, {"content-range": f"bytes {first}-{last}/{len(IMAGE)}"})

    def progress(self, step):
        states = {"downloading": range(0, 208), "upgrading": range(201, 209)}
        if step not in states.get(self.server.state, ()):
            return self.json({"errno": 17, "error": "invalid state"})
        self.server.steps.append(step)
        if step == 101:
            self.server.state = "upgrading"
        if step == 201:
            self.server.state = "done"
        self.json({"errno": 0, "error": "succ"})

    # -- HTTP ----------------------------------------------------------------------------------

    def taken_apart(self):
        parts = urllib.parse.urlsplit(self.path)
        return parts.path, dict(urllib.parse.parse_qsl(parts.query))

    def refused(self, query):
        """The Authorization value, checked by the documents' own recipe."""
        pairs = dict(pair.split("=", 1) for pair in self.headers["Authorization"].split("&"))
        values = {name: urllib.parse.unquote(text) for name, text in pairs.items()}
        text = "\n".join(values[name] for name in ("et", "method", "res", "version")).encode()
        mac = hmac.new(base64.b64decode(KEY), text, values["method"]).digest()
        return (values["sign"] != base64.b64encode(mac).decode() or query["dev_id"] != IDENT or
                values["res"] != "products/100001")

    def json(self, value):
        self.answer(200, json.dumps(value, indent=1).encode(), {"content-type": "text/plain"})

    def answer(self, status, body, headers):
        self.send_response_only(status, "Whatever")
        if self.server.keeps:
            self.send_header("CONTENT-LENGTH", str(len(body)))
        else:
            self.send_header("connection", "Close")
            self.close_connection = True
        if self.server.counts and not self.server.keeps:
            self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    """serve(keeps=..., counts=...): keep the connections; say the length of a body."""
    running = []

    def start(keeps, counts):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.keeps, server.counts = keeps, counts
        server.state, server.seen, server.versions, server.steps = "waiting", [], [], []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return server
    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("keeps, counts", [(True, True), (False, True), (False, False)],
                         ids=["keep-alive", "close", "close, without lengths"])
def test_someone_elses_server(serve, tmp_path, keeps, counts):
    server = serve(keeps, counts)
    port = server.server_address[1]
    device = Device(tmp_path, f"http://127.0.0.1:{port}", device=IDENT, version="V1")
    run = device.once()

    assert run.status == 0, run
    assert run.errors == []
    assert device.image() == IMAGE and device.status()["version"] == "V2"
    assert server.steps == [10, 20, 30, 40, 50, 60, 70, 80, 90, 101, 201] and server.state == "done"
    assert server.versions == [{"s_version": "V1"}, {"s_version": "V2"}]
    for _, path, headers in server.seen:
        assert headers["Host"] == f"127.0.0.1:{port}"
        assert "Accept-Encoding" not in headers
        if path != f"/ota/south/download/{TOKEN}":
            assert headers["Content-Type"] == "application/json"
    again = device.once()
    assert again.status == 0 and again.of("task") == [], again

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
from dialects import FUSE

IMAGE = random.Random(7).randbytes(150_001)
TOKEN = "ota_e8J7tlNueb7RICV8p5Ij"
NUMBER = 18446744073709551615   # the largest of 64 bits
KEY = "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk="
IDENT = "527776559"             # of the device; its name is pump-7
LONGEST_RANGE = 10_000   # a longer one is cut short


# The paths of the calls, and what is asked with them.
SOUTH_PATHS = {
    "version": "/ota/device/version", "check": "/ota/south/check", "token": f"/ota/south/download/{TOKEN}/check",
    "download": f"/ota/south/download/{TOKEN}", "report": f"/ota/south/device/download/{TOKEN}/progress"}
FUSE_PATHS = {
    "version": "/fuse-ota/100001/pump-7/version", "check": "/fuse-ota/100001/pump-7/check",
    "token": f"/fuse-ota/100001/pump-7/{NUMBER}/check", "download": f"/fuse-ota/100001/pump-7/{NUMBER}/download",
    "report": f"/fuse-ota/100001/pump-7/{NUMBER}/status"}
SOUTH_QUERY = {"dev_id": IDENT, "manuf": "100", "model": "10001", "type": "2", "version": "V1", "cdn": "false"}
FUSE_QUERY = {"type": "2", "version": "V1"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        self.serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def serve(self, body):
        path, query = self.taken_apart()
        call = {known: name for name, known in self.server.paths.items()}.get(path)
        self.server.seen.append((call, dict(self.headers)))
        if call is None or (self.command == "POST") != (call in ("version", "report")):
            return self.send_error(404)
        if call == "download" and not self.server.numbers:
            return self.download()
        if self.refused(query):
            return self.say(10403 if self.server.numbers else 1)
        if call == "version":
            return self.version(body)
        if call == "check":
            return self.check(query)
        if call == "token":
            return self.token()
        return self.download() if call == "download" else self.progress(body["step"])

    # -- the calls -----------------------------------------------------------------------------

    def say(self, code, **data):
        """An answer in the words of the dialect, its members in an order of its own."""
        code_name, text_name = ("code", "msg") if self.server.numbers else ("errno", "error")
        self.json({text_name: "x", "extra": None, **({"data": data} if data else {}), code_name: code})

    def version(self, body):
        self.server.versions.append(body)
        if body.get("s_version") == "V2" and self.server.state != "waiting":
            self.server.state = "done"
        self.say(0)

    def check(self, query):
        if self.server.state == "done":
            return self.say(12012 if self.server.numbers else 11)
        if query != (FUSE_QUERY if self.server.numbers else SOUTH_QUERY):
            return self.say(10001 if self.server.numbers else 2)
        task = {"type": 1, "md5": hashlib.md5(IMAGE).hexdigest(), "size": len(IMAGE), "target": "V2", "extra": None}
        if self.server.numbers:
            return self.say(0, status=1, tid=NUMBER, **task)
        self.say(0, token=TOKEN, interval=0, retry=0, power=50, signal=10, **task)

    def token(self):
        if self.server.numbers:
            return self.say(0, status={"waiting": 1, "downloading": 2}[self.server.state])
        self.server.state = "downloading"
        self.say(0)

    def download(self):
        if ("Authorization" in self.headers) != self.server.numbers:
            return self.send_error(400)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(number) for number in wanted.groups())
        last = min(last, first + LONGEST_RANGE - 1, len(IMAGE) - 1)
        body = IMAGE[first:last + 1]
        self.answer(206, body, {"content-range": f"bytes {first}-{last}/{len(IMAGE)}"})

    def progress(self, step):
        if self.server.numbers and self.server.state == "waiting" and step < 100:
            self.server.state = "downloading"
        states = {"downloading": range(0, 208), "upgrading": range(201, 209)}
        if step not in states.get(self.server.state, ()):
            return self.say(12016 if self.server.numbers else 17)
        self.server.steps.append(step)
        if step == 101:
            self.server.state = "upgrading"
        if step == 201:
            self.server.state = "done"
        self.say(0)

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
        if not self.server.numbers and query["dev_id"] != IDENT:
            return True
        owner = "products/100001/devices/pump-7" if self.server.numbers else "products/100001"
        return values["sign"] != base64.b64encode(mac).decode() or values["res"] != owner

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
    """serve(numbers, keeps, counts): tasks have numbers, not tokens; keep the connections; say the
    length of a body."""
    running = []

    def start(numbers, keeps, counts):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.numbers, server.keeps, server.counts = numbers, keeps, counts
        server.paths = FUSE_PATHS if numbers else SOUTH_PATHS
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
def test_someone_elses_server(serve, tmp_path, dialect, keeps, counts):
    server = serve(dialect is FUSE, keeps, counts)
    port = server.server_address[1]
    device = Device(tmp_path, f"http://127.0.0.1:{port}", dialect=dialect.name, version="V1",
                    device="pump-7" if dialect is FUSE else IDENT)
    run = device.once()

    assert run.status == 0, run
    assert run.errors == []
    assert device.image() == IMAGE and device.status()["version"] == "V2"
    assert server.steps == [*dialect.marks, 101, 201] and server.state == "done"
    assert server.versions == [{"s_version": "V1"}, {"s_version": "V2"}]
    for call, headers in server.seen:
        assert headers["Host"] == f"127.0.0.1:{port}"
        assert "Accept-Encoding" not in headers
        if call != "download":
            assert headers["Content-Type"] == "application/json"
    again = device.once()
    assert again.status == 0 and again.of("task") == [], again

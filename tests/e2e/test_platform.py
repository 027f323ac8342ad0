"""The platform stand-in: its replies byte for byte, its rules, its operator's API, its faults."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest

from conftest import PROGRAM, SAMPLES, AdminError, Platform

sys.path.insert(0, str(PROGRAM.parent))
import auth    # noqa: E402
import common  # noqa: E402

PACKAGE = (SAMPLES / "A_package_121.bin").read_bytes()


class Device:
    """The five calls over one connection."""

    def __init__(self, platform, ident=None, **authorization):
        self.platform = platform
        self.ident = ident or platform.device
        self.authorization = authorization
        self.connection = http.client.HTTPConnection(platform.host, platform.port, timeout=10)

    def request(self, method, path, body=None, headers=None, authorization=True):
        headers = dict(headers or {})
        if authorization is True:
            authorization = self.platform.authorization(**self.authorization)
        if authorization:
            headers["Authorization"] = authorization
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        reply.content = reply.read()
        return reply

    def call(self, method, path, value=None, **more):
        body = value if isinstance(value, (str, bytes, type(None))) else json.dumps(value)
        return json.loads(self.request(method, path, body, **more).content)

    def errno(self, *arguments, **more):
        return self.call(*arguments, **more)["errno"]

    def version(self, value, **more):
        return self.errno("POST", f"/ota/device/version?dev_id={self.ident}", value, **more)

    def check(self, **changes):
        query = {"dev_id": self.ident, "manuf": "100", "model": "10001", "type": "2",
                 "version": "V1", "cdn": "false", **changes}
        pairs = "&".join(f"{name}={text}" for name, text in query.items() if text is not None)
        return self.call("GET", f"/ota/south/check?{pairs}")

    def new_token(self, **changes):
        return self.check(**changes)["data"]["token"]

    def token(self, token):
        return self.errno("GET", f"/ota/south/download/{token}/check?dev_id={self.ident}")

    def download(self, token, wanted=None):
        headers = {"Range": wanted} if wanted else {}
        return self.request("GET", f"/ota/south/download/{token}", headers=headers,
                            authorization=False)

    def progress(self, token, step):
        path = f"/ota/south/device/download/{token}/progress?dev_id={self.ident}"
        return self.errno("POST", path, {"step": step})

    def report(self, token, result):
        path = f"/ota/south/report?dev_id={self.ident}&token={token}"
        return self.errno("POST", path, {"result": result})

    def tasking(self, kind=2):
        return self.call("GET", f"/ota/south/tasking?dev_id={self.ident}&type={kind}")


def exchange(platform, text):
    """The raw reply to a raw request, up to the end that its framing tells, or the connection's."""
    with socket.create_connection((platform.host, platform.port), timeout=10) as link:
        link.sendall(text.encode())
        return read_reply(link)


def read_reply(link):
    data = b""
    while not is_whole(data):
        try:
            piece = link.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece
    return data


def is_whole(data):
    head, blank, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    if not blank:
        return False
    if b"Transfer-Encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return length is not None and len(body) >= int(length[1])


def undated(reply):
    return re.sub(rb"\r\nDate: [^\r]{29}\r\n", b"\r\nDate: -\r\n", reply)


def sample(name):
    return undated((SAMPLES / name).read_bytes())


def prepared(platform, data=PACKAGE, **fields):
    """A device whose one task was checked: (device, task, token)."""
    task = platform.add_task(platform.add_package(data, **fields))
    device = Device(platform)
    return device, task, device.new_token()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One platform for tests that leave no live task behind."""
    running = Platform(tmp_path_factory.mktemp("shared"))
    yield running
    running.stop()


# -- replies, byte for byte --------------------------------------------------------------------

def test_replies_of_a_session_equal_the_captured_bytes(platform):
    package = platform.add_package(PACKAGE, target="V1.0.1", file_name="121.bin")
    platform.add_task(package)
    common = (f"Authorization: {platform.authorization()}\r\nHost: ota.heclouds.com\r\n"
              "Content-Type: application/json\r\n")
    device = f"dev_id={platform.device}"

    def post(path, body):
        return undated(exchange(platform, f"POST {path} HTTP/1.1\r\n{common}"
                                          f"Content-Length: {len(body)}\r\n\r\n{body}"))

    def get(path, headers=common):
        return undated(exchange(platform, f"GET {path} HTTP/1.1\r\n{headers}\r\n"))

    version = post(f"/ota/device/version?{device}", '{"s_version":"V1.0.0"}')
    assert version == sample("A_version_ok.http")

    check = get(f"/ota/south/check?{device}&manuf=100&model=10001&type=2&version=V1.0.0&cdn=false")
    token = re.search(rb"ota_\w{20}", check)[0].decode()
    captured = sample("A_check_task.http").replace(b"ota_YbDB8ANDSmPEM78DkHDT", token.encode())
    assert check == captured

    assert get(f"/ota/south/download/{token}/check?{device}") == sample("A_version_ok.http")
    ranged = get(f"/ota/south/download/{token}", "Host: ota.heclouds.com\r\nRange: bytes=0-5\r\n")
    assert ranged == sample("A_download_206.http")

    progress = post(f"/ota/south/device/download/{token}/progress?{device}", '{"step":54}')
    assert progress == sample("A_progress54_ok.http")


def test_date_is_the_time_now(platform):
    reply = exchange(platform, "GET /ota/south/check HTTP/1.1\r\nHost: x\r\n\r\n")
    text = re.search(rb"Date: ([^\r]+)", reply)[1].decode()
    then = time.mktime(time.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert abs(then - time.time()) < 5


def test_bad_token_download_answers_one_chunked_digit(platform):
    reply = exchange(platform, "GET /ota/south/download/ota_no HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 \r\n") and b"Content-Length" not in head
    assert body == b"1\r\n3\r\n0\r\n\r\n"


def test_sloppy_requests_are_understood(platform):
    link = socket.create_connection((platform.host, platform.port), timeout=10)
    device, value = platform.device, platform.authorization()
    for request in (
            f"GET http://ota.heclouds.com/ota/device/version?dev_id={device} HTTP/1.1\r\n"
            f"Host: x\r\nAuthorization: {value}\r\n\r\n\r\n",
            f"GET /ota/device/version?dev_id={device} HTTP/1.1\r\nhost:x\r\n"
            f"authorization:    {value}\r\n\r\n"):
        link.sendall(request.encode())
        assert b'{"errno":0,"error":"succ","data":{}}' in read_reply(link)
    link.close()


def test_connection_is_closed_after_1000_requests(platform):
    link = socket.create_connection((platform.host, platform.port), timeout=10)
    for number in range(1, 1001):
        link.sendall(b"GET /ota/south/download/x HTTP/1.1\r\nHost: x\r\n\r\n")
        reply = read_reply(link)
        assert (b"Connection: keep-alive" in reply) == (number < 1000)
    assert b"Connection: close" in reply and link.recv(1) == b""
    link.close()
    last = platform.calls()[-1]
    assert (last["connection"], last["request"]) == (1, 1000)


def test_connection_close_is_honoured(platform):
    with socket.create_connection((platform.host, platform.port), timeout=10) as link:
        link.sendall(b"GET /ota/south/download/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"Connection: close" in read_reply(link)
        assert link.recv(1) == b""


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n",
                                     b"POST /ota/south/check HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_garbage_is_refused_and_the_platform_lives_on(shared, garbage):
    with socket.create_connection((shared.host, shared.port), timeout=10) as link:
        link.sendall(garbage)
        assert b" 400 " in link.recv(200)
    assert Device(shared).version({"s_version": "V1"}) == 0
    assert "Traceback" not in shared.log()


@pytest.mark.parametrize("path", ["/ota/south/download/%ff%00%2f", "/ota/south/download/\udcff",
                                  "/ota/device/version?dev_id=%ff&%ff=\udcff", "/%", "/ota/../admin/x",
                                  "//", "/ota/south/check?dev_id=" + "9" * 5000],
                         ids=range(7))
@pytest.mark.parametrize("value", [None, "\udcff", "version=\udcff&res=%ff&et=1&method=md5&sign=\udcff"],
                         ids=range(3))
def test_hostile_bytes_in_a_request_are_no_internal_error(shared, path, value):
    value = value or shared.authorization()
    request = f"GET {path} HTTP/1.1\r\nHost: \udcff\r\nRange: \udcff\r\nAuthorization: {value}\r\n\r\n"
    with socket.create_connection((shared.host, shared.port), timeout=10) as link:
        link.sendall(request.encode("utf-8", "surrogateescape"))
        assert link.recv(12).startswith((b"HTTP/1.1 200", b"HTTP/1.1 40", b"HTTP/1.0 400"))
    shared.calls()
    assert "Traceback" not in shared.log()


# -- authorization -----------------------------------------------------------------------------

VECTORS = json.loads((SAMPLES / "auth_vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_authorization_vectors(vector):
    made = auth.header(vector["access_key"], vector["et"], vector["method"], vector["res"],
                       vector["version"])
    assert made == vector["header"] and len(made) == vector["header_len"]

    def find_key(res):
        return vector["access_key"] if res == vector["res"] else None

    assert auth.verify(made, find_key, vector["et"]) == (vector["res"], None)
    assert auth.verify(made, find_key, vector["et"] + 1)[0] is None
    assert auth.verify(made[:-8], find_key, vector["et"])[0] is None
    assert auth.verify(made, lambda res: None, vector["et"])[0] is None


def test_authorization_is_lenient_about_encoding_order_and_padding():
    vector = VECTORS[1]
    pairs = [f"{name}={vector[name]}" for name in ("sign", "et", "res", "version", "method")]
    key = vector["access_key"].rstrip("=")
    assert auth.verify("&".join(pairs), lambda res: key, 0) == (vector["res"], None)


def test_authorization_et_window():
    header = auth.header("a2V5", 10_000, "sha256", "userid/1", "2022-05-01")
    versions = ("2018-10-31", "2022-05-01")
    assert auth.verify(header, lambda res: "a2V5", 10_000)[1] == "unknown version"
    assert auth.verify(header, lambda res: "a2V5", 9_000, versions, 1000)[1] is None
    assert "ahead" in auth.verify(header, lambda res: "a2V5", 8_999, versions, 1000)[1]


@pytest.mark.parametrize("text", [None, "", "version", "a=b", "version=2018-10-31&res=&et=&method=&sign=",
                                  "version=2018-10-31&res=r&et=-1&method=md5&sign=x",
                                  "version=2018-10-31&res=r&et=99&method=sha512&sign=x",
                                  "version=2018-10-31&res=r&et=99&et=99&method=md5&sign=x",
                                  "version=2018-10-31&res=r&et=" + "9" * 5000 + "&method=md5&sign=x"])
def test_authorization_that_is_malformed_is_refused(text):
    assert auth.verify(text, lambda res: "a2V5", 0)[0] is None


@pytest.mark.parametrize("method", ["md5", "sha1", "sha256"])
def test_product_and_device_level_authorization_is_accepted(shared, method):
    own = {"res": f"products/{shared.product}/devices/{shared.device_name}", "key": shared.device_key}
    assert Device(shared, method=method).version({"s_version": "V1"}) == 0
    assert Device(shared, method=method, **own).version({"s_version": "V1"}) == 0


def test_authorization_is_demanded_on_all_calls_but_the_download(platform):
    device, task, token = prepared(platform)
    dev = f"dev_id={platform.device}"
    wrong = platform.authorization(key="d3Jvbmc=")
    for method, path in (("POST", f"/ota/device/version?{dev}"), ("GET", f"/ota/device/version?{dev}"),
                         ("GET", f"/ota/south/check?{dev}"), ("GET", f"/ota/south/tasking?{dev}"),
                         ("GET", f"/ota/south/download/{token}/check?{dev}"),
                         ("POST", f"/ota/south/device/download/{token}/progress?{dev}"),
                         ("POST", f"/ota/south/report?{dev}&token={token}")):
        assert device.errno(method, path, authorization=None) == 1
        assert device.errno(method, path, authorization=wrong) == 1
    assert device.download(token).status == 200
    assert platform.task(task)["state"] == "waiting"


def test_wrong_identity_is_refused(platform):
    platform.add_device("10000002", "device-2", "a2V5LTI=")
    body = {"s_version": "V1"}
    other = {"res": f"products/{platform.product}/devices/device-2", "key": "a2V5LTI="}
    assert Device(platform, "10000002", **other).version(body) == 0
    assert Device(platform, **other).version(body) == 1                  # of another device
    assert Device(platform, "99").version(body) == 1                     # unknown device
    assert Device(platform, "device-1").version(body) == 26              # a name, not a number
    assert Device(platform, et=int(time.time()) - 5).version(body) == 1  # expired
    assert Device(platform).errno("POST", "/ota/device/version", body) == 2


# -- versions ----------------------------------------------------------------------------------

def test_version_is_kept_and_read_back(platform):
    device = Device(platform)
    path = f"/ota/device/version?dev_id={platform.device}"
    assert device.call("GET", path) == {"errno": 0, "error": "succ", "data": {}}
    assert device.version({"f_version": "4.0"}) == 0
    assert device.version({"s_version": "V1.0-a_b"}) == 0
    assert device.call("GET", path)["data"] == {"f_version": "4.0", "s_version": "V1.0-a_b"}


@pytest.mark.parametrize("body, errno", [
    ("", 2), ("{", 2), ("[]", 2), ("{}", 2), ('{"s_version":1}', 2), ('{"s_version":null}', 2),
    ("[" * 50_000, 2), ("x" * 70_000, 2), ('{"s_version":""}', 27), ('{"s_version":"a b"}', 27),
    ('{"s_version":"123456789012345678901"}', 27), ('{"f_version":"1","s_version":"ü"}', 27),
    ('{"s_version":"\\ud800"}', 27)])
def test_bad_version_report_is_refused(shared, body, errno):
    assert Device(shared).version(body.encode("utf-8", "surrogatepass")) == errno


def test_version_equal_to_the_target_finishes_the_task(platform):
    device, task, token = prepared(platform)
    assert device.version({"f_version": "V2"}) == 0   # the module's version, not the application's
    assert platform.task(task)["state"] == "waiting"
    assert device.version({"s_version": "V2"}) == 0
    assert platform.task(task)["state"] == "done"
    assert device.progress(token, 201) == 20


# -- check task --------------------------------------------------------------------------------

@pytest.mark.parametrize("changes, errno", [
    ({"manuf": None}, 2), ({"model": None}, 2), ({"type": None}, 2), ({"type": "3"}, 2),
    ({"version": None}, 2), ({"cdn": None}, 2), ({"cdn": "0"}, 2), ({"dev_id": None}, 2),
    ({"version": ""}, 27), ({"version": "a%20b"}, 27), ({"version": "x" * 21}, 27),
    ({"dev_id": "name"}, 26), ({"dev_id": "1"}, 1), ({}, 11), ({"type": "1"}, 11)])
def test_check_without_task_or_with_bad_parameters(shared, changes, errno):
    assert Device(shared).check(**changes)["errno"] == errno


def test_check_gives_the_task_and_overwrites_the_version(platform):
    package = platform.add_package(b"module", target="V9", type="fota", manuf="001", model="00108")
    platform.add_task(package, retry=3, interval=60, signal=5, power=20)
    reply = Device(platform).check(type="1", manuf="001", model="00108", version="4.0")
    assert re.fullmatch(r"ota_[A-Za-z0-9]{20}", reply["data"].pop("token"))
    assert reply["data"] == {"target": "V9", "size": 6, "md5": "22884db148f0ffb0d830ba431102b0b5",
                             "signal": 5, "power": 20, "retry": 3, "interval": 60, "type": 1}
    assert platform.devices()[0]["f_version"] == "4.0"
    assert platform.devices()[0]["s_version"] is None


def test_other_model_fails_the_task(platform):
    task = platform.add_task(platform.add_package(PACKAGE))
    assert Device(platform).check(model="10101")["errno"] == 8
    assert platform.task(task)["state"] == "failed"
    assert Device(platform).check()["errno"] == 11


def test_delta_is_for_its_initial_version_alone(platform):
    platform.add_package(b"one", target="V1")
    full = platform.add_package(b"two", target="V2")
    delta = platform.add_delta(full, b"delta", "V1")
    first, second = platform.add_task(delta), platform.add_task(delta)
    device = Device(platform)
    assert device.check(version="V0")["errno"] == 9
    assert platform.task(first)["state"] == "failed"
    data = device.check(version="V1")["data"]
    assert (data["target"], data["size"], data["type"]) == ("V2", 5, 2)
    assert device.download(data["token"]).content == b"delta"
    assert platform.task(second)["delta"]


def test_differential_task_waits_for_a_reported_version(platform):
    platform.add_package(b"one", target="V1")
    full = platform.add_package(b"two", target="V2")
    platform.add_delta(full, b"delta", "V1")
    task = platform.add_task(full, delta=True)
    device = Device(platform)
    assert device.check()["errno"] == 32
    assert platform.task(task)["state"] == "waiting"
    assert device.version({"s_version": "V1"}) == 0
    assert device.check()["data"]["type"] == 2


def test_task_that_starts_later_is_not_offered(platform):
    platform.add_task(platform.add_package(PACKAGE), start=int(time.time()) + 3600)
    assert Device(platform).check()["errno"] == 11


def test_task_expires(platform):
    device, task, token = (*prepared(platform)[:2], None)
    assert platform.task(task)["expires"] - platform.task(task)["start"] == 600
    platform.order(task, "cancel")
    task = platform.add_task(platform.task(task)["package"], expiry=1)
    token = device.new_token()
    time.sleep(1.1)
    assert device.token(token) == 20
    assert platform.task(task)["state"] == "expired"
    assert device.check()["errno"] == 11


# -- tokens ------------------------------------------------------------------------------------

def test_token_check_starts_the_download(platform):
    device, task, token = prepared(platform)
    assert device.token(token) == 0
    assert platform.task(task)["state"] == "downloading"
    assert device.token(token) == 0
    assert device.progress(token, 101) == 0
    assert device.token(token) == 17


def test_older_token_is_refused_by_the_token_check_alone(platform):
    device, task, old = prepared(platform)
    new = device.new_token()
    assert new != old
    assert device.token(old) == 15
    assert device.token(new) == 0
    assert device.download(old, "bytes=0-5").content == b"111111"
    assert device.progress(old, 10) == 0


def test_token_of_another_device_is_refused(platform):
    device, task, token = prepared(platform)
    platform.add_device("10000002", "device-2")
    other = Device(platform, "10000002")
    assert (other.token(token), other.progress(token, 101)) == (4, 4)
    assert other.report(token, 101) == 1
    assert device.token("ota_" + "x" * 20) == 4


def test_token_grows_old(start_platform):
    platform = start_platform("--token-life", "1")
    device, task, token = prepared(platform)
    assert device.token(token) == 0
    time.sleep(1.1)
    assert (device.token(token), device.progress(token, 101)) == (12, 12)
    assert device.tasking()["errno"] == 12
    assert device.download(token).content == b"3"
    assert device.token(device.new_token()) == 0


# -- the states --------------------------------------------------------------------------------

ROUTES = {"waiting": [], "downloading": ["token"], "upgrading": ["token", 101],
          "done": ["token", 101, 201], "failed": ["token", 104], "paused": ["token", "pause"],
          "cancelled": ["token", "cancel"], "expired": ["token", "expire"]}
REFUSED = {"waiting": 17, "downloading": 17, "upgrading": 17, "done": 20, "failed": 20,
           "paused": 19, "cancelled": 22, "expired": 20}
STEPS = [0, 1, 54, 99, *range(100, 108), *range(201, 209)]
UNKNOWN = [-1, 108, 150, 200, 209, 2**31, 2**70]


def following(state, step):
    """The state after a step that is accepted, or None."""
    if step < 100:
        return {"downloading": "downloading"}.get(state)
    if step == 100:
        return {"downloading": "upgrading"}.get(state)
    if step < 200:
        after = "upgrading" if step == 101 else "failed"
        return after if state in ("waiting", "downloading") else None
    after = "done" if step == 201 else "failed"
    return after if state in ("downloading", "upgrading") else None


def put_into(platform, device, package, state):
    device.version({"s_version": "V1"})
    task = platform.add_task(package)
    token = device.new_token()
    for action in ROUTES[state]:
        if action == "token":
            assert device.token(token) == 0
        elif isinstance(action, int):
            assert device.progress(token, action) == 0
        else:
            platform.order(task, action)
    assert platform.task(task)["state"] == state
    return task, token


def retire(platform, task):
    if platform.task(task)["state"] in ("waiting", "downloading", "upgrading", "paused"):
        platform.order(task, "cancel")


@pytest.mark.parametrize("state", ROUTES)
def test_every_step_in_every_state(shared, state):
    device, package = Device(shared), shared.add_package(PACKAGE, target="V2")
    for step in STEPS:
        task, token = put_into(shared, device, package, state)
        after = following(state, step)
        errno = device.progress(token, step)
        assert (errno, shared.task(task)["state"]) == (0, after) if after else (REFUSED[state], state)
        if after:
            assert shared.task(task)["step"] == step
        retire(shared, task)
    task, token = put_into(shared, device, package, state)
    for step in UNKNOWN:
        assert device.progress(token, step) == 2
    assert shared.task(task)["state"] == state
    retire(shared, task)


@pytest.mark.parametrize("state", ROUTES)
def test_older_report_call_follows_the_same_states(shared, state):
    device, package = Device(shared), shared.add_package(PACKAGE, target="V2")
    codes = {17: 21, 19: 21, 20: 20, 22: 22}
    for result in (101, 104, 201, 206):
        task, token = put_into(shared, device, package, state)
        after = following(state, result)
        assert device.report(token, result) == (0 if after else codes[REFUSED[state]])
        assert shared.task(task)["state"] == (after or state)
        retire(shared, task)


@pytest.mark.parametrize("state, errno", [("waiting", 0), ("downloading", 0), ("upgrading", 17),
                                          ("done", 20), ("failed", 20), ("paused", 19),
                                          ("cancelled", 22), ("expired", 20)])
def test_token_check_in_every_state(shared, state, errno):
    device = Device(shared)
    task, token = put_into(shared, device, shared.add_package(PACKAGE), state)
    assert device.token(token) == errno
    retire(shared, task)


@pytest.mark.parametrize("state, errno", [("waiting", 0), ("downloading", 0), ("upgrading", 0),
                                          ("done", 11), ("failed", 11), ("paused", 19),
                                          ("cancelled", 11), ("expired", 11)])
def test_check_in_every_state(shared, state, errno):
    device = Device(shared)
    task, _ = put_into(shared, device, shared.add_package(PACKAGE), state)
    assert device.check()["errno"] == errno
    retire(shared, task)


@pytest.mark.parametrize("body", ["", "{}", '{"step":"54"}', '{"step":1.5}', '{"step":true}', "[54]"])
def test_bad_progress_body_is_refused(shared, body):
    device = Device(shared)
    task, token = put_into(shared, device, shared.add_package(PACKAGE), "downloading")
    path = f"/ota/south/device/download/{token}/progress?dev_id={shared.device}"
    assert device.errno("POST", path, body) == 2
    path = f"/ota/south/report?dev_id={shared.device}&token={token}"
    assert device.errno("POST", path, body) == 24
    assert device.errno("POST", path, '{"result":54}') == 2
    retire(shared, task)


def test_201_sets_the_version_of_the_device(platform):
    device, task, token = prepared(platform)
    assert [device.token(token), device.progress(token, 101), device.progress(token, 201)] == [0, 0, 0]
    assert platform.devices()[0]["s_version"] == "V2"
    history = [(entry["state"], entry["step"]) for entry in platform.task(task)["history"]]
    assert history == [("waiting", None), ("downloading", None), ("upgrading", 101), ("done", 201)]


def test_tasking_names_the_task_under_way(platform):
    device, task, token = prepared(platform)
    assert device.tasking()["errno"] == 4
    device.token(token)
    assert device.tasking()["data"]["token"] == token
    assert (device.tasking(kind=1)["errno"], device.tasking(kind=7)["errno"]) == (4, 2)


# -- the operator ------------------------------------------------------------------------------

@pytest.mark.parametrize("state", ["waiting", "downloading", "upgrading"])
def test_paused_task_goes_on_where_it_was(shared, state):
    device = Device(shared)
    task, token = put_into(shared, device, shared.add_package(PACKAGE), state)
    shared.order(task, "pause")
    assert device.check()["errno"] == 19
    assert device.progress(token, 101) == 19
    assert shared.order(task, "resume")["state"] == state
    assert device.check()["errno"] == 0
    retire(shared, task)


def test_download_of_a_cancelled_task_may_finish_but_not_upgrade(platform):
    device, task, token = prepared(platform)
    device.token(token)
    platform.order(task, "pause")
    platform.order(task, "cancel")
    assert device.download(token, "bytes=0-5").content == b"111111"
    assert device.progress(token, 101) == 22


@pytest.mark.parametrize("order, served", [("pause", False), ("cancel", False), ("expire", False)])
def test_download_that_had_not_started_is_stopped(platform, order, served):
    device, task, token = prepared(platform)
    platform.order(task, order)
    assert device.download(token).content == b"3"


@pytest.mark.parametrize("state", ROUTES)
def test_orders_in_every_state(shared, state):
    live = state in ("waiting", "downloading", "upgrading")
    allowed = {"pause": live, "resume": state == "paused", "cancel": live or state == "paused",
               "expire": live or state == "paused"}
    device, package = Device(shared), shared.add_package(PACKAGE)
    for order, possible in allowed.items():
        task, _ = put_into(shared, device, package, state)
        if possible:
            shared.order(task, order)
        else:
            with pytest.raises(AdminError, match=f"409: task {task} is {state}"):
                shared.order(task, order)
        retire(shared, task)


def test_bad_packages_are_refused_with_a_reason(shared):
    for fields, reason in (({"type": "3"}, '"type"'), ({"target": "a b"}, '"target"'),
                           ({"target": "x" * 21}, '"target"'), ({"manuf": ""}, '"manuf"'),
                           ({"model": "a/b"}, '"model"'), ({"colour": "red"}, '"colour" is not known'),
                           ({"file_name": "固件.bin"}, 'name of "file"')):
        with pytest.raises(AdminError, match=f"400: .*{reason}"):
            shared.add_package(b"x", **fields)
    with pytest.raises(AdminError, match="empty"):
        shared.add_package(b"")
    with pytest.raises(AdminError, match="multipart"):
        shared.admin("packages", {"type": 1})
    with pytest.raises(AdminError, match='400: "file"'):
        shared.admin("packages", body=b'--b\r\nContent-Disposition: form-data; name="type"\r\n\r\n1\r\n'
                     b'--b\r\nContent-Disposition: form-data; name="target"\r\n\r\nV1\r\n--b--\r\n',
                     content_type="multipart/form-data; boundary=b")


def test_bad_deltas_are_refused_with_a_reason(shared):
    full = shared.add_package(b"x", target="D2")
    with pytest.raises(AdminError, match="add that of D1 first"):
        shared.add_delta(full, b"delta", "D1")
    with pytest.raises(AdminError, match="target itself"):
        shared.add_delta(full, b"delta", "D2")
    with pytest.raises(AdminError, match="404: there is no package 999"):
        shared.add_delta(999, b"delta", "D1")
    shared.add_package(b"y", target="D1")
    delta = shared.add_delta(full, b"delta", "D1")
    with pytest.raises(AdminError, match="is a delta itself"):
        shared.add_delta(delta, b"delta", "D1")


def test_bad_tasks_are_refused_with_a_reason(shared):
    package = shared.add_package(b"x", target="T2")
    for fields, reason in (({"device": "7"}, '"device"'), ({"retry": -1}, '"retry"'),
                           ({"power": 101}, '"power"'), ({"interval": "60"}, '"interval"'),
                           ({"expiry": True}, '"expiry"'), ({"start": 1.5}, '"start"'),
                           ({"delta": 1}, '"delta"'), ({"device": "\ud800"}, '"device"'), ({"colour": 1}, '"colour" is not known')):
        with pytest.raises(AdminError, match=f"400: .*{reason}"):
            shared.add_task(package, **fields)
    for bad in (999, "1", None, 2**70):
        with pytest.raises(AdminError, match='400: "package"'):
            shared.add_task(bad)
    with pytest.raises(AdminError, match="not JSON"):
        shared.admin("tasks", body=b"{")
    with pytest.raises(AdminError, match="404: there is no task 9999"):
        shared.order(9999, "pause")
    with pytest.raises(AdminError, match="404"):
        shared.admin("nothing")
    Device(shared).version({"s_version": "T2"})
    with pytest.raises(AdminError, match="runs T2 already"):
        shared.add_task(package)


def test_bad_devices_are_refused_with_a_reason(shared):
    for ident, name, key, reason in (("x", "n", None, '400: "id"'), ("5", "a b", None, '400: "name"'),
                                     ("5", "n", "?", '400: "key"'), ("5", "n", 5, '400: "key"'),
                                     ("\ud800", "n", None, '400: "id"'),
                                     (shared.device, "n", None, "409: device"),
                                     ("5", shared.device_name, None, "409: a device named")):
        with pytest.raises(AdminError, match=reason):
            shared.add_device(ident, name, key)


def test_calls_are_recorded_in_order(platform):
    device, task, token = prepared(platform)
    device.token(token)
    device.download(token, "bytes=2-9")
    device.progress(token, 30)
    device.request("GET", "/elsewhere")
    calls = platform.calls()
    assert [call["call"] for call in calls] == ["check", "token", "download", "progress", "unknown"]
    assert [call["seq"] for call in calls] == [1, 2, 3, 4, 5]
    assert [call["authorization"] for call in calls] == [True, True, False, True, True]
    assert [call["errno"] for call in calls] == [0, 0, None, 0, None]
    assert [call["status"] for call in calls] == [200, 200, 206, 200, 404]
    assert {call["connection"] for call in calls} == {1}
    ranged = platform.calls("download")[0]
    assert (ranged["range"], ranged["content_range"]) == ("bytes=2-9", "bytes 2-9/22")
    assert (ranged["body_sent"], ranged["end"]) == (8, "replied")
    assert platform.calls("progress")[0]["step"] == 30
    assert len(platform.calls(after=4)) == 1


def test_log_is_readable_and_keeps_secrets(platform):
    device, task, token = prepared(platform)
    device.progress(token, 10)
    device.report(token, 10)
    device.version({"s_version": "V1"}, authorization=platform.authorization(key="d3Jvbmc="))
    platform.calls()   # answered once the calls before it are in the log
    log = platform.log()
    assert f"progress POST /ota/south/device/download/{token[:8]}.../progress" in log
    assert "step=10 -> 200 code=17" in log and "wrong signature" in log
    for secret in (token, "sign=", platform.product_key, platform.device_key):
        assert secret not in log


# -- the download ------------------------------------------------------------------------------

@pytest.mark.parametrize("text, place", [
    ("0-5", (0, 5)), ("bytes=0-5", (0, 5)), ("bytes=6-", (6, 21)), ("6-", (6, 21)),
    ("-4", (18, 21)), ("bytes=-4", (18, 21)), ("-22", (0, 21)), ("-23", None), ("-0", None),
    ("0-0", (0, 0)), ("21-21", (21, 21)), ("20-22", (20, 21)), ("0-999", (0, 21)),
    ("22-", (0, 21)), ("22-30", (0, 21)), ("999-", (0, 21)), ("5-2", (0, 2)), ("30-5", (0, 5)),
    ("01-02", (1, 2)), ("bytes=001-0005", (1, 5)), ("9" * 20 + "-", (0, 21)), ("9" * 99 + "-", None),
    ("-", None), ("bytes=-", None), ("bytes=", None), ("a-b", None), ("0-1,3-4", None),
    ("bytes 0-5", None), ("items=0-5", None), ("0x1-5", None), ("+1-5", None), (None, None)])
def test_range_is_clamped_as_documented(text, place):
    assert common.wanted_range(text, 22) == place


def test_ranged_and_whole_downloads(platform):
    data = os.urandom(300_000)
    device, task, token = prepared(platform, data)
    reply = device.download(token, "bytes=65536-131071")
    assert (reply.status, reply.content) == (206, data[65536:131072])
    assert reply.headers["Content-Range"] == "bytes 65536-131071/300000"
    reply = device.download(token, "400000-400001")
    assert reply.headers["Content-Range"] == "bytes 0-299999/300000" and reply.content == data
    reply = device.download(token)
    assert (reply.status, reply.reason, reply.content) == (200, "", data)
    assert reply.headers["Content-Length"] == "300000" and "Content-Range" not in reply.headers


def test_one_byte_package_is_served_whole(platform):
    device, task, token = prepared(platform, b"x")
    reply = device.download(token)
    assert (reply.headers["Content-Length"], reply.content) == ("1", b"x")


def test_lost_or_damaged_package_file_is_an_error_digit(platform):
    device, task, token = prepared(platform)
    file = platform.data / "packages" / "1.bin"
    file.write_bytes(b"shorter")
    assert device.download(token).content == b"2"
    file.unlink()
    assert device.download(token).content == b"1"


# -- faults ------------------------------------------------------------------------------------

def session(platform):
    """(device, token, a raw ranged download) with a task that is downloading."""
    device, task, token = prepared(platform)
    device.token(token)
    request = f"GET /ota/south/download/{token} HTTP/1.1\r\nHost: x\r\nRange: bytes=2-11\r\n\r\n"
    return device, token, lambda: exchange(platform, request)


def body_of(reply):
    return reply.partition(b"\r\n\r\n")[2]


def test_fault_counts_matches_and_is_cleared(platform):
    device, token, _ = session(platform)
    platform.faults({"call": "progress", "nth": 2, "count": 2, "errno": 7})
    assert [device.progress(token, step) for step in (1, 2, 3, 4)] == [0, 7, 7, 0]
    assert platform.admin("faults")[0]["matches"] == 4 and platform.admin("faults")[0]["acted"] == 2
    platform.faults({"call": "progress", "nth": 1, "errno": 7}, {"call": "any", "errno": 2})
    assert [device.progress(token, 1), device.progress(token, 2)] == [7, 2]
    platform.faults({"call": "progress", "step": 101, "errno": 19})
    assert [device.progress(token, 50), device.progress(token, 101)] == [0, 19]
    platform.faults()
    assert device.progress(token, 101) == 0


def test_fault_replaces_the_reply_and_the_call_has_no_effect_unless_asked(platform):
    device, task, token = prepared(platform)
    platform.faults({"call": "token", "errno": 7})
    assert device.token(token) == 7
    assert platform.task(task)["state"] == "waiting"
    platform.faults({"call": "token", "errno": 7, "handled": True})
    assert device.token(token) == 7
    assert platform.task(task)["state"] == "downloading"


def test_fault_status_with_headers(platform):
    device, token, _ = session(platform)
    platform.faults({"call": "any", "status": 503, "headers": {"Retry-After": "5", "Server": None}})
    reply = device.request("POST", "/ota/south/report")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert "Server" not in reply.headers and reply.headers["Content-Type"] == "text/html"
    platform.faults({"call": "check", "status": 403, "handled": True})
    reply = device.request("GET", "/ota/south/check?dev_id=1")
    assert reply.status == 403 and json.loads(reply.content)["errno"] == 1


def test_fault_digit_and_raw(platform):
    device, token, get = session(platform)
    platform.faults({"call": "download", "digit": "6"})
    assert body_of(get()) == b"1\r\n6\r\n0\r\n\r\n"
    platform.faults({"call": "download", "raw": "HTTP/1.0 302 Found\r\n\r\n", "close_at": 999})
    assert get() == b"HTTP/1.0 302 Found\r\n\r\n"
    platform.faults({"call": "download", "raw_base64": "AP8=", "close_at": 999})
    assert get() == b"\x00\xff"


def test_fault_range_understanding(platform):
    device, token, _ = session(platform)
    platform.faults({"call": "download", "range": "ignore"})
    assert (device.download(token, "bytes=2-3").status, device.download(token, "2-3").status) == (200, 200)
    platform.faults({"call": "download", "range": "bare"})
    assert (device.download(token, "bytes=2-3").status, device.download(token, "2-3").status) == (200, 206)
    platform.faults({"call": "download", "range": "bytes"})
    assert (device.download(token, "bytes=2-3").status, device.download(token, "2-3").status) == (206, 200)
    assert platform.calls("download")[0]["range"] == "bytes=2-3"


def test_fault_content_range(platform):
    device, token, get = session(platform)
    platform.faults({"call": "download", "range_shift": 3})
    assert b"Content-Range: bytes 5-14/22\r\n" in get()
    platform.faults({"call": "download", "range_total": 99})
    assert b"Content-Range: bytes 2-11/99\r\n" in get()
    platform.faults({"call": "download", "headers": {"content-range": None}})
    assert b"Content-Range" not in get()


def test_fault_flips_a_byte(platform):
    _, _, get = session(platform)
    platform.faults({"call": "download", "flip": 3})
    assert body_of(get()) == b"111\xce111111"


def test_fault_data_of_the_check(platform):
    device, _, _ = session(platform)
    platform.faults({"call": "check", "data": {"size": "22", "ipPort": "127.0.0.1:9"}, "without": ["md5"]})
    data = device.check()["data"]
    assert (data["size"], data["ipPort"]) == ("22", "127.0.0.1:9") and "md5" not in data
    platform.faults({"call": "check", "body": '{"errno":0,'})
    reply = device.request("GET", f"/ota/south/check?dev_id={platform.device}")
    assert reply.content == b'{"errno":0,' and reply.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("framing, header", [("length", "Content-Length: 26"), ("close", "Connection: close")])
def test_fault_framing(platform, framing, header):
    device, token, _ = session(platform)
    body = '{"step":5}'
    platform.faults({"call": "progress", "framing": framing})
    reply = exchange(platform, f"POST /ota/south/device/download/{token}/progress?dev_id={platform.device}"
                               f" HTTP/1.1\r\nHost: x\r\nAuthorization: {platform.authorization()}\r\n"
                               f"Content-Length: {len(body)}\r\n\r\n{body}")
    assert header.encode() in reply and b"chunked" not in reply
    assert body_of(reply) == b'{"errno":0,"error":"succ"}'


def test_fault_many_chunks(platform):
    _, _, get = session(platform)
    platform.faults({"call": "download", "framing": "chunked", "chunk": 4})
    assert body_of(get()) == b"4\r\n1111\r\n4\r\n1111\r\n2\r\n11\r\n0\r\n\r\n"


@pytest.mark.parametrize("stop", ["close", "reset"])
def test_fault_ends_the_connection_at_any_byte(platform, stop):
    device, token, get = session(platform)
    whole = undated(get())
    for position in (0, 4, 9):
        platform.faults({"call": "download", f"{stop}_at": position})
        assert body_of(get()) == b"1" * position
    for position in (0, 1, 17, 200):
        platform.faults({"call": "download", f"{stop}_at": position, "from": "reply"})
        reply = get()
        assert len(reply) == position and undated(reply)[:17] == whole[:17][:position]
    ends = [call["end"] for call in platform.calls("download")]
    assert ends == ["replied"] + [stop] * 7
    assert platform.calls("download")[2]["body_sent"] == 4


def test_peer_that_goes_away_is_recorded_and_not_an_error(platform):
    device, task, token = prepared(platform, b"x" * 100_000)
    for rule in ({"stall_at": 10, "stall_ms": 300}, {"reset_at": 10}, {"delay_ms": 300}):
        platform.faults({"call": "download", **rule})
        with socket.create_connection((platform.host, platform.port), timeout=10) as link:
            link.sendall(f"GET /ota/south/download/{token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.02)
    time.sleep(0.5)
    assert {call["end"] for call in platform.calls("download")} == {"peer gone"}
    with socket.create_connection((platform.host, platform.port), timeout=10) as link:
        link.sendall(b"POST /ota/south/report HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(0.2)
    platform.faults()
    assert device.token(token) == 0
    log = platform.log()
    assert "Traceback" not in log and "broke off" in log, log


def test_fault_reset_is_a_reset(platform):
    session(platform)
    platform.faults({"call": "any", "reset_at": 0, "from": "reply"})
    with socket.create_connection((platform.host, platform.port), timeout=10) as link:
        link.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            link.recv(1)


def test_fault_lost_reply_still_takes_effect(platform):
    device, token, _ = session(platform)
    platform.faults({"call": "progress", "close_at": 0, "from": "reply"})
    with pytest.raises(http.client.RemoteDisconnected):
        device.progress(token, 101)
    assert platform.tasks()[0]["state"] == "upgrading"


def test_fault_delay_stall_rate_and_split(platform):
    _, _, get = session(platform)

    def seconds(**rule):
        platform.faults({"call": "download", **rule})
        start = time.monotonic()
        assert body_of(get()) == b"1" * 10
        return time.monotonic() - start

    assert seconds() < 0.3
    assert 0.3 <= seconds(delay_ms=300) < 1
    assert 0.3 <= seconds(stall_at=5, stall_ms=300) < 1
    assert 0.3 <= seconds(rate=25) < 1
    assert seconds(split=1) < 1


def test_fault_stall_then_close(platform):
    _, _, get = session(platform)
    platform.faults({"call": "download", "stall_at": 2, "stall_ms": 100, "close_at": 6})
    assert body_of(get()) == b"1" * 6


@pytest.mark.parametrize("rules, reason", [
    ({}, "list of rules"), ([1], "rule 1"), ([{}], '"call"'), ([{"call": "x"}], '"call" is any'),
    ([{"call": "any"}, {"call": "any", "colour": 1}], 'rule 2: "colour" is not known'),
    ([{"call": "any", "nth": 0}], '"nth"'), ([{"call": "any", "digit": "10"}], '"digit"'),
    ([{"call": "any", "digit": []}], '"digit"'), ([{"call": "any", "status": 99}], '"status"'),
    ([{"call": "any", "raw_base64": "?"}], '"raw_base64"'), ([{"call": "any", "framing": []}], '"framing"'),
    ([{"call": "any", "headers": {"A": "b\r\n"}}], '"headers"'), ([{"call": "any", "body": "\ud800"}], '"body"'), ([{"call": "any", "rate": 0}], '"rate"'),
    ([{"call": "any", "without": [1]}], '"without"'), ([{"call": "any", "delay_ms": True}], '"delay_ms"')])
def test_bad_faults_are_refused_with_a_reason(shared, rules, reason):
    with pytest.raises(AdminError, match=f"400: .*{reason}"):
        shared.admin("faults", rules)


# -- the process -------------------------------------------------------------------------------

def test_data_survive_a_restart(platform):
    device, task, token = prepared(platform)
    device.token(token)
    platform.add_device("10000002", "device-2")
    assert platform.stop() == 0
    platform.start(platform.port)
    device = Device(platform)
    assert platform.task(task)["state"] == "downloading"
    assert device.token(token) == 0
    assert device.download(token).content == PACKAGE
    assert [device["id"] for device in platform.devices()] == ["10000001", "10000002"]
    assert platform.devices()[0]["s_version"] == "V1"
    assert platform.calls()[0]["call"] == "check"


def test_stop_is_quick_while_a_reply_stalls(platform):
    session(platform)
    platform.faults({"call": "any", "delay_ms": 60_000})
    link = socket.create_connection((platform.host, platform.port), timeout=10)
    link.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.2)
    start = time.monotonic()
    assert platform.stop() == 0 and time.monotonic() - start < 5
    link.close()
    assert "Traceback" not in platform.log()


def run(*flags, **environment):
    done = subprocess.run([sys.executable, str(PROGRAM), *flags], capture_output=True, text=True,
                          timeout=20, env={**os.environ, **environment})
    return done.returncode, done.stderr.strip().splitlines()


@pytest.mark.parametrize("flags, reason", [
    ([], "--port"), (["--port", "x"], "not a port"), (["--port", "65536"], "not a port"),
    (["--port", "0"], "--data"), (["--port", "0", "--data", "d", "--device", "x"], "digits"),
    (["--port", "0", "--data", "d", "--product-key", "?"], "base64"),
    (["--port", "0", "--data", "d", "--token-life", "0"], "above 0"),
    (["--port", "0", "--data", "d", "--colour"], "--colour")])
def test_bad_flags_are_usage_errors(flags, reason):
    status, lines = run(*flags)
    assert status == 2 and reason in lines[-1]


def test_unusable_places_are_told_in_one_line(platform, tmp_path):
    file = tmp_path / "file"
    file.write_text("not a directory")
    status, lines = run("--port", "0", "--data", str(file))
    assert (status, len(lines)) == (1, 1) and "--data" in lines[0]

    status, lines = run("--port", "0", "--data", str(platform.data))
    assert (status, len(lines)) == (1, 1) and "in use" in lines[0]

    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "platform.db").write_bytes(b"no database" * 1000)
    status, lines = run("--port", "0", "--data", str(damaged))
    assert (status, len(lines)) == (1, 1) and "move it away" in lines[0]

    status, lines = run("--port", str(platform.port), "--data", str(tmp_path / "new"))
    assert (status, len(lines)) == (1, 1) and "--port" in lines[0]


def test_missing_aiohttp_is_told(tmp_path):
    (tmp_path / "aiohttp.py").write_text("raise ImportError('none')")
    status, lines = run("--port", "0", "--data", str(tmp_path / "data"), PYTHONPATH=str(tmp_path))
    assert (status, len(lines)) == (1, 1)
    assert "apt-get install python3-aiohttp" in lines[0]

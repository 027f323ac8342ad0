"""The platform stand-in's younger dialects: replies byte for byte, rules, authorization, both at once."""

import http.client
import json
import os
import re
import socket
import time

import pytest

import test_platform as south
from conftest import SAMPLES, Platform
from test_platform import PACKAGE, ROUTES, STEPS, body_of, exchange, following, retire, undated

USER, USER_KEY = "112", "b25lb3RhLWRlbW8tdXNlci1rZXk="
YEAR_S = 365 * 24 * 3600
NUMBERS = {"waiting": 1, "downloading": 2, "upgrading": 3, "done": 4, "failed": 5, "cancelled": 6}


class Device:
    """The five calls of a device that is known by its name."""

    def __init__(self, platform, name=None, root="fuse-ota", **authorization):
        self.platform = platform
        self.name = name or platform.device_name
        self.path = f"/{root}/{platform.product}/{self.name}"
        self.member = "code" if root == "fuse-ota" else "errno"
        self.authorization = {"res": f"products/{platform.product}/devices/{self.name}",
                              "key": platform.device_key, **authorization}
        self.connection = http.client.HTTPConnection(platform.host, platform.port, timeout=10)

    def request(self, method, path, body=None, headers=None, authorization=True):
        headers = dict(headers or {})
        if authorization is True:
            authorization = self.platform.authorization(**self.authorization)
        if authorization:
            headers["Authorization"] = authorization
        path = path if path.startswith("/") else f"{self.path}/{path}"
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        reply.content = reply.read()
        return reply

    def call(self, method, path, value=None, **more):
        body = value if isinstance(value, (str, bytes, type(None))) else json.dumps(value)
        reply = self.request(method, path, body, **more)
        assert reply.status == 200   # whatever the code
        return json.loads(reply.content)

    def code(self, *arguments, **more):
        return self.call(*arguments, **more)[self.member]

    def version(self, value, **more):
        return self.code("POST", "version", value, **more)

    def check(self, **changes):
        query = {"type": "2", "version": "V1", **changes}
        pairs = "&".join(f"{name}={text}" for name, text in query.items() if text is not None)
        return self.call("GET", f"check?{pairs}")

    def number(self):
        return self.check()["data"]["tid"]

    def state(self, tid):
        """The task's state, or the code of the refusal, as a negative number."""
        reply = self.call("GET", f"{tid}/check")
        return -reply[self.member] or reply["data"]["status"]

    def download(self, tid, wanted=None, **more):
        return self.request("GET", f"{tid}/download", headers={"Range": wanted} if wanted else {},
                            **more)

    def progress(self, tid, step):
        return self.code("POST", f"{tid}/status", {"step": step})


def prepared(platform, data=PACKAGE, **fields):
    """A device whose one task was checked: (device, task, its number)."""
    task = platform.add_task(platform.add_package(data, **fields))
    device = Device(platform)
    return device, task, device.number()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One platform for tests that leave no live task behind."""
    running = Platform(tmp_path_factory.mktemp("shared"))
    yield running
    running.stop()


# -- replies, byte for byte --------------------------------------------------------------------

HEAD = ("HTTP/1.1 200 OK\r\nDate: -\r\nContent-Type: application/json;charset=UTF-8\r\n"
        "Content-Length: {}\r\nConnection: keep-alive\r\nAccess-Control-Allow-Headers: *\r\n"
        "Access-Control-Allow-Origin: *\r\nServer: nginx\r\nPragma: no-cache\r\n\r\n")


def captured(name, **changes):
    """A captured body under the captured headers, with other values for some members."""
    body = (SAMPLES / name).read_text()
    for member, value in changes.items():
        body = re.sub(rf'("{member}":)("[^"]*"|\d+)', rf"\g<1>{json.dumps(value)}", body)
    return (HEAD.format(len(body)) + body).encode()


def test_replies_of_a_session_equal_the_captured_bytes(platform):
    package = platform.add_package(b"x" * 8260, target="v3.0", file_name="ry")
    platform.add_task(package)
    md5 = platform.tasks()[0]["md5"]
    value = Device(platform).authorization
    common = f"Authorization: {platform.authorization(**value)}\r\nHost: iot-api.heclouds.com\r\n"
    path = f"/fuse-ota/{platform.product}/{platform.device_name}"

    def post(call, body):
        return undated(exchange(platform, f"POST {path}/{call} HTTP/1.1\r\n{common}"
                                          f"Content-Length: {len(body)}\r\n\r\n{body}"))

    def get(call):
        return undated(exchange(platform, f"GET {path}/{call} HTTP/1.1\r\n{common}\r\n"))

    def number(reply):
        return re.search(rb'"request_id":"([0-9a-f]{32})"', reply)[1].decode()

    version = post("version", '{"s_version":"v2.0"}')
    assert version == captured("B_version_ok.json", request_id=number(version))
    assert len(body_of(version)) == 71

    check = get("check?type=2&version=v2.0")
    tid = json.loads(body_of(check))["data"]["tid"]
    assert check == captured("B_check_task.json", request_id=number(check), tid=tid, md5=md5)
    assert len(body_of(check)) == 183 and tid > 65535

    whole = get(f"{tid}/download")
    head = (SAMPLES / "B_download_200_headers.http").read_bytes().rstrip(b"\r\n") + b"\r\n\r\n"
    assert whole == head + b"x" * 8260

    status = post(f"{tid}/status", '{"step":107}')
    assert status == captured("B_version_ok.json", request_id=number(status))
    state = get(f"{tid}/check")
    assert state == captured("B_tid_check_status5.json", request_id=number(state))
    finish = post(f"{tid}/status", '{"step":10}')
    assert finish == captured("B_status_task_finish_20.json", request_id=number(finish))
    assert len({number(reply) for reply in (version, check, status, state, finish)}) == 5


def test_last_reply_of_a_connection_says_so(start_platform):
    platform = start_platform("--requests-per-connection", "2")
    device, task, tid = prepared(platform)
    reply = device.download(tid)
    assert reply.headers["Connection"] == "close" and reply.content == PACKAGE
    reply = device.download(tid)
    assert "Connection" not in reply.headers and "Date" not in reply.headers
    reply = device.request("GET", "check")
    assert reply.headers["Connection"] == "close"


@pytest.mark.parametrize("path", ["%ff%00/check", "\udcff/download", "1300001%2f..%2f/check",
                                  "check?type=%ff&version=\udcff", "9" * 5000 + "/check"], ids=range(5))
@pytest.mark.parametrize("value", [None, "\udcff", "version=\udcff&res=%ff&et=1&method=md5&sign=\udcff",
                                   "version=2022-05-01&res=userid/&et=9999999999&method=md5&sign=x"],
                         ids=range(4))
def test_hostile_bytes_in_a_request_are_no_internal_error(shared, path, value):
    value = value or shared.authorization(**Device(shared).authorization)
    request = (f"GET /fuse-ota/{shared.product}/{shared.device_name}/{path} HTTP/1.1\r\nHost: x\r\n"
               f"Range: \udcff\r\nAuthorization: {value}\r\n\r\n")
    with socket.create_connection((shared.host, shared.port), timeout=10) as link:
        link.sendall(request.encode("utf-8", "surrogateescape"))
        assert link.recv(12).startswith((b"HTTP/1.1 200", b"HTTP/1.1 40", b"HTTP/1.0 400"))
    shared.calls()
    assert "Traceback" not in shared.log()


# -- authorization -----------------------------------------------------------------------------

def form(platform, of):
    """res and key of a device, a product or a user."""
    product = f"products/{platform.product}"
    return {"device": {"res": f"{product}/devices/{platform.device_name}", "key": platform.device_key},
            "product": {"res": product, "key": platform.product_key},
            "user": {"res": f"userid/{USER}", "key": USER_KEY}}[of]


@pytest.mark.parametrize("method", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("version, of, good", [
    ("2018-10-31", "device", True), ("2022-05-01", "device", True), ("2018-10-31", "product", True),
    ("2022-05-01", "product", False), ("2018-10-31", "user", False), ("2022-05-01", "user", True),
    ("2020-05-29", "device", False)])
def test_forms_of_authorization(shared, version, of, good, method):
    device = Device(shared, version=version, method=method, **form(shared, of))
    assert device.version({"s_version": "V1"}) == (0 if good else 10403)


def test_authorization_is_demanded_on_all_calls(platform):
    device, task, tid = prepared(platform)
    wrong = platform.authorization(key="d3Jvbmc=")
    for value in (None, wrong, "nonsense"):
        for method, path in (("POST", "version"), ("GET", "version"), ("GET", "check"),
                             ("GET", f"{tid}/check"), ("POST", f"{tid}/status")):
            reply = device.call(method, path, authorization=value)
            assert reply.keys() == {"code", "msg", "request_id"} and reply["code"] == 10403
        reply = device.download(tid, authorization=value)
        assert (reply.status, reply.headers["Ota-Errno"], reply.content) == (200, "6", b"")
        assert reply.headers["Date"]
    assert platform.task(task)["state"] == "waiting"


def test_wrong_identity_is_refused(platform):
    platform.add_device("10000002", "device-2", "a2V5LTI=")
    body, user = {"s_version": "V1"}, form(platform, "user")
    other = {"res": f"products/{platform.product}/devices/device-2", "key": "a2V5LTI="}
    assert Device(platform, "device-2", **other).version(body) == 0
    assert Device(platform, **other).version(body) == 10403                  # of another device
    assert Device(platform, "no-one").version(body) == 10403                 # has no key
    assert Device(platform, "no-one", **form(platform, "product")).version(body) == 10410
    device = Device(platform, version="2022-05-01", **user)
    device.path = "/fuse-ota/nothing/device-1"
    assert device.version(body) == 10408
    assert device.download(1300001).headers["Ota-Errno"] == "1"


def test_window_of_et_is_ten_years(shared):
    now = int(time.time())
    for et, text in ((now - 5, rf"request has expired:expire={now - 5},now=(\d+)"),
                     (1, r"request has expired:expire=1,now=(\d+)"),
                     (now + 10 * YEAR_S + 60, "token expire is too long,max expire limit 10 years"),
                     (2**40, "token expire is too long,max expire limit 10 years")):
        reply = Device(shared, et=et).check()
        match = re.fullmatch(text, reply["msg"])
        assert reply["code"] == 10403 and match, reply
        assert not match.groups() or abs(int(match[1]) - now) < 5
    for et in (now + 3600, now + 10 * YEAR_S - 60):
        assert Device(shared, et=et).check()["code"] == 12012


# -- versions, checks --------------------------------------------------------------------------

def test_version_is_kept_and_read_back(platform):
    device = Device(platform)
    assert device.call("GET", "version")["data"] == {}
    assert device.version({"f_version": "4.0", "s_version": "V1.0-a_b"}) == 0
    assert device.call("GET", "version")["data"] == {"f_version": "4.0", "s_version": "V1.0-a_b"}
    assert platform.devices()[0]["s_version"] == "V1.0-a_b"


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"s_version":1}', '{"s_version":"a b"}',
                                  "[" * 50_000, "x" * 70_000])
def test_bad_version_report_is_refused(shared, body):
    assert Device(shared).version(body) == 10001


@pytest.mark.parametrize("changes, code", [
    ({"type": None}, 10001), ({"type": "3"}, 10001), ({"version": None}, 10001),
    ({"version": "a%20b"}, 10001), ({}, 12012), ({"type": "1"}, 12012)])
def test_check_without_task_or_with_bad_parameters(shared, changes, code):
    reply = Device(shared).check(**changes)
    assert reply["code"] == code and "data" not in reply


def test_check_gives_the_task_and_changes_nothing(platform):
    package = platform.add_package(b"module", target="V9", type="fota", manuf="001", model="00108")
    task = platform.add_task(package, retry=3, interval=60, signal=5, power=20)
    device = Device(platform)
    first, second = (device.check(type="1", version="4.0")["data"] for _ in range(2))
    assert first == second == {
        "target": "V9", "tid": platform.task(task)["tid"], "size": 6,
        "md5": "22884db148f0ffb0d830ba431102b0b5", "status": 1, "type": 1}
    assert platform.devices()[0]["f_version"] == "4.0"
    assert device.state(first["tid"]) == 1 and platform.task(task)["token"] is None


def test_delta_for_another_version_fails_the_task(platform):
    platform.add_package(b"one", target="V1")
    full = platform.add_package(b"two", target="V2")
    delta = platform.add_delta(full, b"delta", "V1")
    first, second = platform.add_task(delta), platform.add_task(delta)
    device = Device(platform)
    assert device.check(version="V0")["code"] == 12011
    assert platform.task(first)["state"] == "failed"
    data = device.check(version="V1")["data"]
    assert (data["type"], device.download(data["tid"]).content) == (2, b"delta")


@pytest.mark.parametrize("tid", ["0", "-1", "1.5", "x", "1300999", "1", "٣", "18446744073709551615", "9" * 30])
def test_number_that_is_no_task_is_refused(shared, tid):
    device = Device(shared)
    tid = tid if tid.isascii() else "%D9%A3"
    assert device.state(tid) == -12012
    assert device.progress(tid, 10) == 12012
    assert device.download(tid).headers["Ota-Errno"] == "5"


def test_task_of_another_device_is_refused(platform):
    device, task, tid = prepared(platform)
    platform.add_device("10000002", "device-2", platform.device_key)
    other = Device(platform, "device-2")
    assert (other.state(tid), other.progress(tid, 10)) == (-12012, 12012)
    assert other.download(tid).headers["Ota-Errno"] == "5"
    assert platform.task(task)["state"] == "waiting"


# -- the states --------------------------------------------------------------------------------

REFUSED = {"waiting": 12016, "downloading": 12016, "upgrading": 12016, "done": 12013, "failed": 20,
           "paused": 19, "cancelled": 22, "expired": 12014}


def put_into(platform, device, package, state):
    device.version({"s_version": "V1"})
    task = platform.add_task(package)
    tid = device.number()
    for action in ROUTES[state]:
        if action == "token":
            assert device.progress(tid, 1) == 0
        elif isinstance(action, int):
            assert device.progress(tid, action) == 0
        else:
            platform.order(task, action)
    assert platform.task(task)["state"] == state
    return task, tid


def following_here(state, step):
    """As in the older dialect, but that progress starts the download, and 208 is not known."""
    if step == 208:
        return None
    return following("downloading" if state == "waiting" and step <= 100 else state, step)


@pytest.mark.parametrize("state", ROUTES)
def test_every_step_in_every_state(shared, state):
    device, package = Device(shared), shared.add_package(PACKAGE, target="V2")
    for step in STEPS:
        task, tid = put_into(shared, device, package, state)
        after = following_here(state, step)
        refused = 12016 if step == 208 else REFUSED[state]
        code = device.progress(tid, step)
        assert (code, shared.task(task)["state"]) == (0, after) if after else (refused, state)
        retire(shared, task)
    task, tid = put_into(shared, device, package, state)
    for step in (-1, 108, 200, 209, 2**31, 2**70):
        assert device.progress(tid, step) == 12016
    assert shared.task(task)["state"] == state
    retire(shared, task)


def test_100_counts_as_101(platform):
    device, task, tid = prepared(platform)
    assert [device.progress(tid, step) for step in (10, 100, 101, 100, 201)] == [0, 0, 12016, 12016, 0]
    history = [(entry["state"], entry["step"]) for entry in platform.task(task)["history"]]
    assert history == [("waiting", None), ("downloading", None), ("downloading", 10),
                       ("upgrading", 100), ("done", 201)]


@pytest.mark.parametrize("state", ROUTES)
def test_state_of_a_task(shared, state):
    device = Device(shared)
    task, tid = put_into(shared, device, shared.add_package(PACKAGE), state)
    assert device.state(tid) == NUMBERS.get(state, -REFUSED[state])
    assert shared.task(task)["state"] == state
    retire(shared, task)


@pytest.mark.parametrize("body", ["", "{}", '{"step":"54"}', '{"step":1.5}', '{"step":true}', "[54]"])
def test_bad_status_body_is_refused(shared, body):
    device = Device(shared)
    task, tid = put_into(shared, device, shared.add_package(PACKAGE), "waiting")
    assert device.code("POST", f"{tid}/status", body) == 10001
    assert shared.task(task)["state"] == "waiting"
    retire(shared, task)


# -- the download ------------------------------------------------------------------------------

def test_ranged_and_whole_downloads(platform):
    data = os.urandom(659_456)
    device, task, tid = prepared(platform, data)
    for unit in ("bytes=", ""):
        reply = device.download(tid, f"{unit}65536-131071")
        assert (reply.status, reply.reason, reply.content) == (206, "Partial Content", data[65536:131072])
        assert reply.headers["Content-Range"] == "bytes 65536-131071/659456"
        assert (reply.headers["Content-Length"], reply.headers["Ota-Errno"]) == ("65536", "0")
    reply = device.download(tid)
    assert (reply.status, reply.reason, reply.content) == (200, "OK", data)
    assert "Content-Range" not in reply.headers
    platform.faults({"call": "download", "range": "bytes"})
    assert device.download(tid, "0-511").status == 200
    assert device.download(tid, "bytes=0-511").status == 206


def test_errors_of_the_download_stand_in_a_header(platform):
    device, task, tid = prepared(platform)
    file = platform.data / "packages" / "1.bin"

    def error():
        reply = device.download(tid, "bytes=0-5")
        assert (reply.status, reply.reason, reply.content) == (200, "OK", b"")
        return reply.headers["Ota-Errno"]

    file.write_bytes(b"shorter")
    assert error() == "4"
    file.unlink()
    assert error() == "2"
    file.mkdir()
    assert error() == "3"
    platform.order(task, "expire")
    assert error() == "5"
    assert [call["errno"] for call in platform.calls("download")] == [4, 2, 3, 5]


def test_download_of_a_cancelled_task_may_finish_but_not_upgrade(platform):
    device, task, tid = prepared(platform)
    device.progress(tid, 1)
    platform.order(task, "cancel")
    assert device.download(tid, "bytes=0-5").content == b"111111"
    assert (device.progress(tid, 101), device.state(tid)) == (22, 6)


# -- faults ------------------------------------------------------------------------------------

def test_faults_speak_the_dialect(platform):
    device, task, tid = prepared(platform)
    platform.faults({"call": "check", "errno": 12014}, {"call": "download", "digit": "6"},
                    {"call": "token", "data": {"status": 9}}, {"call": "progress", "errno": 777})
    reply = device.check()
    assert (reply["code"], reply["msg"]) == (12014, "task has expired")
    assert device.download(tid).headers["Ota-Errno"] == "6"
    assert device.state(tid) == 9
    assert device.progress(tid, 10) == 777
    assert platform.task(task)["state"] == "waiting"
    platform.faults({"call": "check", "data": {"tid": 2**64, "size": "22"}, "without": ["md5"]})
    data = device.check()["data"]
    assert (data["tid"], data["size"], "md5" in data) == (2**64, "22", False)
    platform.faults({"call": "check", "framing": "chunked"}, {"call": "download", "flip": 3})
    reply = device.request("GET", "check?type=2&version=V1")
    assert reply.headers["Transfer-Encoding"] == "chunked" and json.loads(reply.content)["code"] == 0
    assert device.download(tid, "bytes=2-11").content == b"111\xce111111"


# -- all dialects at once ----------------------------------------------------------------------

def test_one_task_in_all_dialects(platform):
    fuse, task, tid = prepared(platform)
    old, studio = south.Device(platform), Device(platform, root="ota")
    token = old.new_token()
    assert studio.number() == tid
    assert fuse.state(tid) == 1
    assert old.token(token) == 0
    assert (fuse.state(tid), studio.state(tid)) == (2, 2)
    assert fuse.download(tid).content == old.download(token).content == studio.download(tid).content
    assert fuse.progress(tid, 40) == 0 and studio.progress(tid, 50) == 0
    assert old.progress(token, 101) == 0
    assert fuse.state(tid) == 3 and fuse.progress(tid, 201) == 0
    assert old.progress(token, 201) == 20 and platform.task(task)["state"] == "done"
    assert old.check()["errno"] == 11 and studio.check()["errno"] == 10
    assert fuse.check()["code"] == 12012
    assert {call["dialect"] for call in platform.calls()} == {"south", "fuse", "studio"}


def test_studio_speaks_the_older_envelope(platform):
    device = Device(platform, root="ota")
    assert device.call("POST", "version", {"f_version": "1.00", "s_version": "1.00"}) == {
        "errno": 0, "error": "succ"}
    assert device.request("GET", "version").content == (
        b'{"errno":0,"error":"succ","data":{"f_version":"1.00","s_version":"1.00"}}')
    assert device.check()["errno"] == 10
    task = platform.add_task(platform.add_package(b"x" * 560, target="2.00"))
    reply = device.request("GET", "check?type=2&version=1.00")
    data = {"target": "2.00", "tid": platform.task(task)["tid"], "size": 560,
            "md5": platform.task(task)["md5"], "status": 1, "type": 1}
    body = json.dumps({"errno": 0, "error": "succ", "data": data}, separators=(",", ":"))
    assert reply.content == body.encode()
    tid = data["tid"]
    assert device.version({}) == 2 and device.progress("7", 1) == 18
    assert device.version({"s_version": "V1"}, authorization=None) == 1
    platform.order(task, "pause")
    assert (device.state(tid), device.check()["errno"]) == (-19, 19)
    platform.order(task, "cancel")
    assert (device.state(tid), device.progress(tid, 101)) == (6, 22)
    assert device.download(tid).headers["Ota-Errno"] == "5"


def test_calls_are_recorded_and_secrets_are_kept(platform):
    device, task, tid = prepared(platform)
    device.state(tid)
    device.download(tid, "bytes=2-9")
    device.progress(tid, 30)
    calls = platform.calls()
    assert [call["call"] for call in calls] == ["check", "token", "download", "progress"]
    assert [call["errno"] for call in calls] == [0, 0, None, 0]
    assert all(call["authorization"] and call["dialect"] == "fuse" for call in calls)
    log = platform.log()
    for secret in ("sign=", platform.device_key, USER_KEY):
        assert secret not in log

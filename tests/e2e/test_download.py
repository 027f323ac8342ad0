"""The device against links and servers that misbehave: ranges, framings, broken connections, answers
that are none. Either the image arrives whole, or the platform hears the truth."""

import base64
import random
import socket
import time
from email.utils import formatdate

import pytest

from device import Scene

IMAGE = random.Random(2).randbytes(60_000)
ATTEMPTS = 8   # of a round
UPDATED, ENDED, NO_ANSWER = 0, 3, 4


def run_with(scene, *faults, image=IMAGE, **fields):
    task = scene.offer(image, **fields)
    scene.faults(*faults)
    return task, scene.device.once()


def assert_updated(scene, run, image=IMAGE):
    assert run.status == UPDATED, run
    assert scene.device.image() == image
    assert scene.taken()[-2:] == [101, 201]
    assert sorted(set(scene.taken())) == scene.taken()


def assert_given_up(scene, task, run, reason="download: timed out"):
    assert run.status == ENDED, run
    assert scene.task(task)["state"] == "failed" and scene.task(task)["reason"] == reason
    assert scene.device.image() == scene.device.old_image


def forms(scene):
    """What the Range headers looked like."""
    kinds = {"b": "bytes", "": "none"}
    return [kinds.get((call["range"] or "")[:1], "bare") for call in scene.calls("download")]


# -- ranges ------------------------------------------------------------------------------------

def test_range_without_a_unit_alone_is_understood(scene):
    _, run = run_with(scene, {"call": "download", "range": "bare"})
    assert_updated(scene, run)
    assert forms(scene)[:2] == ["bytes", "bare"] and set(forms(scene)[1:]) == {"bare"}


def test_range_ignored_loads_the_whole_file(scene):
    _, run = run_with(scene, {"call": "download", "range": "ignore"})
    assert_updated(scene, run)
    assert forms(scene) == ["bytes", "bare", "none"]


def test_range_ignored_in_the_middle_is_not_believed(scene):
    """A server that took ranges before takes them now: this answer is not for this request."""
    _, run = run_with(scene, {"call": "download", "range": "ignore", "nth": 4})
    assert_updated(scene, run)
    assert set(forms(scene)) == {"bytes"}


SPOILT = [
    {"range_shift": 1}, {"range_shift": -1}, {"range_shift": 16384}, {"range_total": 60_001}, {"range_total": 1},
    {"headers": {"Content-Range": None}}, {"headers": {"Content-Range": "bytes */60000"}},
    {"headers": {"Content-Range": "bytes 0-99999999999999999999/60000"}},
    {"headers": {"Content-Range": "bytes 10-5/60000"}}, {"headers": {"Content-Length": "5"}},
    {"headers": {"Content-Length": "-1"}}, {"headers": {"Content-Length": "99999999999"}},
    {"range": "ignore", "framing": "chunked"}, {"status": 416}, {"status": 404}, {"status": 500}]


@pytest.mark.rows("spoilt", south=SPOILT, fuse=[SPOILT[2], *SPOILT[5:8], *SPOILT[-4:]])
class TestSpoiltRange:
    def test_range_spoilt_a_few_times_is_asked_for_again(self, scene, spoilt):
        _, run = run_with(scene, {"call": "download", "nth": 2, "count": 3, **spoilt})
        assert_updated(scene, run)

    def test_range_spoilt_for_good_is_104_and_writes_nothing(self, scene, dialect, spoilt):
        task, run = run_with(scene, {"call": "download", **spoilt})
        assert_given_up(scene, task, run)
        assert scene.steps() == [*dialect.begin, 104] and run.of("progress") == []
        assert len(scene.calls("download")) == ATTEMPTS


# -- framings ----------------------------------------------------------------------------------

@pytest.mark.parametrize("fault", [
    {"framing": "length"}, {"framing": "close"}, {"framing": "chunked", "chunk": 1},
    {"framing": "chunked", "chunk": 7}, {"split": 1}, {"framing": "chunked", "chunk": 3, "split": 1},
    {"headers": {"X-Long": "x" * 480}}, {"headers": {f"X-{n}": "y" * 50 for n in range(20)}},
    {"headers": {"Content-Type": None}}, {"headers": {"Connection": None}},
    {"headers": {"Connection": "close"}}], ids=lambda fault: str(fault)[:60])
def test_framing_of_json(scene, fault):
    rules = [{"call": call, **fault} for call in ("version", "check", "token", "progress")]
    _, run = run_with(scene, *rules)
    assert_updated(scene, run)
    assert run.errors == []


@pytest.mark.parametrize("fault", [
    {"framing": "chunked"}, {"framing": "chunked", "chunk": 1000}, {"framing": "close"}, {"split": 100},
    {"framing": "chunked", "chunk": 1, "split": 500}], ids=str)
def test_framing_of_the_download(scene, fault):
    image = IMAGE[:20_000]
    _, run = run_with(scene, {"call": "download", **fault}, image=image)
    assert_updated(scene, run, image)
    assert run.errors == []


@pytest.mark.parametrize("raw", [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: </x>\r\n\r\n"
    "HTTP/1.1 200 \r\nContent-Length: {length}\r\n\r\n{body}",
    "HTTP/1.1 200 \r\nContent-Length: {length}\r\n\r\n{body}and more",
    "HTTP/1.0 200 OK\r\ncontent-type:application/json\r\n\r\n{body}",
    "HTTP/1.1 200 All is well\r\nTRANSFER-ENCODING:  Chunked \r\n\r\n"
    "{length:X};name=value\r\n{body}\r\n000\r\nTrailer: x\r\n\r\n",
    "HTTP/1.1 200\r\nContent-Length: {length}\r\n\r\n{body}"],
    ids=["interim", "and more", "1.0", "extension and trailer", "no blank"])
def test_framing_of_other_servers(scene, dialect, raw):
    no_task = dialect.answer(dialect.none)
    raw = raw.format(body=no_task, length=len(no_task))
    scene.faults({"call": "check", "raw": raw, "close_at": 10**6})
    run = scene.device.once()
    assert run.status == UPDATED and run.errors == [], run


@pytest.mark.parametrize("raw", [
    "", "SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "\0" * 100, "HTTP/1.1 \r\n\r\n",
    "HTTP/2 200 \r\n\r\n", "HTTP/1.1 20x \r\n\r\n", "HTTP/1.1 200 \r\nX: " + "x" * 5000,
    "HTTP/1.1 200 \r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
    "HTTP/1.1 200 \r\nContent-Length: 50\r\n\r\n{\"errno\":11", "HTTP/1.1 200 \r\n" + "X: y\r\n" * 2000],
    ids=lambda raw: repr(raw[:30]))
@pytest.mark.only("south")
def test_answer_that_is_no_http_is_tried_again_later(scene, raw):
    scene.offer(IMAGE)
    scene.faults({"call": "check", "raw": raw, "close_at": 10**6})
    run = scene.device.once()
    assert run.status == NO_ANSWER, run
    assert set(run.reasons) <= {"peer", "network"} and scene.steps() == []


# -- the link ----------------------------------------------------------------------------------

@pytest.mark.rows(
    "how, place",
    south=[(how, place) for how in ("close_at", "reset_at") for place in (2, 15, 100, 3000)],
    fuse=[("close_at", 15), ("reset_at", 3000)])
def test_link_that_always_breaks_but_moves_on_uses_no_retry(scene, how, place):
    image = IMAGE if place > 100 else IMAGE[:20 * place]
    _, run = run_with(scene, {"call": "download", how: place}, image=image)
    assert_updated(scene, run, image)
    if how == "close_at":
        assert scene.downloaded() == len(image)


@pytest.mark.rows("retry", south=[0, 2], fuse=[0])
def test_link_that_brings_nothing_is_104_after_the_rounds(scene, dialect, retry):
    task, run = run_with(scene, {"call": "download", "close_at": 0, "from": "reply"}, retry=retry)
    assert_given_up(scene, task, run)
    # the first of a round goes out twice: a kept connection that dies before an answer is no attempt
    assert len(scene.calls("download")) == (ATTEMPTS + 1) * (retry + 1)
    assert scene.steps() == [*dialect.begin, 104] and set(run.reasons) == {"network", "retries"}


def test_link_that_breaks_seven_times_goes_on(scene):
    _, run = run_with(scene, {"call": "download", "reset_at": 0, "nth": 3, "count": 7})
    assert_updated(scene, run)


def test_link_that_pauses_goes_on(scene):
    _, run = run_with(scene, {"call": "download", "stall_at": 5000, "stall_ms": 100})
    assert_updated(scene, run)
    assert run.errors == []


@pytest.mark.only("south")
def test_link_that_is_slow_goes_on(scene):
    _, run = run_with(scene, {"call": "download", "rate": 100_000}, {"call": "any", "delay_ms": 20})
    assert_updated(scene, run)
    assert run.errors == []


@pytest.mark.parametrize("how", ["close_at", "reset_at"])
def test_kept_connection_that_ends_after_each_answer_is_opened_again(scene, how):
    """Without a word: as a server does after an idle time."""
    image = IMAGE[:20_000]
    _, run = run_with(scene, {"call": "any", how: 10**7}, image=image)
    assert_updated(scene, run, image)
    assert run.errors == [] or how == "reset_at"


@pytest.mark.rows("requests", south=[1, 2, 3, 7], fuse=[2])
def test_connection_with_few_requests_is_opened_again(start_platform, tmp_path, dialect, requests):
    platform = start_platform("--requests-per-connection", str(requests))
    scene = Scene(platform, tmp_path, dialect)
    _, run = run_with(scene)
    assert_updated(scene, run)
    assert run.errors == []
    assert max(call["request"] for call in scene.calls()) <= requests


@pytest.mark.only("south")
def test_platform_that_restarts_meanwhile(start_platform, tmp_path, dialect):
    platform = start_platform()
    scene = Scene(platform, tmp_path, dialect, backoff="0.3:0.6")
    task = scene.offer(IMAGE, retry=5)
    scene.faults({"call": "download", "rate": 150_000})
    process = scene.device.start("--once")
    process.until("progress", percent=40)
    platform.restart()
    run = process.wait()
    scene.device.end()
    assert_updated(scene, run)
    assert scene.task(task)["state"] == "done" and "network" in run.reasons


# -- answers of somebody else ------------------------------------------------------------------

PORTAL = ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" %
          (len(page := "<html><head><title>Wi-Fi login</title></head>" + " " * 900 + "</html>"), page))


def test_portal_instead_of_the_platform(scene):
    scene.offer(IMAGE)
    scene.faults({"call": "any", "raw": PORTAL})
    run = scene.device.once()
    assert run.status == NO_ANSWER, run
    assert set(run.errors) == {("peer", 200)}
    assert 'not OneNET? body="<html><head><title>Wi-Fi login' in run.log
    assert "no proxy or portal between" in run.log


@pytest.mark.parametrize("http, reason", [(502, "server"), (403, "auth"), (404, "peer")])
def test_long_page_of_an_error_counts_by_its_status(scene, http, reason):
    page = PORTAL.replace("200 OK", f"{http} Error")
    scene.faults({"call": "check", "raw": page})
    run = scene.device.once()
    assert run.status == NO_ANSWER and set(run.errors) == {(reason, http)}, run


def test_portal_in_the_middle_of_the_download(scene):
    _, run = run_with(scene, {"call": "download", "raw": PORTAL, "nth": 3, "count": 4})
    assert_updated(scene, run)


def test_portal_short_as_an_answer_is_quoted_in_the_log(scene):
    scene.faults({"call": "version", "raw_base64": base64.b64encode(
        b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n<html>Please\x1b[2J login\x07\r\n").decode()})
    run = scene.device.once()
    assert run.status == NO_ANSWER
    assert "not OneNET? body=" in run.log and "<html>Please.[2J login" in run.log
    assert "\x1b" not in run.log and "\x07" not in run.log


REDIRECTED = [("check", NO_ANSWER), ("download", ENDED)]


@pytest.mark.rows(
    "call, status, http",
    south=[(*call, http) for call in REDIRECTED for http in (301, 302, 303, 307, 308)],
    fuse=[(*call, 302) for call in REDIRECTED])
def test_redirect_is_not_followed(scene, call, status, http):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        place = "http://127.0.0.1:%d/ota/south/check" % elsewhere.getsockname()[1]
        _, run = run_with(scene, {"call": call, "status": http, "headers": {"Location": place}})
        assert run.status == status, run
        assert ("peer", http) in run.errors
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


@pytest.mark.rows(
    "call, value",
    south=[(call, value) for call in ("check", "download") for value in ("1", "0", "date")],
    fuse=[("download", "1")])
def test_retry_after_is_waited_for(scene, call, value):
    value = formatdate(time.time() + 2, usegmt=True) if value == "date" else value
    scene.offer(IMAGE)
    scene.faults({"call": call, "nth": 1, "status": 503, "headers": {"Retry-After": value}})
    begin = time.monotonic()
    run = scene.device.once()
    assert_updated(scene, run)
    assert 1.0 <= time.monotonic() - begin < 10 and run.errors == [("server", 503)]


@pytest.mark.only("south")
def test_address_of_the_task_is_not_used(scene):
    """ipPort could send the device to any host: it is shown to the application, no more."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        place = "127.0.0.1:%d" % elsewhere.getsockname()[1]
        _, run = run_with(scene, {"call": "check", "data": {"ipPort": place}})
        assert_updated(scene, run)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

"""What only the younger dialects have: numbers for tasks, states of them, Ota-Errno, a clock in words."""

import random
import time

import pytest

IMAGE = random.Random(3).randbytes(60_000)
UPDATED, ENDED, NO_ANSWER = 0, 3, 4
STEPS = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 101, 201]

pytestmark = pytest.mark.only("fuse")


@pytest.fixture
def fuse(scene):
    return scene


def assert_updated(scene, task, run):
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"


# -- the whole of it ---------------------------------------------------------------------------

@pytest.mark.parametrize("form, root", [("fuse", "/fuse-ota/"), ("studio", "/ota/")])
def test_whole_update(fuse, form, root):
    task = fuse.offer(IMAGE)
    run = fuse.device.once(dialect=form)
    assert_updated(fuse, task, run)
    assert fuse.order_of_calls() == [
        "version", "check", "token", 1, "download", *[part for step in range(10, 100, 10)
                                                      for part in (step, "download")],
        101, 201, "version"]
    assert fuse.steps() == fuse.taken() == STEPS
    calls = fuse.calls()
    assert {call["dialect"] for call in calls} == {form}
    assert all(call["authorization"] and call["path"].startswith(root) for call in calls)
    assert all(call["range"].startswith("bytes=") for call in fuse.calls("download"))


def test_killed_download_goes_on_and_status_shows_it(fuse):
    task = fuse.offer(IMAGE)
    process = fuse.device.start("--once")
    process.until("progress", percent=50)
    process.kill()
    status = fuse.device.status()
    assert status["task"]["target"] == "2.0"
    stored = status["task"]["stored"]
    seen = len(fuse.calls("download"))
    assert_updated(fuse, task, fuse.device.once())
    first = fuse.calls("download")[seen]["range"].removeprefix("bytes=").partition("-")[0]
    assert int(first) == stored
    assert fuse.steps().count(1) == 1   # the second {tid}/check says 2


# -- numbers -----------------------------------------------------------------------------------

@pytest.mark.parametrize("tid", [2**53 + 1, 2**64 - 1, str(2**53 + 1), str(2**64 - 1)])
def test_number_of_64_bits_is_sent_as_it_came(fuse, tid):
    fuse.offer(IMAGE)
    fuse.faults({"call": "check", "data": {"tid": tid}, "nth": 1})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors == [("over", 12012)], run
    assert fuse.calls("token")[0]["path"].endswith(f"/{tid}/check")


def test_number_in_quotes_is_one(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "check", "data": {"tid": str(fuse.task(task)["tid"])}})
    assert_updated(fuse, task, fuse.device.once())


def test_task_without_thresholds_does_not_wait_for_battery_or_signal(fuse):
    task = fuse.offer(IMAGE, power=90, signal=90)   # the platform does not tell them here
    assert_updated(fuse, task, fuse.device.once(battery=1, signal=1))


# -- states ------------------------------------------------------------------------------------

@pytest.mark.parametrize("status, reason", [(4, "over"), (5, "over"), (6, "cancelled")])
def test_state_ends_the_task_without_a_report(fuse, status, reason):
    fuse.offer(IMAGE)
    fuse.faults({"call": "token", "data": {"status": status}})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors == [(reason, status)], run
    assert fuse.steps() == [] and fuse.downloaded() == 0


def test_state_upgrading_asks_for_the_task_once(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "token", "data": {"status": 3}, "nth": 1})
    assert_updated(fuse, task, fuse.device.once())
    assert fuse.order_of_calls()[:5] == ["version", "check", "token", "check", "token"]


@pytest.mark.parametrize("data", [{"status": 0}, {"status": 7}, {"status": -1}, {"status": "x"}, {"status": None}])
def test_unknown_state_is_asked_for_again(fuse, data):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "token", "data": data, "count": 2})
    assert_updated(fuse, task, fuse.device.once())
    assert len(fuse.calls("token")) == 3


def test_download_that_goes_on_is_not_announced(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "token", "data": {"status": 2}})
    assert_updated(fuse, task, fuse.device.once())
    assert fuse.steps() == STEPS[1:]


def test_refused_announcement_stops_nothing(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 1, "errno": 12016})
    assert_updated(fuse, task, fuse.device.once())


# -- codes -------------------------------------------------------------------------------------

@pytest.mark.parametrize("code", [12016, 20, 12013, 17])
def test_101_refused_and_the_task_is_the_same_installs(fuse, code):
    """12016: 101 after 100, or after a 101 whose answer was lost."""
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 101, "errno": code, "handled": True})
    assert_updated(fuse, task, fuse.device.once())
    assert fuse.steps().count(101) == 1


# -- Ota-Errno ---------------------------------------------------------------------------------

def test_errno_5_of_a_task_that_is_cancelled_ends_it(fuse):
    task = fuse.offer(IMAGE)
    fuse.platform.order(task, "pause")
    fuse.faults({"call": "check", "body": '{"code":0,"msg":"succ","data":{"target":"2.0","tid":1300001,'
                 '"size":60000,"md5":"00000000000000000000000000000000","type":1}}'},
                {"call": "token", "data": {"status": 2}, "nth": 1, "body": '{"code":0,"data":{"status":2}}'},
                {"call": "token", "body": '{"code":0,"data":{"status":6}}'},
                {"call": "download", "digit": "5"})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors[-1] == ("cancelled", 6), run
    assert fuse.steps() == []


@pytest.mark.parametrize("fault", [{"digit": "6"}, {"errno": 10403}, {"status": 401}])
def test_refused_authorization_of_a_download_is_made_anew_once(fuse, fault):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "download", "nth": 2, **fault})
    run = fuse.device.once()
    assert_updated(fuse, task, run)
    assert run.errors == []
    task = fuse.offer(IMAGE, target="3.0")
    seen = len(fuse.calls("download"))
    fuse.faults({"call": "download", "count": 0, **fault})
    run = fuse.device.once()
    assert run.status == NO_ANSWER and len(fuse.calls("download")) - seen == 2, run


# -- ranges, clock -----------------------------------------------------------------------------

def test_time_that_a_refusal_tells_is_used(fuse):
    """The platform's clock is a year ahead: the next Authorization is good for an hour from there."""
    now = int(time.time()) + 365 * 24 * 3600
    body = f'{{"code":10403,"msg":"request has expired:expire=1,now={now}","request_id":"1"}}'
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "version", "nth": 1, "body": body})
    assert_updated(fuse, task, fuse.device.once())
    assert len(fuse.calls("version")) == 3 and fuse.steps() == STEPS

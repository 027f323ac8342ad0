"""What only the younger dialects have: numbers for tasks, states of them, Ota-Errno, a window for et."""

import random
import time

import pytest

IMAGE = random.Random(3).randbytes(60_000)
UPDATED, ENDED, NO_ANSWER, POSTPONED = 0, 3, 4, 5
STEPS = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 101, 201]
USER = {"res": "userid/112", "auth_version": "2022-05-01", "key": "b25lb3RhLWRlbW8tdXNlci1rZXk="}


@pytest.fixture
def fuse(scene):
    """The scene's device, by its name and with its own key."""
    scene.device.options.update(dialect="fuse", device=f"device-{scene.ident}",
                                key=scene.platform.device_key)
    return scene


def assert_updated(scene, task, run):
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"


# -- the whole of it ---------------------------------------------------------------------------

@pytest.mark.parametrize("dialect, root", [("fuse", "/fuse-ota/"), ("studio", "/ota/")])
def test_whole_update(fuse, dialect, root):
    task = fuse.offer(IMAGE)
    run = fuse.device.once(dialect=dialect)
    assert_updated(fuse, task, run)
    assert fuse.order_of_calls() == [
        "version", "check", "token", 1, "download", *[part for step in range(10, 100, 10)
                                                      for part in (step, "download")],
        101, 201, "version"]
    assert fuse.steps() == fuse.taken() == STEPS
    calls = fuse.calls()
    assert {call["dialect"] for call in calls} == {dialect}
    assert all(call["authorization"] and call["path"].startswith(root) for call in calls)
    assert all(call["range"].startswith("bytes=") for call in fuse.calls("download"))


@pytest.mark.parametrize("options", [
    {}, {"sign": "sha256"}, {"sign": "md5"}, {"auth_version": "2022-05-01"}, USER,
    {**USER, "sign": "sha256"}, {"res": "product", "key": "b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk="}])
def test_forms_of_authorization(fuse, options):
    task = fuse.offer(IMAGE)
    assert_updated(fuse, task, fuse.device.once(**options))


def test_refused_form_of_authorization_is_told(fuse):
    run = fuse.device.once(auth_version="2022-05-01", res="product", key=fuse.platform.product_key)
    assert run.status == NO_ANSWER and run.errors == [("auth", 10403)]
    assert fuse.order_of_calls() == ["version", "version"]


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


def test_pending_result_is_shown_and_delivered(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 201, "errno": 10500})
    assert fuse.device.once().status == NO_ANSWER
    status = fuse.device.status()
    assert (status["version"], status["pending"]) == ("2.0", 201)
    fuse.faults()
    assert_updated(fuse, task, fuse.device.once())


# -- numbers -----------------------------------------------------------------------------------

@pytest.mark.parametrize("tid", [0, -1, 1.5, 2**64, "0", "-1", "x", "1/../2", "007", "", None, [1], True])
def test_number_that_is_none_is_unusable(fuse, tid):
    fuse.offer(IMAGE)
    fuse.faults({"call": "check", "data": {"tid": tid}})
    run = fuse.device.once()
    assert run.status == NO_ANSWER and set(run.errors) == {("answer", 0)}, run
    assert {call["call"] for call in fuse.calls()} == {"version", "check"}


@pytest.mark.parametrize("tid", [2**53 + 1, 2**64 - 1, str(2**53 + 1), str(2**64 - 1)])
def test_number_of_64_bits_is_sent_as_it_came(fuse, tid):
    fuse.offer(IMAGE)
    fuse.faults({"call": "check", "data": {"tid": tid}, "nth": 1})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors == [("over", 12012)], run
    assert fuse.calls("token")[0]["path"].endswith(f"/{tid}/check")


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

@pytest.mark.parametrize("code", [12012, 12013, 12014])
def test_check_without_a_task_is_nothing_to_do(fuse, code):
    fuse.faults({"call": "check", "errno": code})
    run = fuse.device.once()
    assert run.status == UPDATED and run.errors == []
    assert fuse.order_of_calls() == ["version", "check"]


@pytest.mark.parametrize("call", ["version", "check"])
@pytest.mark.parametrize("code, reason, count", [
    (10001, "config", 1), (12015, "config", 1), (10410, "config", 1), (10407, "config", 1),
    (12020, "config", 1), (10403, "auth", 2), (500, "server", 5), (10422, "server", 5),
    (4242, "unknown", 5)])
def test_refused_before_there_is_a_task(fuse, call, code, reason, count):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": call, "errno": code})
    run = fuse.device.once()
    assert run.status == NO_ANSWER and set(run.errors) == {(reason, code)}, run
    assert len(fuse.calls(call)) == count
    fuse.faults()
    assert_updated(fuse, task, fuse.device.once())


@pytest.mark.parametrize("call", ["token", "download"])
@pytest.mark.parametrize("code, reason", [
    (12012, "over"), (12013, "over"), (12014, "over"), (10407, "over"), (12002, "over"), (20, "over"),
    (18, "over"), (22, "cancelled")])
def test_task_is_over(fuse, call, code, reason):
    fuse.offer(IMAGE)
    fuse.faults({"call": call, "errno": code})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors == [(reason, code)], run
    assert 101 not in fuse.steps() and fuse.device.status()["task"] is None


@pytest.mark.parametrize("code", [12016, 20, 12013, 17])
def test_101_refused_and_the_task_is_the_same_installs(fuse, code):
    """12016: 101 after 100, or after a 101 whose answer was lost."""
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 101, "errno": code, "handled": True})
    assert_updated(fuse, task, fuse.device.once())
    assert fuse.steps().count(101) == 1


def test_101_refused_as_cancelled_never_installs(fuse):
    fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 101, "errno": 22})
    run = fuse.device.once()
    assert run.status == ENDED and fuse.device.image() == fuse.device.old_image
    assert 201 not in fuse.steps()


@pytest.mark.parametrize("code", [12016, 20, 12012, 12013, 12014, 12, 17, 21])
def test_result_that_is_refused_counts_as_delivered(fuse, code):
    fuse.offer(IMAGE)
    fuse.faults({"call": "progress", "step": 201, "errno": code})
    run = fuse.device.once()
    assert run.status == UPDATED and fuse.steps().count(201) == 1, run
    assert fuse.device.status()["pending"] is None


# -- Ota-Errno ---------------------------------------------------------------------------------

@pytest.mark.parametrize("digit", ["1", "2", "3"])
def test_file_that_cannot_be_had_is_107(fuse, digit):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "download", "digit": digit})
    run = fuse.device.once()
    assert run.status == ENDED and run.errors[-1] == ("package", int(digit)), run
    assert fuse.steps()[-1] == 107 and len(fuse.calls("download")) == 1
    assert fuse.task(task)["state"] == "failed"


@pytest.mark.parametrize("fault", [{"digit": "4"}, {"errno": 10422}, {"errno": 10426}])
def test_file_that_cannot_be_had_now_is_tried_again_and_then_107(fuse, fault):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "download", "nth": 2, "count": 3, **fault})
    assert_updated(fuse, task, fuse.device.once())
    task = fuse.offer(IMAGE, target="3.0")
    fuse.faults({"call": "download", "count": 0, **fault})
    seen = len(fuse.calls("download"))
    run = fuse.device.once()
    assert run.status == ENDED and fuse.steps()[-1] == 107, run
    assert len(fuse.calls("download")) - seen == 8


def test_errno_5_asks_for_the_state_of_the_task(fuse):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "download", "digit": "5", "nth": 2})
    assert_updated(fuse, task, fuse.device.once())
    assert len(fuse.calls("token")) == 2


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

@pytest.mark.parametrize("understood, forms", [
    ("bytes", {"bytes="}), ("bare", {"bytes=", ""}), ("ignore", {"bytes=", "", None})])
def test_form_of_a_range_is_found_out(fuse, understood, forms):
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "download", "range": understood})
    assert_updated(fuse, task, fuse.device.once())
    seen = {call["range"] and ("bytes=" if "bytes=" in call["range"] else "")
            for call in fuse.calls("download")}
    assert seen == forms


def test_time_that_a_refusal_tells_is_used(fuse):
    """The platform's clock is a year ahead: the next Authorization is good for an hour from there."""
    now = int(time.time()) + 365 * 24 * 3600
    body = f'{{"code":10403,"msg":"request has expired:expire=1,now={now}","request_id":"1"}}'
    task = fuse.offer(IMAGE)
    fuse.faults({"call": "version", "nth": 1, "body": body})
    assert_updated(fuse, task, fuse.device.once())
    assert len(fuse.calls("version")) == 3 and fuse.steps() == STEPS

"""Every code that the platform may answer, on every call: the exit status, what is reported, and what
stays. The rows are the tables of the platform's documents."""

import random

import pytest

IMAGE = random.Random(1).randbytes(30_000)
TRIES = 5          # attempts in a row that come to nothing, then --once gives up
ATTEMPTS = 8       # of a round of the download

UPDATED, ENDED, NO_ANSWER, POSTPONED = 0, 3, 4, 5


def run_with(scene, *faults, **fields):
    """One run against a task and these faults: (task, run)."""
    task = scene.offer(IMAGE, **fields)
    scene.faults(*faults)
    return task, scene.device.once()


def assert_goes_on(scene, task):
    """Nothing was lost: once the platform answers well again, the update happens."""
    scene.faults()
    assert scene.device.image() == scene.device.old_image
    run = scene.device.once()
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE and scene.task(task)["state"] == "done"


# -- report version ----------------------------------------------------------------------------

@pytest.mark.parametrize("errno, reason, calls", [
    (1, "auth", 2), (2, "config", 1), (26, "config", 1), (27, "config", 1), (7, "server", TRIES),
    (999, "unknown", TRIES), (-1, "unknown", TRIES)])
def test_version_refused(scene, errno, reason, calls):
    task, run = run_with(scene, {"call": "version", "errno": errno})
    assert run.status == NO_ANSWER, run
    assert scene.order_of_calls() == ["version"] * calls
    assert set(run.errors) == {(reason, errno)}
    assert_goes_on(scene, task)


# -- check task --------------------------------------------------------------------------------

@pytest.mark.parametrize("errno, status, reason, calls", [
    (1, NO_ANSWER, "auth", 2), (2, NO_ANSWER, "config", 1), (26, NO_ANSWER, "config", 1),
    (27, NO_ANSWER, "config", 1), (5116, NO_ANSWER, "quota", 1), (7, NO_ANSWER, "server", TRIES),
    (999, NO_ANSWER, "unknown", TRIES), (8, ENDED, "mismatch", 1), (9, ENDED, "mismatch", 1),
    (10, POSTPONED, "postponed", 1), (19, POSTPONED, "postponed", 1)])
def test_check_refused(scene, errno, status, reason, calls):
    task, run = run_with(scene, {"call": "check", "errno": errno})
    assert run.status == status, run
    assert scene.order_of_calls()[:2] == ["version", "check"] and scene.steps() == []
    assert len(scene.calls("check")) == calls
    assert set(run.errors) == {(reason, errno)}
    assert_goes_on(scene, task)


@pytest.mark.parametrize("errno", [11, 13])
def test_check_finds_no_task(scene, errno):
    task, run = run_with(scene, {"call": "check", "errno": errno})
    assert run.status == UPDATED and run.errors == []
    assert scene.order_of_calls() == ["version", "check"]
    assert_goes_on(scene, task)


def test_check_that_wants_a_version_gets_one_and_is_made_again(scene):
    task, run = run_with(scene, {"call": "check", "errno": 32})
    assert run.status == UPDATED, run
    assert scene.order_of_calls() == ["version", "check", "version", "check"]
    assert_goes_on(scene, task)


def test_check_that_wanted_a_version_once_goes_on(scene):
    _, run = run_with(scene, {"call": "check", "errno": 32, "nth": 1})
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[:5] == ["version", "check", "version", "check", "token"]
    assert scene.device.image() == IMAGE


@pytest.mark.parametrize("data", [
    {"target": "a b"}, {"target": ""}, {"target": "1" * 21}, {"target": 2}, {"token": "ota_/../x"},
    {"token": "ota_\r\nX: y"}, {"token": "t" * 65}, {"token": ""}, {"token": None}, {"md5": "0" * 31},
    {"md5": "0" * 33}, {"md5": "g" * 32}, {"md5": ""}, {"size": -1}, {"size": "x"}, {"size": 1.5},
    {"size": [1]}, {"type": "two"}, {"type": -1}, {"target": {"a": 1}}], ids=str)
def test_check_with_an_unusable_field_does_nothing(scene, data):
    task, run = run_with(scene, {"call": "check", "data": data})
    assert run.status == NO_ANSWER, run
    assert scene.order_of_calls() == ["version", *["check"] * TRIES]
    assert set(run.reasons) == {"answer"}
    assert_goes_on(scene, task)


@pytest.mark.parametrize("member", ["target", "token", "size", "md5"])
def test_check_without_a_needed_field_does_nothing(scene, member):
    task, run = run_with(scene, {"call": "check", "without": [member]})
    assert run.status == NO_ANSWER, run
    assert set(run.reasons) == {"answer"} and scene.steps() == []
    assert_goes_on(scene, task)


@pytest.mark.parametrize("fault", [
    {"without": ["type"]}, {"without": ["signal", "power", "retry", "interval"]},
    {"data": {"size": str(len(IMAGE))}}, {"data": {"extra": {"deep": [1, 2, {"x": None}]}}},
    {"data": {"signal": -5, "power": 1000, "retry": "x", "interval": None}},
    {"data": {"ipPort": "172.19.3.3:8002"}}, {"data": {"ipPort": "not an address"}}], ids=str)
def test_check_with_odd_but_usable_fields_is_carried_out(scene, fault):
    _, run = run_with(scene, {"call": "check", **fault})
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", "<html>", '{"errno":0', '{"errno":"zero"}', '{"error":"succ"}',
    '{"errno":0}' + " " * 600, "[" * 300, '{"errno":0,"data":' + "[" * 40 + "]" * 40 + "}"],
    ids=lambda body: repr(body[:24]))
def test_check_that_is_not_onenet(scene, body):
    task, run = run_with(scene, {"call": "check", "body": body})
    assert run.status == NO_ANSWER, run
    assert set(run.reasons) == {"peer"} and scene.steps() == []
    assert len(scene.calls("check")) == TRIES
    assert_goes_on(scene, task)


# -- check token -------------------------------------------------------------------------------

@pytest.mark.parametrize("errno, status, reason", [
    (1, NO_ANSWER, "auth"), (2, NO_ANSWER, "config"), (7, NO_ANSWER, "server"),
    (999, NO_ANSWER, "unknown"), (19, POSTPONED, "postponed")])
def test_token_check_put_off(scene, errno, status, reason):
    task, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == status, run
    assert set(run.errors) == {(reason, errno)} and scene.steps() == []
    assert scene.calls("download") == []
    assert scene.device.status()["task"]["target"] == "2.0"
    assert_goes_on(scene, task)


@pytest.mark.parametrize("errno", [4, 12, 15, 17, 21, 23])
def test_token_refused_once_is_replaced(scene, errno):
    _, run = run_with(scene, {"call": "token", "errno": errno, "nth": 1})
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[:5] == ["version", "check", "token", "check", "token"]
    assert len(scene.calls("check")) == 2 and scene.device.image() == IMAGE


@pytest.mark.parametrize("errno", [4, 12, 15, 17, 21, 23])
def test_token_refused_again_ends_the_task_without_a_report(scene, errno):
    _, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", "check", "token"]
    assert run.of("ended")[-1] == {"event": "ended", "reason": "over", "step": 0}
    assert scene.device.status()["task"] is None


@pytest.mark.parametrize("errno, reason", [(18, "over"), (20, "over"), (22, "cancelled")])
def test_token_of_a_task_that_is_over(scene, errno, reason):
    _, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token"]
    assert run.of("ended")[-1]["reason"] == reason and scene.device.status()["task"] is None


# -- download ----------------------------------------------------------------------------------

@pytest.mark.parametrize("digit", ["1", "2"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_download_of_a_package_that_is_not_there_is_107(scene, digit, framing):
    task, run = run_with(scene, {"call": "download", "digit": digit, "framing": framing})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", "download", 107]
    assert scene.task(task)["state"] == "failed"
    assert run.errors == [("package", int(digit))]


@pytest.mark.parametrize("digit", ["3", "5"])
def test_download_refused_once_goes_on_after_a_token_check(scene, digit):
    _, run = run_with(scene, {"call": "download", "digit": digit, "nth": 3})
    assert run.status == UPDATED, run
    assert scene.order_of_calls().count("token") == 2 and scene.device.image() == IMAGE
    assert scene.downloaded() == len(IMAGE) + len("1\r\n3\r\n0\r\n\r\n")


@pytest.mark.parametrize("digit", ["3", "5"])
def test_download_refused_for_good_is_107_while_the_task_is_ours(scene, digit):
    task, run = run_with(scene, {"call": "download", "digit": digit})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", "download", "token",
                                      "download", 107]
    assert scene.task(task)["state"] == "failed"


def test_download_refused_of_a_task_that_is_not_ours_is_not_reported(scene):
    _, run = run_with(scene, {"call": "download", "digit": "3"},
                      {"call": "token", "nth": 2, "errno": 17}, {"call": "check", "nth": 2, "errno": 11})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", "download", "token", "check"]


@pytest.mark.parametrize("digit", ["4", "6"])
@pytest.mark.parametrize("retry", [0, 1])
def test_download_that_cannot_be_had_now_is_107_after_the_rounds(scene, digit, retry):
    task, run = run_with(scene, {"call": "download", "digit": digit}, retry=retry)
    assert run.status == ENDED, run
    assert len(scene.calls("download")) == ATTEMPTS * (retry + 1)
    assert scene.steps() == [107] and scene.task(task)["state"] == "failed"


@pytest.mark.parametrize("digit", ["4", "6"])
def test_download_that_could_not_be_had_a_few_times_goes_on(scene, digit):
    _, run = run_with(scene, {"call": "download", "digit": digit, "nth": 2, "count": 7})
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE


@pytest.mark.parametrize("errno, status", [
    (12, UPDATED), (17, UPDATED), (18, ENDED), (20, ENDED), (22, ENDED), (19, POSTPONED),
    (7, UPDATED)])
def test_download_answered_with_json(scene, errno, status):
    json = {"call": "download", "nth": 2, "body": '{"errno":%d,"error":"x"}' % errno, "status": 200,
            "headers": {"Content-Range": None, "Content-Type": "application/json"},
            "framing": "chunked"}
    _, run = run_with(scene, json)
    assert run.status == status, run
    assert not [step for step in scene.steps() if step > 100] or status == UPDATED


# -- progress ----------------------------------------------------------------------------------

@pytest.mark.parametrize("errno", [1, 2, 7, 12, 17, 19, 20, 21, 22, 999])
def test_progress_refused_stops_nothing_and_is_not_repeated(scene, errno):
    rules = [{"call": "progress", "step": step, "errno": errno} for step in range(10, 100, 10)]
    _, run = run_with(scene, *rules)
    assert run.status == UPDATED, run
    assert sorted(set(scene.steps())) == [*range(10, 100, 10), 101, 201]
    if errno != 1:   # that one is signed anew, once
        assert len(scene.steps()) == 11


def test_progress_lost_stops_nothing_and_is_not_repeated(scene):
    rules = [{"call": "progress", "step": step, "reset_at": 0, "from": "reply"}
             for step in range(10, 100, 10)]
    _, run = run_with(scene, *rules)
    assert run.status == UPDATED, run
    assert [step for step, _ in run.reports] == [*range(10, 100, 10), 101, 201]


# -- 101 ---------------------------------------------------------------------------------------

def fault_101(errno, **more):
    return {"call": "progress", "step": 101, "errno": errno, **more}


@pytest.mark.parametrize("errno, status, reason", [
    (1, NO_ANSWER, "auth"), (2, NO_ANSWER, "config"), (24, NO_ANSWER, "config"),
    (7, NO_ANSWER, "server"), (999, NO_ANSWER, "unknown"), (19, POSTPONED, "postponed")])
def test_101_put_off_installs_nothing(scene, errno, status, reason):
    task, run = run_with(scene, fault_101(errno))
    assert run.status == status, run
    assert run.of("ready") == [] and set(run.errors) == {(reason, errno)}
    assert scene.device.status()["pending"] == 101
    calls = len(scene.calls())
    assert_goes_on(scene, task)
    assert [call["step"] for call in scene.calls()[calls:]] == [101, 201, None]   # no new download


@pytest.mark.parametrize("errno", [17, 20, 21])
def test_101_refused_installs_when_the_task_is_still_offered(scene, errno):
    _, run = run_with(scene, fault_101(errno))
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[-4:] == [101, "check", 201, "version"]
    assert scene.device.image() == IMAGE


@pytest.mark.parametrize("errno", [17, 20, 21])
def test_101_refused_of_a_task_that_is_gone_installs_nothing(scene, errno):
    _, run = run_with(scene, fault_101(errno), {"call": "check", "nth": 2, "errno": 11})
    assert run.status == ENDED, run
    assert scene.steps()[-1] == 101 and run.of("ended")[-1]["reason"] == "over"
    assert scene.device.image() == scene.device.old_image
    assert scene.device.status()["task"] is None


@pytest.mark.parametrize("changed", [{"md5": "0" * 32}, {"size": 5}, {"target": "3.0"}, {"type": 2}],
                         ids=str)
def test_101_refused_and_another_task_in_its_place_installs_nothing(scene, changed):
    _, run = run_with(scene, fault_101(20, nth=1), {"call": "check", "nth": 2, "data": changed})
    assert run.of("ready") == [] or run.status == UPDATED, run
    first = scene.steps().index(101)
    assert 201 not in scene.steps()[:first + 1]
    assert run.of("ended")[0]["reason"] == "over"


def test_101_with_an_expired_token_is_repeated_with_the_new_one(scene):
    _, run = run_with(scene, fault_101(12, nth=1))
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[-5:] == [101, "check", 101, 201, "version"]
    assert scene.calls("progress")[-2]["path"] != scene.calls("progress")[-3]["path"]


@pytest.mark.parametrize("errno, reason", [(22, "cancelled"), (18, "over")])
def test_101_of_a_task_that_is_over_installs_nothing(scene, errno, reason):
    _, run = run_with(scene, fault_101(errno))
    assert run.status == ENDED, run
    assert scene.order_of_calls()[-1] == 101 and run.of("ended")[-1]["reason"] == reason
    assert scene.device.image() == scene.device.old_image


def test_101_answered_invalid_state_in_words_alone(scene):
    reply = {"body": '{"errno":999,"error":"invalid state"}', "handled": True}
    _, run = run_with(scene, {"call": "progress", "step": 101, **reply})
    assert run.status == UPDATED, run
    assert "check" in scene.order_of_calls()[-4:]


# -- results -----------------------------------------------------------------------------------

@pytest.mark.parametrize("errno", [12, 17, 18, 20, 21, 22])
@pytest.mark.parametrize("trial, step, status", [("pass", 201, UPDATED), ("fail", 206, ENDED)])
def test_result_refused_counts_as_delivered(scene, errno, trial, step, status):
    scene.offer(IMAGE)
    scene.faults({"call": "progress", "step": step, "errno": errno})
    run = scene.device.once("--trial", trial)
    assert run.status == status, run
    assert scene.steps().count(step) == 1
    assert scene.order_of_calls()[-2:] == [step, "version"]
    assert scene.device.status()["pending"] is None


@pytest.mark.parametrize("errno, calls, reason, status", [
    (7, TRIES, "server", NO_ANSWER), (999, TRIES, "unknown", NO_ANSWER), (1, 2, "auth", NO_ANSWER),
    (2, 1, "config", NO_ANSWER), (24, 1, "config", NO_ANSWER), (19, 1, "postponed", POSTPONED)])
@pytest.mark.parametrize("trial, step, end", [("pass", 201, UPDATED), ("fail", 206, ENDED)])
def test_result_that_is_not_delivered_stays_pending(scene, errno, calls, reason, status, trial, step, end):
    task = scene.offer(IMAGE)
    scene.faults({"call": "progress", "step": step, "errno": errno})
    run = scene.device.once("--trial", trial)
    assert run.status == status, run
    assert scene.steps().count(step) == calls and set(run.reasons) - {"rejected"} == {reason}
    assert scene.device.status()["pending"] == step

    scene.faults()
    before = len(scene.calls())
    run = scene.device.once("--trial", trial)
    assert run.status == end, run
    later = scene.calls()[before:]
    assert [call["step"] or call["call"] for call in later] == [step, "version"]
    assert scene.task(task)["state"] == ("done" if step == 201 else "failed")
    assert scene.device.status()["pending"] is None


def test_result_102_is_delivered_in_the_next_run(scene):
    task = scene.offer(IMAGE)
    scene.faults({"call": "progress", "errno": 7})
    assert scene.device.once(slot_size=4096).status == NO_ANSWER
    assert scene.device.status()["pending"] == 102
    scene.faults()
    assert scene.device.once().status == ENDED
    assert scene.task(task)["reason"] == "download: no space"


# -- HTTP statuses -----------------------------------------------------------------------------

@pytest.mark.parametrize("http, reason", [
    (500, "server"), (502, "server"), (503, "server"), (504, "server"), (429, "server"),
    (404, "peer"), (400, "peer"), (302, "peer"), (418, "peer"), (204, "peer")])
@pytest.mark.parametrize("call", ["check", "token"])
def test_http_status_instead_of_an_answer(scene, call, http, reason):
    task, run = run_with(scene, {"call": call, "status": http})
    assert run.status == NO_ANSWER, run
    assert set(run.errors) == {(reason, http)} and len(scene.calls(call)) == TRIES
    assert_goes_on(scene, task)


@pytest.mark.parametrize("http", [401, 403])
def test_http_status_that_refuses_the_authorization(scene, http):
    task, run = run_with(scene, {"call": "check", "status": http})
    assert run.status == NO_ANSWER, run
    assert set(run.errors) == {("auth", http)} and len(scene.calls("check")) == 2
    assert_goes_on(scene, task)


@pytest.mark.parametrize("http", [400, 404, 500, 503])
def test_http_status_beside_a_code_does_not_count(scene, http):
    _, run = run_with(scene, {"call": "check", "status": http, "handled": True,
                              "body": '{"errno":11,"error":"no task"}'})
    assert run.status == UPDATED, run
    assert run.errors == []

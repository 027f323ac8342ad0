"""Every code that the platform may answer, on every call: the exit status, what is reported, and what
stays. The rows are the tables of the platform's documents."""

import random

import pytest

from dialects import FUSE, SOUTH

IMAGE = random.Random(1).randbytes(30_000)
TRIES = 5          # attempts in a row that come to nothing, then --once gives up
ATTEMPTS = 8       # of a round of the download

UPDATED, ENDED, NO_ANSWER, POSTPONED = 0, 3, 4, 5

# Codes of fuse-ota, by what they mean.
WRONG_REQUEST = (10001, 12001, 12004, 12015, 10408, 10409, 10410)
IN_TROUBLE = (500, 10500)
NO_FILE = (10422, 10423, 10424, 10425, 10426)
GONE = (12012, 12013, 12014)                               # no task, or not this one any more
HOPELESS = (10407, 12002, 12003, 12010, 12011, 12020)


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

@pytest.mark.rows(
    "errno, reason, calls",
    south=[(1, "auth", 2), (2, "config", 1), (26, "config", 1), (27, "config", 1), (7, "server", TRIES),
           (999, "unknown", TRIES), (-1, "unknown", TRIES)],
    fuse=[(10403, "auth", 2), (10001, "config", 1), (10410, "config", 1), (10407, "config", 1),
          (12020, "config", 1), (10500, "server", TRIES), (10422, "server", TRIES), (7, "server", TRIES),
          (12016, "unknown", TRIES), (999, "unknown", TRIES), (-1, "unknown", TRIES)])
def test_version_refused(scene, errno, reason, calls):
    task, run = run_with(scene, {"call": "version", "errno": errno})
    assert run.status == NO_ANSWER, run
    assert scene.order_of_calls() == ["version"] * calls
    assert set(run.errors) == {(reason, errno)}
    assert_goes_on(scene, task)


# -- check task --------------------------------------------------------------------------------

@pytest.mark.rows(
    "errno, status, reason, calls",
    south=[(1, NO_ANSWER, "auth", 2), (2, NO_ANSWER, "config", 1), (26, NO_ANSWER, "config", 1),
           (27, NO_ANSWER, "config", 1), (5116, NO_ANSWER, "quota", 1), (7, NO_ANSWER, "server", TRIES),
           (999, NO_ANSWER, "unknown", TRIES), (8, ENDED, "mismatch", 1), (9, ENDED, "mismatch", 1),
           (10, POSTPONED, "postponed", 1), (19, POSTPONED, "postponed", 1)],
    fuse=[(10403, NO_ANSWER, "auth", 2), (1, NO_ANSWER, "auth", 2), (2, NO_ANSWER, "config", 1),
          *[(code, NO_ANSWER, "config", 1) for code in (*WRONG_REQUEST, *HOPELESS)],
          *[(code, NO_ANSWER, "server", TRIES) for code in (*IN_TROUBLE, *NO_FILE, 7)],
          *[(code, NO_ANSWER, "unknown", TRIES) for code in (12016, 999)],
          (19, POSTPONED, "postponed", 1)])
def test_check_refused(scene, errno, status, reason, calls):
    task, run = run_with(scene, {"call": "check", "errno": errno})
    assert run.status == status, run
    assert scene.order_of_calls()[:2] == ["version", "check"] and scene.steps() == []
    assert len(scene.calls("check")) == calls
    assert set(run.errors) == {(reason, errno)}
    assert_goes_on(scene, task)


@pytest.mark.rows("errno", south=[11, 13], fuse=GONE)
def test_check_finds_no_task(scene, errno):
    task, run = run_with(scene, {"call": "check", "errno": errno})
    assert run.status == UPDATED and run.errors == []
    assert scene.order_of_calls() == ["version", "check"]
    assert_goes_on(scene, task)


@pytest.mark.only("south")
def test_check_that_wants_a_version_gets_one_and_is_made_again(scene):
    task, run = run_with(scene, {"call": "check", "errno": 32})
    assert run.status == UPDATED, run
    assert scene.order_of_calls() == ["version", "check", "version", "check"]
    assert_goes_on(scene, task)


@pytest.mark.only("south")
def test_check_that_wanted_a_version_once_goes_on(scene):
    _, run = run_with(scene, {"call": "check", "errno": 32, "nth": 1})
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[:5] == ["version", "check", "version", "check", "token"]
    assert scene.device.image() == IMAGE


UNUSABLE = [
    {"target": "a b"}, {"target": ""}, {"target": "1" * 21}, {"target": 2}, {"md5": "0" * 31},
    {"md5": "0" * 33}, {"md5": "g" * 32}, {"md5": ""}, {"size": -1}, {"size": "x"}, {"size": 1.5},
    {"size": [1]}, {"type": "two"}, {"type": -1}, {"target": {"a": 1}}]


@pytest.mark.rows(
    "data",
    south=[*UNUSABLE, *[{"token": text} for text in ("ota_/../x", "ota_\r\nX: y", "t" * 65, "", None)]],
    fuse=[*UNUSABLE, *[{"tid": number} for number in (
        0, -1, 1.5, 1e3, 2**64, 10**20, "0", "-1", "1.5", "x", "1/../2", "007", " 7", "7\r\nX: y", "", str(2**64),
        None, [1], {}, True)]])
def test_check_with_an_unusable_field_does_nothing(scene, data):
    task, run = run_with(scene, {"call": "check", "data": data})
    assert run.status == NO_ANSWER, run
    assert scene.order_of_calls() == ["version", *["check"] * TRIES]
    assert set(run.reasons) == {"answer"}
    assert_goes_on(scene, task)


@pytest.mark.parametrize("member", ["target", "handle", "size", "md5"])
def test_check_without_a_needed_field_does_nothing(scene, dialect, member):
    member = dialect.handle if member == "handle" else member
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


NOT_ONENET = [
    "", "{", "[]", "null", "<html>", '{"CODE":0', '{"CODE":"zero"}', '{"error":"succ"}',
    '{"CODE":0}' + " " * 600, "[" * 300, '{"CODE":0,"data":' + "[" * 40 + "]" * 40 + "}"]


@pytest.mark.rows("body", south=NOT_ONENET, fuse=NOT_ONENET[5:9])
def test_check_that_is_not_onenet(scene, dialect, body):
    task, run = run_with(scene, {"call": "check", "body": body.replace("CODE", dialect.code)})
    assert run.status == NO_ANSWER, run
    assert set(run.reasons) == {"peer"} and scene.steps() == []
    assert len(scene.calls("check")) == TRIES
    assert_goes_on(scene, task)


def test_check_of_the_other_dialect_is_not_onenet(scene, dialect):
    other = SOUTH if dialect is FUSE else FUSE
    task, run = run_with(scene, {"call": "check", "body": other.answer(other.none)})
    assert run.status == NO_ANSWER and set(run.reasons) == {"peer"}, run
    assert_goes_on(scene, task)


# -- check token -------------------------------------------------------------------------------

@pytest.mark.rows(
    "errno, status, reason",
    south=[(1, NO_ANSWER, "auth"), (2, NO_ANSWER, "config"), (7, NO_ANSWER, "server"),
           (999, NO_ANSWER, "unknown"), (19, POSTPONED, "postponed")],
    fuse=[(10403, NO_ANSWER, "auth"), *[(code, NO_ANSWER, "config") for code in WRONG_REQUEST],
          *[(code, NO_ANSWER, "server") for code in (*IN_TROUBLE, *NO_FILE)],
          (12016, NO_ANSWER, "unknown"), (999, NO_ANSWER, "unknown"), (19, POSTPONED, "postponed")])
def test_token_check_put_off(scene, errno, status, reason):
    task, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == status, run
    assert set(run.errors) == {(reason, errno)} and scene.steps() == []
    assert scene.calls("download") == []
    assert scene.device.status()["task"]["target"] == "2.0"
    assert_goes_on(scene, task)


@pytest.mark.rows("errno", south=[4, 12, 15, 17, 21, 23], fuse=[12, 17, 21])
def test_token_refused_once_is_replaced(scene, errno):
    _, run = run_with(scene, {"call": "token", "errno": errno, "nth": 1})
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[:5] == ["version", "check", "token", "check", "token"]
    assert len(scene.calls("check")) == 2 and scene.device.image() == IMAGE


@pytest.mark.rows("errno", south=[4, 12, 15, 17, 21, 23], fuse=[12, 17, 21])
def test_token_refused_again_ends_the_task_without_a_report(scene, errno):
    _, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", "check", "token"]
    assert run.of("ended")[-1] == {"event": "ended", "reason": "over", "step": 0}
    assert scene.device.status()["task"] is None


@pytest.mark.rows(
    "errno, reason", south=[(18, "over"), (20, "over"), (22, "cancelled")],
    fuse=[*[(code, "over") for code in (*GONE, *HOPELESS, 18, 20)], (22, "cancelled")])
def test_token_of_a_task_that_is_over(scene, errno, reason):
    _, run = run_with(scene, {"call": "token", "errno": errno})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token"]
    assert run.of("ended")[-1]["reason"] == reason and scene.device.status()["task"] is None


# -- download ----------------------------------------------------------------------------------

@pytest.mark.rows(
    "digit, framing",
    south=[(digit, framing) for digit in "12" for framing in ("chunked", "length", "close")],
    fuse=[("1", "length"), ("2", "chunked"), ("2", "close"), ("3", "length")])
def test_download_of_a_package_that_is_not_there_is_107(scene, dialect, digit, framing):
    task, run = run_with(scene, {"call": "download", "digit": digit, "framing": framing})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", *dialect.begin, "download", 107]
    assert scene.task(task)["state"] == "failed"
    assert run.errors == [("package", int(digit))]


@pytest.mark.rows("digit", south=["3", "5"], fuse=["5"])
def test_download_refused_once_goes_on_after_a_token_check(scene, dialect, digit):
    _, run = run_with(scene, {"call": "download", "digit": digit, "nth": 3})
    assert run.status == UPDATED, run
    assert scene.order_of_calls().count("token") == 2 and scene.device.image() == IMAGE
    assert scene.downloaded() == len(IMAGE) + dialect.digit_bytes


@pytest.mark.rows("digit", south=["3", "5"], fuse=["5"])
def test_download_refused_for_good_is_107_while_the_task_is_ours(scene, dialect, digit):
    task, run = run_with(scene, {"call": "download", "digit": digit})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", *dialect.begin, "download",
                                      "token", "download", 107]
    assert scene.task(task)["state"] == "failed"


def test_download_refused_of_a_task_that_is_not_ours_is_not_reported(scene, dialect):
    _, run = run_with(scene, {"call": "download", "digit": "5"},
                      {"call": "token", "nth": 2, "errno": 17},
                      {"call": "check", "nth": 2, "errno": dialect.none})
    assert run.status == ENDED, run
    assert scene.order_of_calls() == ["version", "check", "token", *dialect.begin, "download",
                                      "token", "check"]


@pytest.mark.rows(
    "fault, retry",
    south=[({"digit": digit}, retry) for digit in "46" for retry in (0, 1)],
    fuse=[({"digit": "4"}, 0), *[({"errno": code}, 0) for code in NO_FILE]])
def test_download_that_cannot_be_had_now_is_107_after_the_rounds(scene, dialect, fault, retry):
    task, run = run_with(scene, {"call": "download", **fault}, retry=retry)
    assert run.status == ENDED, run
    assert len(scene.calls("download")) == ATTEMPTS * (retry + 1)
    assert scene.steps() == [*dialect.begin, 107] and scene.task(task)["state"] == "failed"


@pytest.mark.rows("fault", south=[{"digit": "4"}, {"digit": "6"}], fuse=[{"digit": "4"}, {"errno": 10422}])
def test_download_that_could_not_be_had_a_few_times_goes_on(scene, fault):
    _, run = run_with(scene, {"call": "download", "nth": 2, "count": 7, **fault})
    assert run.status == UPDATED, run
    assert scene.device.image() == IMAGE


@pytest.mark.rows(
    "errno, status",
    south=[(12, UPDATED), (17, UPDATED), (18, ENDED), (20, ENDED), (22, ENDED), (19, POSTPONED),
           (7, UPDATED)],
    fuse=[(12, UPDATED), (17, UPDATED), *[(code, ENDED) for code in (*GONE, *HOPELESS, 18, 20, 22)],
          (19, POSTPONED), (10403, UPDATED), (10001, UPDATED), (10500, UPDATED), (10422, UPDATED),
          (12016, UPDATED), (999, UPDATED)])
def test_download_answered_with_json(scene, dialect, errno, status):
    json = {"call": "download", "nth": 2, "body": dialect.answer(errno), "status": 200,
            "headers": {"Content-Range": None, "Content-Type": "application/json"},
            "framing": "chunked"}
    _, run = run_with(scene, json)
    assert run.status == status, run
    assert not [step for step in scene.steps() if step > 100] or status == UPDATED


# -- progress ----------------------------------------------------------------------------------

@pytest.mark.rows(
    "errno", south=[1, 2, 7, 12, 17, 19, 20, 21, 22, 999],
    fuse=[10403, 10001, *GONE, 12016, 20])
def test_progress_refused_stops_nothing_and_is_not_repeated(scene, dialect, errno):
    rules = [{"call": "progress", "step": step, "errno": errno} for step in range(10, 100, 10)]
    _, run = run_with(scene, *rules)
    assert run.status == UPDATED, run
    assert sorted(set(scene.steps())) == [*dialect.marks, 101, 201]
    if errno != dialect.auth:   # that one is signed anew, once
        assert len(scene.steps()) == len(dialect.marks) + 2


def test_progress_lost_stops_nothing_and_is_not_repeated(scene, dialect):
    rules = [{"call": "progress", "step": step, "reset_at": 0, "from": "reply"}
             for step in range(10, 100, 10)]
    _, run = run_with(scene, *rules)
    assert run.status == UPDATED, run
    assert [step for step, _ in run.reports] == [*dialect.marks, 101, 201]


# -- 101 ---------------------------------------------------------------------------------------

def fault_101(errno, **more):
    return {"call": "progress", "step": 101, "errno": errno, **more}


@pytest.mark.rows(
    "errno, status, reason",
    south=[(1, NO_ANSWER, "auth"), (2, NO_ANSWER, "config"), (24, NO_ANSWER, "config"),
           (7, NO_ANSWER, "server"), (999, NO_ANSWER, "unknown"), (19, POSTPONED, "postponed")],
    fuse=[(10403, NO_ANSWER, "auth"), (10001, NO_ANSWER, "config"), (10410, NO_ANSWER, "config"),
          (10500, NO_ANSWER, "server"), (10422, NO_ANSWER, "server"), (999, NO_ANSWER, "unknown"),
          (19, POSTPONED, "postponed")])
def test_101_put_off_installs_nothing(scene, errno, status, reason):
    task, run = run_with(scene, fault_101(errno))
    assert run.status == status, run
    assert run.of("ready") == [] and set(run.errors) == {(reason, errno)}
    assert scene.device.status()["pending"] == 101
    calls = len(scene.calls())
    assert_goes_on(scene, task)
    assert [call["step"] for call in scene.calls()[calls:]] == [101, 201, None]   # no new download


@pytest.mark.rows("errno", south=[17, 20, 21], fuse=[12016, *GONE, 10407, 17, 20, 21])
def test_101_refused_installs_when_the_task_is_still_offered(scene, errno):
    _, run = run_with(scene, fault_101(errno))
    assert run.status == UPDATED, run
    assert scene.order_of_calls()[-4:] == [101, "check", 201, "version"]
    assert scene.device.image() == IMAGE


@pytest.mark.rows("errno", south=[17, 20, 21], fuse=[12016, *GONE, 20])
def test_101_refused_of_a_task_that_is_gone_installs_nothing(scene, dialect, errno):
    _, run = run_with(scene, fault_101(errno), {"call": "check", "nth": 2, "errno": dialect.none})
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


@pytest.mark.only("south")
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


def test_101_answered_invalid_state_in_words_alone(scene, dialect):
    reply = {"body": dialect.answer(999, "invalid state"), "handled": True}
    _, run = run_with(scene, {"call": "progress", "step": 101, **reply})
    assert run.status == UPDATED, run
    assert "check" in scene.order_of_calls()[-4:]


# -- results -----------------------------------------------------------------------------------

@pytest.mark.rows(
    "errno", south=[12, 17, 18, 20, 21, 22], fuse=[12016, *GONE, 10407, 20, 22])
@pytest.mark.parametrize("trial, step, status", [("pass", 201, UPDATED), ("fail", 206, ENDED)])
def test_result_refused_counts_as_delivered(scene, errno, trial, step, status):
    scene.offer(IMAGE)
    scene.faults({"call": "progress", "step": step, "errno": errno})
    run = scene.device.once("--trial", trial)
    assert run.status == status, run
    assert scene.steps().count(step) == 1
    assert scene.order_of_calls()[-2:] == [step, "version"]
    assert scene.device.status()["pending"] is None


@pytest.mark.rows(
    "errno, calls, reason, status",
    south=[(7, TRIES, "server", NO_ANSWER), (999, TRIES, "unknown", NO_ANSWER), (1, 2, "auth", NO_ANSWER),
           (2, 1, "config", NO_ANSWER), (24, 1, "config", NO_ANSWER), (19, 1, "postponed", POSTPONED)],
    fuse=[(10500, TRIES, "server", NO_ANSWER), (999, TRIES, "unknown", NO_ANSWER),
          (10403, 2, "auth", NO_ANSWER), (10001, 1, "config", NO_ANSWER), (19, 1, "postponed", POSTPONED)])
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


def test_result_102_is_delivered_in_the_next_run(scene, dialect):
    task = scene.offer(IMAGE)
    scene.faults({"call": "progress", "errno": dialect.server})
    assert scene.device.once(slot_size=4096).status == NO_ANSWER
    assert scene.device.status()["pending"] == 102
    scene.faults()
    assert scene.device.once().status == ENDED
    assert scene.task(task)["reason"] == "download: no space"


# -- HTTP statuses -----------------------------------------------------------------------------

HTTP = [(500, "server"), (502, "server"), (503, "server"), (504, "server"), (429, "server"),
        (404, "peer"), (400, "peer"), (302, "peer"), (418, "peer"), (204, "peer")]


@pytest.mark.rows(
    "call, http, reason",
    south=[(call, *row) for call in ("check", "token") for row in HTTP],
    fuse=[("check", *row) for row in HTTP[-4:]] + [("token", *row) for row in HTTP[:3]])
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
def test_http_status_beside_a_code_does_not_count(scene, dialect, http):
    _, run = run_with(scene, {"call": "check", "status": http, "handled": True,
                              "body": dialect.answer(dialect.none)})
    assert run.status == UPDATED, run
    assert run.errors == []

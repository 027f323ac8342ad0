"""The table of lies against oneota-device: each row in its dialects, told once and told for ever, over
a socket. README.md says what the columns mean, and what is judged besides.

The device is $ONEOTA_DEVICE, built with time-outs of a second (suites/hostile.sh), so that all rows
together take less than a minute: they run beside each other, before the first test.
"""

import asyncio
import hashlib
import json
import pathlib
import random
import shutil
import sys
from dataclasses import dataclass

import pytest

import row as rows
import server

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from device import OLD_IMAGE, Device  # noqa: E402

PACKAGE = random.Random(5).randbytes(3000)
SLOT = 16384
TASK = {"package": PACKAGE, "size": len(PACKAGE), "slot": SLOT, "target": "1.1", "version": "1.0",
        "md5": hashlib.md5(PACKAGE).hexdigest()}
BESIDE = 24              # devices at a time: most of them wait
LONGEST_S = 50
REQUESTS = 150
QUIET_S = 0.5            # in which a device that is to wait asks for nothing
AT_ONCE = {"auth": 2, "config": 1, "quota": 1, "postponed": 1}   # lies after which --once gives up
CONDITIONS = ("battery", "signal")

UPDATED, ENDED, NO_ANSWER, POSTPONED = 0, 3, 4, 5


@dataclass(frozen=True)
class Case:
    row: rows.Row
    dialect: str
    always: bool

    @property
    def end(self):
        return self.row.always if self.always else self.row.once

    @property
    def waits(self):
        """The server says when to ask again: only that it is waited for is seen here."""
        return self.row.once.after_s > 1

    @property
    def takes_long(self):
        return "timeout" in (self.row.once.reason, self.row.always.reason) or "$slow" in self.row.answer

    def __str__(self):
        told = "always" if self.always else "once"
        return f"{self.row.place}-{self.row.name}-{self.dialect}-{told}"


def cases_of(number, row):
    """A row of both dialects is told once in one of them, and for ever in the other: the process that
    has no sockets in it runs all four."""
    once = row.dialects[number % len(row.dialects)]
    always = row.dialects[(number + 1) % len(row.dialects)]
    return [Case(row, once, False), Case(row, always, True)]


CASES = [case for table in rows.TABLES for number, row in enumerate(rows.read(table))
         for case in cases_of(number, row)]


# -- running them ------------------------------------------------------------------------------

class Outcome:
    """What a device did: its exit status, its events, what its flash holds."""

    def __init__(self, told):
        self.server = told
        self.status = None
        self.events = []
        self.log = ""
        self.untouched = self.updated = False
        self.failure = None   # of this program

    def look_at_flash(self):
        """Untouched: the running image is as it was, and the boot control was never written to.
        Updated: the package is in the other slot, and the boot control was told."""
        kept = self.server.held(0, len(OLD_IMAGE)) == OLD_IMAGE
        settled = self.server.is_settled()
        self.untouched = kept and settled
        self.updated = kept and not settled and self.server.held(1, len(PACKAGE)) == PACKAGE

    def reasons(self):
        return [event["reason"] for event in self.events if event["event"] == "error"]

    def of(self, name):
        return [event for event in self.events if event["event"] == name]

    def __repr__(self):
        shown = [event for event in self.events if event["event"] not in ("progress", "state")]
        return (f"<status {self.status}, {self.server.lies} lies, {len(self.server.requests)} requests, "
                f"reported {self.server.ends}; {shown}; log:\n{self.log}>")


async def listen_until_it_waits(process, outcome):
    """Until the first failure was followed by silence."""
    while not outcome.reasons():
        line = await process.stdout.readline()
        if not line:
            return
        outcome.events.append(json.loads(line))
    requests = len(outcome.server.requests)
    await asyncio.sleep(QUIET_S)
    if len(outcome.server.requests) != requests:
        outcome.server.problems.append("it does not wait")
    process.kill()


async def listen(case, process, outcome):
    if case.waits:
        await listen_until_it_waits(process, outcome)
    out, log = await process.communicate()
    outcome.log += log.decode(errors="replace")
    outcome.events += [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]


async def run_once(case, command, outcome):
    """To its end; no device is left behind, whatever happens here."""
    process = await asyncio.create_subprocess_exec(
        *command, env=Device.environment(), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    try:
        await asyncio.wait_for(listen(case, process, outcome), LONGEST_S)
    finally:
        if process.returncode is None:
            process.kill()
        outcome.status = await process.wait()


def gives_up(case):
    """It ends before the truth is told; the next run finds it."""
    return not case.always and case.end.kind == "recovers" and case.end.reason in AT_ONCE


async def run_case(case, folder, turn):
    async with turn:
        folder.mkdir()
        state = folder / "state"
        outcome = Outcome(server.Server(case.row, case.dialect, case.always, TASK, state))
        await outcome.server.start()
        device = Device(folder, outcome.server.url, dialect=case.dialect, host=server.HOST,
                        device=server.DEVICE[case.dialect], slot_size=SLOT, battery=80, signal=20,
                        backoff="0.001:0.004", retry_floor="0.01")
        try:
            await run_once(case, device.command("--once"), outcome)
            if gives_up(case) and outcome.status in (NO_ANSWER, POSTPONED):
                await run_once(case, device.command("--once"), outcome)
            outcome.look_at_flash()
        except Exception as failure:   # of one case: the others go on
            outcome.failure = failure
        finally:
            outcome.server.stop()
            shutil.rmtree(folder)
        return outcome


@pytest.fixture(scope="session")
def outcomes(request, tmp_path_factory):
    """Of the cases that are to be tested, by case; those that take long begin first."""
    folder = tmp_path_factory.mktemp("hostile")
    chosen = [item.callspec.params["case"] for item in request.session.items]
    chosen.sort(key=lambda case: not case.takes_long)

    async def run():
        turn = asyncio.Semaphore(BESIDE)
        done = await asyncio.gather(*[run_case(case, folder / str(number), turn)
                                      for number, case in enumerate(chosen)])
        return dict(zip(chosen, done))

    return asyncio.run(run())


# -- the ends ----------------------------------------------------------------------------------

def lies_said(case, outcome):
    """Lies that a reason belongs to."""
    lies = outcome.server.lies
    if case.end.reason == "auth":
        return lies // 2   # the call is made again before anything is said
    silent = case.row.once.kind == "recovers" and not case.row.once.reason
    return lies - silent


def assert_recovers(case, outcome):
    assert outcome.status == UPDATED, outcome
    assert outcome.server.ends[-1] == 201 and set(outcome.server.ends) == {101, 201}, outcome
    assert outcome.updated and outcome.server.version == TASK["target"], outcome
    assert outcome.of("done")[-1]["version"] == TASK["target"], outcome
    assert set(outcome.reasons()) <= {case.end.reason}, outcome
    if case.end.reason:
        assert len(outcome.reasons()) == lies_said(case, outcome), outcome


def assert_refuses(case, outcome):
    reason = case.end.reason
    postponed = reason in CONDITIONS or reason == "postponed"
    assert outcome.status == (POSTPONED if postponed else NO_ANSWER), outcome
    assert set(outcome.reasons()) == {reason}, outcome
    assert reason in CONDITIONS or len(outcome.reasons()) == lies_said(case, outcome), outcome
    assert outcome.server.lies >= (1 if reason in CONDITIONS else AT_ONCE.get(reason, 2)), outcome
    if case.row.call == "201":
        assert set(outcome.server.ends) == {101, 201} and outcome.updated, outcome
    else:
        assert set(outcome.server.ends) <= ({101} if case.row.call == "101" else set()), outcome
        assert outcome.untouched, outcome


def assert_reports(case, outcome):
    assert outcome.status == ENDED, outcome
    assert outcome.server.ends[-1] == case.end.step, outcome
    assert set(outcome.server.ends[:-1]) <= ({101} if case.end.step > 200 else set()), outcome
    assert outcome.reasons()[-1] == case.end.reason and outcome.untouched, outcome
    once = case.row.once
    if once.kind == "recovers" and once.reason and once.reason != case.end.reason:
        others = [reason for reason in outcome.reasons() if reason == once.reason]
        assert len(others) == outcome.server.lies == len(outcome.reasons()) - 1, outcome


def assert_ends(case, outcome):
    assert outcome.status == ENDED, outcome
    assert set(outcome.reasons()) == {case.end.reason}, outcome
    assert [(event["reason"], event["step"]) for event in outcome.of("ended")] == [(case.end.reason, 0)]
    assert set(outcome.server.ends) <= ({101} if case.row.call == "101" else set()), outcome
    assert outcome.untouched, outcome


def assert_idle(case, outcome):
    assert outcome.status == UPDATED and outcome.reasons() == [], outcome
    assert outcome.server.ends == [] and outcome.untouched, outcome


def assert_waits(case, outcome):
    """Nothing more is asked until the time has come that the server has named."""
    assert set(outcome.reasons()) == {case.row.once.reason} and outcome.server.lies == 1, outcome
    for event in outcome.of("idle"):
        assert 0 <= case.row.once.after_s * 1000 - event["sleep_ms"] < 1000, outcome


ENDS = {"recovers": assert_recovers, "refuses": assert_refuses, "reports": assert_reports,
        "ends": assert_ends, "idle": assert_idle}


def assert_secret(case, outcome):
    said = outcome.log + json.dumps(outcome.events)
    for secret in ("ota_", "sign=", "&et=", "Authorization", "b25lb3RhLWRlbW8"):
        assert secret not in said, outcome


@pytest.mark.parametrize("case", CASES, ids=str)
def test_row(case, outcomes):
    outcome = outcomes[case]
    if outcome.failure:
        raise outcome.failure
    assert outcome.server.lies > 0, f"the lie was never told: {outcome}"
    assert outcome.server.problems == [], outcome
    assert len(outcome.server.requests) < REQUESTS, outcome
    assert_secret(case, outcome)
    (assert_waits if case.waits else ENDS[case.end.kind])(case, outcome)

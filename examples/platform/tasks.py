"""The life of a task: what devices and the operator may do to it, and what follows.

No HTTP and no dialect: a refusal is a `Refused` with a reason, which each dialect puts into its
own code.

    waiting --token check--> downloading --100 or 101--> upgrading --201--> done
"""

import re
import time
from collections import namedtuple

from store import VERSION_OF

FOTA, SOTA = 1, 2
KINDS = {"fota": FOTA, "1": FOTA, "sota": SOTA, "2": SOTA}
KIND_NAMES = {FOTA: "fota", SOTA: "sota"}
VERSION = re.compile(r"[A-Za-z0-9_.-]{1,20}")

WAITING, DOWNLOADING, UPGRADING = "waiting", "downloading", "upgrading"
DONE, FAILED, PAUSED, CANCELLED, EXPIRED = "done", "failed", "paused", "cancelled", "expired"
LIVE = (WAITING, DOWNLOADING, UPGRADING)
OPEN = LIVE + (PAUSED,)

CONSOLE_NAMES = {WAITING: "待升级", DOWNLOADING: "下载中", UPGRADING: "升级中", DONE: "升级完成",
                 FAILED: "升级失败", PAUSED: "已暂停", CANCELLED: "已取消", EXPIRED: "已过期"}

# Why nothing is accepted in a state outside LIVE.
CLOSED = {PAUSED: "paused", CANCELLED: "cancelled", DONE: "done", FAILED: "over",
          EXPIRED: "expired"}

FIRST_NUMBER = 1_300_000   # of tasks, where a dialect has numbers for them: they need 32 bits

Rule = namedtuple("Rule", "first last states next meaning")

# What a device may report, in which state, and the state that follows (None = the same).
# 2xx while waiting is named in one note of the platform's text and in no table: refused here.
STEPS = (
    Rule(0,   99,  (DOWNLOADING,),           None,      "percent downloaded"),
    Rule(100, 100, (DOWNLOADING,),           UPGRADING, "downloaded"),
    Rule(101, 101, (WAITING, DOWNLOADING),   UPGRADING, "downloaded"),
    Rule(102, 102, (WAITING, DOWNLOADING),   FAILED,    "download: no space"),
    Rule(103, 103, (WAITING, DOWNLOADING),   FAILED,    "download: memory overflow"),
    Rule(104, 104, (WAITING, DOWNLOADING),   FAILED,    "download: timed out"),
    Rule(105, 105, (WAITING, DOWNLOADING),   FAILED,    "download: low power"),
    Rule(106, 106, (WAITING, DOWNLOADING),   FAILED,    "download: bad signal"),
    Rule(107, 107, (WAITING, DOWNLOADING),   FAILED,    "download: unknown failure"),
    Rule(201, 201, (DOWNLOADING, UPGRADING), DONE,      "upgraded"),
    Rule(202, 202, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: low power"),
    Rule(203, 203, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: memory overflow"),
    Rule(204, 204, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: package does not match the target"),
    Rule(205, 205, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: MD5 failed"),
    Rule(206, 206, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: unknown failure"),
    Rule(207, 207, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: retries used up"),
    Rule(208, 208, (DOWNLOADING, UPGRADING), FAILED,    "upgrade: expired"),
)

# What the operator may order, in which state, and the state that follows (None = as before).
ORDERS = {
    "pause":  (LIVE,      PAUSED),
    "resume": ((PAUSED,), None),
    "cancel": (OPEN,      CANCELLED),
    "expire": (OPEN,      EXPIRED),
}


class Refused(Exception):
    """A call that changes nothing; `reason` is a key of every dialect's table of codes, and `text`
    says it in other words than usual."""

    def __init__(self, reason, text=None):
        super().__init__(reason)
        self.reason = reason
        self.text = text


def number_of(task):
    return FIRST_NUMBER + task["id"]


def rule_of(step):
    return next((rule for rule in STEPS if rule.first <= step <= rule.last), None)


class Tasks:
    def __init__(self, store, token_life_s, now=time.time):
        self.store = store
        self.token_life_s = token_life_s
        self.now = now

    # -- what a device does ------------------------------------------------------------------

    def report_version(self, device, versions):
        """versions: kind -> text. The report of a task's target finishes that task."""
        for kind, version in versions.items():
            self.store.set_version(device["id"], kind, version)
            for task in self._of(device, kind, OPEN):
                if self._package(task)["target"] == version:
                    self._move(task, DONE, reason="target version reported")
                else:
                    self.choose_delta(task, version)

    def offer(self, device, kind, version, model=None):
        """The task to carry out now, and its package. model: (manuf, model), where it is told."""
        self.store.set_version(device["id"], kind, version)
        task = self._current(device, kind)
        package = self._package(task)
        if model not in (None, (package["manuf"], package["model"])):
            self._move(task, FAILED, reason="manufacturer or model differs")
            raise Refused("model")
        if task["delta"] and package["base"] is None:
            raise Refused("no_delta")
        if package["from_version"] not in (None, version):
            self._move(task, FAILED, reason="version differs from the delta's initial version")
            raise Refused("base_version")
        return task, package

    def new_token(self, task):
        return self.store.issue_token(task["id"], self.now())

    def by_number(self, device, text):
        """The task of this device that has this number."""
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        task = self.store.task(number - FIRST_NUMBER)
        if task is None or task["device"] != device["id"]:
            raise Refused("owner")
        return self._aged(task)

    def by_token(self, device, token):
        """The task that this token of this device stands for."""
        known = self.store.token(token)
        task = self.store.task(known["task"]) if known else None
        if task is None or task["device"] != device["id"]:
            raise Refused("owner")
        if self._is_old(known):
            raise Refused("token_expired")
        return self._aged(task)

    def check_token(self, task, token):
        """Token good and task open; this is what starts the download."""
        self._require_open(task)
        if self.store.newest_token(task["id"])["token"] != token:
            raise Refused("stale_token")
        if task["state"] not in (WAITING, DOWNLOADING):
            raise Refused("state")
        self.start(task)

    def start(self, task):
        """The device is at it: a task that waits is downloaded now."""
        self._require_open(task)
        return self._move(task, DOWNLOADING) if task["state"] == WAITING else task

    def advance(self, task, step):
        """A reported step; refused steps change nothing."""
        rule = rule_of(step)
        if rule is None:
            raise Refused("parameter")
        self._require_open(task)
        if task["state"] not in rule.states:
            raise Refused("state")

        if rule.next == DONE:
            self.store.set_version(task["device"], task["kind"], self._package(task)["target"])
        changes = {"step": step}
        if step <= 100:
            changes["percent"] = step
        if rule.next in (DONE, FAILED):
            changes["reason"] = rule.meaning
        self._move(task, rule.next or task["state"], **changes)

    def package_of(self, token):
        """The package behind a token."""
        known = self.store.token(token)
        if known is None or self._is_old(known):
            raise Refused("owner")
        return self.package_for(self._aged(self.store.task(known["task"])))

    def package_for(self, task):
        """The package of a task. A device that was downloading when its task was paused or
        cancelled may finish the download, but not upgrade."""
        started = task["before"] in (DOWNLOADING, UPGRADING)
        if task["state"] in LIVE or (task["state"] in (PAUSED, CANCELLED) and started):
            return self._package(task)
        raise Refused("owner")

    def under_way(self, device, kind):
        """The task being downloaded or installed: (task, package, its newest token)."""
        tasks = self._of(device, kind, (DOWNLOADING, UPGRADING))
        token = self.store.newest_token(tasks[0]["id"]) if tasks else None
        if token is None:
            raise Refused("owner")
        if self._is_old(token):
            raise Refused("token_expired")
        return tasks[0], self._package(tasks[0]), token["token"]

    # -- what the operator does --------------------------------------------------------------

    def add(self, device, package, delta, start, expiry_s, **advice):
        now = self.now()
        start = start or now
        task = self.store.add_task(
            device=device["id"], kind=package["kind"], package=package["id"], delta=int(delta),
            state=WAITING, created=now, start=start,
            expires=start + expiry_s if expiry_s else None, **advice)
        self.choose_delta(task, device[VERSION_OF[package["kind"]]])
        return self.show(task["id"])

    def order(self, task, order):
        """Carries an order out; False when the task's state does not allow it."""
        task = self._aged(task)
        states, following = ORDERS[order]
        if task["state"] not in states:
            return False
        self._move(task, following or task["before"], reason=f"operator: {order}")
        return True

    def choose_delta(self, task, version):
        """A differential task takes, once, the delta that starts at the reported version."""
        if not task["delta"] or self._package(task)["base"] is not None:
            return
        for package in self.store.packages():
            if (package["base"], package["from_version"]) == (task["package"], version):
                self.store.change_task(task["id"], package=package["id"])

    def show(self, ident):
        """A task as the operator sees it."""
        task = self._aged(self.store.task(ident))
        package, token = self._package(task), self.store.newest_token(ident)
        kind = task.pop("kind")
        return {**task, "tid": number_of(task), "type": KIND_NAMES[kind], "delta": bool(task["delta"]), "state_text": CONSOLE_NAMES[task["state"]],
                "target": package["target"], "size": package["size"], "md5": package["md5"],
                "token": token and token["token"], "history": self.store.history(ident)}

    # -- inside ------------------------------------------------------------------------------

    def _package(self, task):
        return self.store.package(task["package"])

    def _is_old(self, token):
        return self.now() > token["issued"] + self.token_life_s

    def _aged(self, task):
        """The task after its expiry was looked at: nothing else watches the clock."""
        late = task["expires"] is not None and self.now() >= task["expires"]
        if late and task["state"] in OPEN:
            return self._move(task, EXPIRED, reason="expiry time reached")
        return task

    def _of(self, device, kind, states):
        aged = [self._aged(task) for task in self.store.tasks(device["id"])]
        return [task for task in aged if task["kind"] == kind and task["state"] in states]

    def _current(self, device, kind):
        """The oldest task that may run now; a paused one only shows that there is one."""
        due = [task for task in self._of(device, kind, OPEN) if task["start"] <= self.now()]
        for task in due:
            if task["state"] in LIVE:
                return task
        raise Refused("paused" if due else "no_task")

    def _require_open(self, task):
        if task["state"] in CLOSED:
            raise Refused(CLOSED[task["state"]])

    def _move(self, task, state, **changes):
        """The one place where a task changes its state. `before` is the last state in which it
        ran: a paused task goes on from there."""
        if task["state"] in LIVE:
            changes["before"] = task["state"]
        with self.store.transaction():
            self.store.change_task(task["id"], state=state, **changes)
            self.store.note(task["id"], self.now(), state, changes.get("step"))
        return self.store.task(task["id"])

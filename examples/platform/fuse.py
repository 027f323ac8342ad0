"""Dialect B: "fuse-ota", as iot-api.heclouds.com speaks it.

The device is named in the path, a task has a number instead of a token. Replies carry code, msg and
request_id, with a Content-Length; a download needs an authorization, and its errors stand in the
header Ota-Errno, with status 200.
"""

import re
import secrets

import auth
import wire
from calls import Dialect, Route
from common import kind_of, part_of, reported, reported_versions, running_version
from tasks import (CANCELLED, DONE, DOWNLOADING, FAILED, UPGRADING, WAITING, Refused, number_of,
                   rule_of)

VERSIONS = ("2018-10-31", "2022-05-01")
LONGEST_S = 10 * 365 * 24 * 3600   # how far ahead `et` may lie
OWNER = re.compile(r"products/([^/]+)(?:/devices/([^/]+))?")
EXPIRED_STEP = 208   # not in this dialect's list of steps

STATUS = {WAITING: 1, DOWNLOADING: 2, UPGRADING: 3, DONE: 4, FAILED: 5, CANCELLED: 6}

# Reasons that keep a package from being sent -> Ota-Errno. Of any other: no such task.
OTA_ERRNO = {"device": 1, "product": 1, "no_file": 2, "unreadable": 3, "wrong_size": 4, "auth": 6}
NO_TASK = 5


class Fuse:
    name = "fuse"
    root = "/fuse-ota"
    errors = {   # reason -> code, text
        "auth":         (10403, "auth failed"),
        "parameter":    (10001, "invalid parameter"),
        "version":      (10001, "invalid parameter"),
        "product":      (10408, "product not exist"),
        "device":       (10410, "device not exist"),
        "internal":     (10500, "internal error"),
        "base_version": (12011, "start version error"),
        "no_task":      (12012, "task not exist"),
        "no_delta":     (12012, "task not exist"),
        "owner":        (12012, "task not exist"),
        "done":         (12013, "task has succeeded"),
        "expired":      (12014, "task has expired"),
        "state":        (12016, "invalid step"),
        # older codes that show through
        "paused":       (19, "task paused"),
        "over":         (20, "task finish"),
        "cancelled":    (22, "task cancelled"),
    }

    # -- replies -------------------------------------------------------------------------------

    def json_reply(self, code, text, data=None):
        value = {"code": code, "msg": text}
        if data is not None:
            value["data"] = data
        value["request_id"] = secrets.token_hex(16)
        headers = [("Date", None), ("Content-Type", "application/json;charset=UTF-8"),
                   (wire.FRAMING, None), ("Connection", None), ("Access-Control-Allow-Headers", "*"),
                   ("Access-Control-Allow-Origin", "*"), ("Server", "nginx"), ("Pragma", "no-cache")]
        return wire.Reply(200, headers, wire.compact_json(value), wire.LENGTH, "OK", code=code)

    def success(self, data=None):
        return self.json_reply(0, "succ", data)

    def error(self, code):
        texts = {number: text for number, text in self.errors.values()}
        return self.json_reply(code, texts.get(code, "error"))

    def refusal(self, reason, text=None):
        code, usual = self.errors[reason]
        return self.json_reply(code, text or usual)

    def binary_reply(self, body, *more, ota_errno=0):
        """As captured: neither Date nor Connection, unless it is the last on its connection."""
        ranged = any(name == "Content-Range" for name, _ in more)
        headers = [("Content-Type", "application/octet-stream;charset=UTF-8"),
                   (wire.FRAMING, None), *more, ("Ota-Errno", str(ota_errno)), (wire.LAST, None)]
        status, reason = (206, "Partial Content") if ranged else (200, "OK")
        return wire.Reply(status, headers, body, wire.LENGTH, reason)

    def digit(self, text):
        reply = self.binary_reply(b"", ("Date", None), ota_errno=int(text))
        reply.code = int(text)
        return reply

    # -- who calls -----------------------------------------------------------------------------

    def key_of(self, call, version, res):
        """The key for a `res`: of a user, a product or a device. The newer version of the
        authorization refuses that of a product."""
        store = call.platform.store
        newer = version == VERSIONS[1]
        if newer and res.startswith("userid/"):
            return call.platform.users.get(res.removeprefix("userid/"))
        match = OWNER.fullmatch(res)
        if match is None or (newer and match[2] is None):
            return None
        owner = store.product(match[1]) if match[2] is None else store.device_named(*match.groups())
        return owner and owner["key"]

    def identify(self, call):
        """The device that makes this call, once its authorization was verified."""
        now = call.platform.now()
        fields = auth.parse(call.authorization or "") or {}
        res, problem = auth.verify(
            call.authorization, lambda res: self.key_of(call, fields["version"], res), now,
            VERSIONS, LONGEST_S)
        if problem:
            call.note = f"authorization: {problem}"
            text = None
            if problem.startswith("expired"):
                text = f"request has expired:expire={fields['et']},now={int(now)}"
            elif problem.startswith("et is too far ahead"):
                text = "token expire is too long,max expire limit 10 years"
            raise Refused("auth", text)
        product, name = call.match["product"], call.match["device"]
        owners = (f"products/{product}", f"products/{product}/devices/{name}")
        if res not in owners and not res.startswith("userid/"):
            call.note = "authorization: of another device or product"
            raise Refused("auth")
        if call.platform.store.product(product) is None:
            raise Refused("product")
        device = call.platform.store.device_named(product, name)
        if device is None:
            raise Refused("device")
        return device

    def task_of(self, call):
        device = self.identify(call)
        return call.platform.tasks.by_number(device, call.match["tid"])

    # -- the calls -----------------------------------------------------------------------------

    def report_version(self, call):
        device = self.identify(call)
        call.platform.tasks.report_version(device, reported_versions(call))
        return self.success()

    def read_version(self, call):
        device = self.identify(call)
        return self.success({name: device[name]
                             for name in ("f_version", "s_version") if device[name]})

    def check(self, call):
        device = self.identify(call)
        kind, version = kind_of(call), running_version(call)
        task, package = call.platform.tasks.offer(device, kind, version)
        return self.success({
            "target": package["target"], "tid": number_of(task), "size": package["size"],
            "md5": package["md5"], "status": STATUS[task["state"]],
            "type": 2 if package["base"] else 1})

    def check_task(self, call):
        """The state of a task; changes nothing."""
        task = self.task_of(call)
        if task["state"] not in STATUS:
            raise Refused(task["state"])   # paused, expired
        return self.success({"status": STATUS[task["state"]]})

    def download(self, call):
        try:
            package = call.platform.tasks.package_for(self.task_of(call))
            body, headers = part_of(call, package)
        except Refused as refused:
            return self.digit(str(OTA_ERRNO.get(refused.reason, NO_TASK)))
        return self.binary_reply(body, *headers)

    def report_status(self, call):
        """Progress starts the download here, and 100 counts as 101."""
        tasks, task = call.platform.tasks, self.task_of(call)
        step = reported(call, "step", "parameter")
        if rule_of(step) is None or step == EXPIRED_STEP:
            raise Refused("state")
        if step <= 100:
            task = tasks.start(task)
        tasks.advance(task, step)
        return self.success()

    def dialect(self):
        device = f"{self.root}/{{product}}/{{device}}"
        return Dialect(
            name=self.name, error=self.error, refusal=self.refusal, digit=self.digit,
            routes=(
                Route("POST", f"{device}/version", "version", self.report_version),
                Route("GET", f"{device}/version", "read_version", self.read_version),
                Route("GET", f"{device}/check", "check", self.check),
                Route("GET", f"{device}/{{tid}}/check", "token", self.check_task),
                Route("GET", f"{device}/{{tid}}/download", "download", self.download),
                Route("POST", f"{device}/{{tid}}/status", "progress", self.report_status),
            ))


DIALECT = Fuse().dialect()

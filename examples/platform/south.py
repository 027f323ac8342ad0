"""Dialect A: the "OTA 2.0 south API", as ota.heclouds.com speaks it.

Replies carry errno and error as chunked JSON with an empty reason phrase; the download's token is
in its path; its errors are one digit.
"""

import re

import auth
import wire
from calls import Dialect, Route
from common import kind_of, part_of, reported, reported_versions, running_version
from tasks import Refused

ERRORS = {   # reason -> errno, text
    "auth":          (1, "auth failed"),
    "parameter":     (2, "param error"),
    "owner":         (4, "token and device mismatch"),
    "internal":      (7, "internal error"),
    "model":         (8, "manuf or model mismatch"),
    "base_version":  (9, "version mismatch"),
    "no_task":       (11, "no task"),
    "token_expired": (12, "token expired"),
    "stale_token":   (15, "token is not the newest"),
    "state":         (17, "invalid state"),
    "paused":        (19, "task paused"),
    "over":          (20, "task finish"),
    "done":          (20, "task finish"),
    "expired":       (20, "task finish"),
    "operation":     (21, "invalid operation"),
    "cancelled":     (22, "task cancelled"),
    "result":        (24, "invalid result"),
    "device_id":     (26, "invalid dev_id"),
    "version":       (27, "version format error"),
    "no_delta":      (32, "no matching diff package"),
}
TEXTS = {errno: text for errno, text in ERRORS.values()}

# The older report call has codes of its own for some of the same reasons.
REPORT_REASONS = {"owner": "auth", "token_expired": "auth", "state": "operation",
                  "paused": "operation"}

# Reasons that keep a package from being sent -> the digit that comes instead.
DIGITS = {"no_file": "1", "wrong_size": "2", "owner": "3", "unreadable": "4"}


# -- replies -----------------------------------------------------------------------------------

def success(data=None):
    value = {"errno": 0, "error": "succ"}
    return json_reply(value if data is None else {**value, "data": data})


def error(errno):
    return json_reply({"errno": errno, "error": TEXTS.get(errno, "error")})


def refusal(reason, text=None):
    return error(ERRORS[reason][0])


def json_reply(value):
    headers = [("Server", "nginx"), ("Date", None),
               ("Content-Type", "application/json;charset=UTF-8"), (wire.FRAMING, None),
               ("Connection", None), ("Vary", "Accept-Encoding")]
    return wire.Reply(200, headers, wire.compact_json(value), code=value["errno"])


def binary_reply(status, body, framing, *more):
    headers = [("Server", "nginx"), ("Date", None),
               ("Content-Type", "application/octet-stream;charset=UTF-8"), (wire.FRAMING, None),
               ("Connection", None), *more]
    return wire.Reply(status, headers, body, framing=framing)


def digit(text):
    reply = binary_reply(200, text.encode(), wire.CHUNKED)
    reply.code = int(text)
    return reply


# -- what the calls have in common -------------------------------------------------------------

def identify(call):
    """The device that makes this call, once its authorization was verified."""
    store = call.platform.store

    def key_of(res):
        match = re.fullmatch(r"products/([^/]+)(?:/devices/([^/]+))?", res)
        if match is None:
            return None
        product, name = match.groups()
        owner = store.product(product) if name is None else store.device_named(product, name)
        return owner and owner["key"]

    res, problem = auth.verify(call.authorization, key_of, call.platform.now())
    if problem:
        call.note = f"authorization: {problem}"
        raise Refused("auth")
    ident = call.query.get("dev_id", "")
    if not ident:
        raise Refused("parameter")
    if not (ident.isascii() and ident.isdigit()):
        raise Refused("device_id")
    device = store.device(ident)
    if device is None:
        call.note = "unknown device"
        raise Refused("auth")
    product = f"products/{device['product']}"
    if res not in (product, f"{product}/devices/{device['name']}"):
        call.note = "authorization: of another device or product"
        raise Refused("auth")
    return device


def task_data(task, package, token):
    return {"target": package["target"], "token": token, "size": package["size"],
            "md5": package["md5"], "signal": task["signal"], "power": task["power"],
            "retry": task["retry"], "interval": task["interval"],
            "type": 2 if package["base"] else 1}


# -- the calls ---------------------------------------------------------------------------------

def report_version(call):
    device = identify(call)
    call.platform.tasks.report_version(device, reported_versions(call))
    return success()


def read_version(call):
    device = identify(call)
    return success({name: device[name] for name in ("f_version", "s_version") if device[name]})


def check(call):
    device, tasks, query = identify(call), call.platform.tasks, call.query
    kind = kind_of(call)
    if not query.get("manuf") or not query.get("model"):
        raise Refused("parameter")
    if query.get("cdn") not in ("true", "false"):
        raise Refused("parameter")
    model = query["manuf"], query["model"]
    task, package = tasks.offer(device, kind, running_version(call), model)
    return success(task_data(task, package, tasks.new_token(task)))


def check_token(call):
    device, tasks = identify(call), call.platform.tasks
    token = call.match["token"]
    tasks.check_token(tasks.by_token(device, token), token)
    return success()


def download(call):
    """No authorization: the token in the path is the credential."""
    try:
        body, headers = part_of(call, call.platform.tasks.package_of(call.match["token"]))
    except Refused as refused:
        return digit(DIGITS[refused.reason])
    status = 206 if len(headers) > 1 else 200
    return binary_reply(status, body, wire.LENGTH, *headers)


def progress(call):
    device, tasks = identify(call), call.platform.tasks
    step = reported(call, "step", "parameter")
    tasks.advance(tasks.by_token(device, call.match["token"]), step)
    return success()


def report(call):
    """The older way to report: 1xx, then 2xx."""
    device, tasks = identify(call), call.platform.tasks
    result = reported(call, "result", "result")
    if result <= 100:
        raise Refused("parameter")
    try:
        tasks.advance(tasks.by_token(device, call.query.get("token", "")), result)
    except Refused as refused:
        raise Refused(REPORT_REASONS.get(refused.reason, refused.reason))
    return success()


def tasking(call):
    """The task that a device is at, for one that lost its memory."""
    device = identify(call)
    return success(task_data(*call.platform.tasks.under_way(device, kind_of(call))))


DIALECT = Dialect(
    name="south",
    error=error, refusal=refusal, digit=digit,
    routes=(
        Route("POST", "/ota/device/version", "version", report_version),
        Route("GET", "/ota/device/version", "read_version", read_version),
        Route("GET", "/ota/south/check", "check", check),
        Route("GET", "/ota/south/download/{token}/check", "token", check_token),
        Route("GET", "/ota/south/download/{token}", "download", download),
        Route("POST", "/ota/south/device/download/{token}/progress", "progress", progress),
        Route("POST", "/ota/south/report", "report", report),
        Route("GET", "/ota/south/tasking", "tasking", tasking),
    ))

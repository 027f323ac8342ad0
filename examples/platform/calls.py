"""One south-bound call from request to reply, the same for every dialect: read it, let a fault
have its way, carry it out, send the reply, keep a record.
"""

import json
import logging
import re
import weakref
from dataclasses import dataclass, field
from typing import Callable, Optional

from aiohttp import web

import wire
from tasks import Refused

log = logging.getLogger("platform")

LONGEST_BODY = 64 * 1024   # of a request of a device
TOKEN = re.compile(r"(ota_\w{4})\w+")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    name: str            # what the record and the fault rules call it
    handler: Callable    # Call -> Reply; may raise Refused


@dataclass(frozen=True)
class Dialect:
    name: str
    error: Callable      # code -> Reply
    refusal: Callable    # reason of a Refused, its text or None -> Reply
    digit: Callable      # one digit, as an error of the download -> Reply
    routes: tuple


@dataclass
class Call:
    platform: object
    query: dict
    match: dict
    body: bytes
    range: Optional[str]
    authorization: Optional[str]
    note: str = ""       # for the log: why it was refused


@dataclass
class Connection:
    number: int
    requests: int = 0


@dataclass
class Exchange:
    """Serves the routes of all dialects on one platform."""
    platform: object
    faults: object
    requests_per_connection: int
    dialects: tuple
    connections: weakref.WeakKeyDictionary = field(default_factory=weakref.WeakKeyDictionary)
    opened: int = 0

    def add_routes(self, router):
        for dialect in self.dialects:
            for route in dialect.routes:
                router.add_route(route.method, route.path, self._endpoint(dialect, route))
        # Whatever else a device asks for is in the record as well.
        nowhere = Route("*", "/{rest:.*}", "unknown", lambda call: wire.plain(404))
        router.add_route("*", nowhere.path, self._endpoint(self.dialects[0], nowhere))

    def names(self):
        known = [route.name for dialect in self.dialects for route in dialect.routes]
        return [*dict.fromkeys(known), "unknown"]

    def _endpoint(self, dialect, route):
        async def endpoint(request):
            return await self._serve(dialect, route, request)
        return endpoint

    async def _serve(self, dialect, route, request):
        try:
            connection = self._connection(request)
            body = await read_body(request)
        except (ConnectionError, web.RequestPayloadError):
            log.info("%s: the request broke off", route.name)
            return wire.Sent(keep_alive=False)
        call = Call(self.platform, clean(request.query), clean(request.match_info), body or b"",
                    request.headers.get("Range"), request.headers.get("Authorization"))
        entry = self._entry(dialect, route, request, call, connection)
        seq = self.platform.store.open_call(entry)

        rule = self.faults.take(route.name, entry["step"])
        reply = carry_out(dialect, route, call, rule, body is not None)
        plan = rule.delivery() if rule else wire.Delivery()
        if connection.requests >= self.requests_per_connection or not request.keep_alive:
            reply.keep_alive = False
        try:
            entry["end"] = await plan.carry_out(request, reply)
        except ConnectionError:
            entry["end"] = "peer gone"
        finally:
            place = reply.header("Content-Range") if reply.raw is None else None
            entry.update(status=reply.status, errno=reply.code, content_range=place,
                         body_sent=plan.body_sent, sent=plan.sent,
                         fault=rule.spec if rule else None)
            self.platform.store.close_call(seq, entry)
        log.info("%s", log_line(seq, entry, request.rel_url.raw_path_qs, call.note))
        return wire.Sent(entry["end"] == "replied" and reply.keep_alive)

    def _connection(self, request):
        link = wire.require_link(request)
        connection = self.connections.get(link)
        if connection is None:
            self.opened += 1
            connection = self.connections[link] = Connection(self.opened)
        connection.requests += 1
        return connection

    def _entry(self, dialect, route, request, call, connection):
        return {
            "time": round(self.platform.now(), 3), "dialect": dialect.name, "call": route.name,
            "method": request.method, "path": request.rel_url.raw_path, "query": call.query,
            "range": call.range, "authorization": call.authorization is not None,
            "host": request.headers.get("Host"), "body": call.body.decode("utf-8", "replace"),
            "step": step_of(call.body), "connection": connection.number,
            "request": connection.requests, "status": None, "errno": None, "content_range": None,
            "body_sent": 0, "sent": 0, "fault": None, "end": "open",
        }


def clean(values):
    """The first value of each name, as proper text: bytes that are no UTF-8 become marks."""
    return {name: values[name].encode("utf-8", "replace").decode() for name in values}


async def read_body(request):
    """The body, or None when it is too long to be a device's."""
    data = b""
    while len(data) <= LONGEST_BODY:
        piece = await request.content.readany()
        if not piece:
            return data
        data += piece
    return None


def carry_out(dialect, route, call, rule, readable):
    """The reply to a call, as it is to be sent."""
    if rule:
        call.range = rule.seen_range(call.range)
    if rule and not rule.handled:
        reply = rule.instead(dialect)
    elif not readable:
        reply = dialect.refusal("parameter")
    else:
        reply = answer(dialect, route, call)
    return rule.spoil(reply, dialect) if rule else reply


def answer(dialect, route, call):
    try:
        return route.handler(call)
    except Refused as refused:
        return dialect.refusal(refused.reason, refused.text)
    except Exception:
        log.exception("%s failed", route.name)
        return dialect.refusal("internal")


def step_of(body):
    """The step or result in a body, for the record."""
    try:
        value = json.loads(body)
        step = value.get("step", value.get("result"))
    except (ValueError, AttributeError, RecursionError):
        return None
    return step if isinstance(step, int) else None


def log_line(seq, entry, target, note):
    """One call for a person to read; whole tokens are for the device alone."""
    words = [f"#{seq}", entry["call"], entry["method"], TOKEN.sub(r"\1...", target)]
    if entry["range"] is not None:
        words.append(f"range={entry['range']!r}")
    if entry["step"] is not None:
        words.append(f"step={entry['step']}")
    words += ["->", str(entry["status"])]
    if entry["errno"] is not None:
        words.append(f"code={entry['errno']}")
    if entry["content_range"]:
        words.append(entry["content_range"])
    words.append(f"{entry['sent']} bytes")
    if note:
        words.append(f"({note})")
    if entry["fault"]:
        words.append("[fault]")
    if entry["end"] != "replied":
        words.append(f"[{entry['end']}]")
    return " ".join(words)

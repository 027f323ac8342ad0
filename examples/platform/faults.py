"""Misbehaviour on order, for tests: a list of rules, each of which spoils some replies.

    [{"call": "download", "nth": 2, "close_at": 100},
     {"call": "check", "data": {"size": 0}},
     {"call": "any", "count": 3, "status": 503, "headers": {"Retry-After": "5"}}]

Every rule counts the calls that match it; the first rule whose turn it is acts. All keys are in
KEYS, with what they want; `GET /admin/faults` shows the rules and their counts.
"""

import base64
import binascii
import json

from wire import CHUNKED, CLOSE, LENGTH, Delivery, plain


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value):
    """Text that can be sent: JSON may hold halves of surrogate pairs."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def one_of(*choices):
    return lambda value: value in choices


def is_object(value):
    return isinstance(value, dict)


def is_header_map(value):
    return is_object(value) and all(
        (text is None or is_text(text)) and is_text(name) and not set("\r\n") & set(name + (text or ""))
        for name, text in value.items())


def is_base64(value):
    try:
        return is_text(value) and base64.b64decode(value, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


KEYS = {
    # which calls
    "call":    (is_text, "the name of a call, or any"),
    "step":    (is_integer, "a step: only reports of it match"),
    "nth":     (lambda v: is_count(v) and v > 0, "the first match that is spoilt, from 1"),
    "count":   (is_count, "how many matches are spoilt; 0 = without end"),
    "handled": (lambda v: isinstance(v, bool), "true or false: whether the call takes effect"),
    # another reply instead
    "errno":      (is_integer, "a code of the dialect"),
    "digit":      (lambda v: is_text(v) and len(v) == 1 and v in "0123456789", "one digit: a one-byte error reply"),
    "raw":        (is_text, "text: the whole reply"),
    "raw_base64": (is_base64, "base64: the whole reply"),
    "status":     (lambda v: is_count(v) and 100 <= v <= 999, "an HTTP status"),
    # another understanding of the request
    "range": (one_of("ignore", "bare", "bytes"), "ignore (200, whole), or the only form understood"),
    # a changed reply
    "data":    (is_object, "members to put into the reply's data, of any value"),
    "without": (lambda v: isinstance(v, list) and all(map(is_text, v)), "a list of members to drop"),
    "body":    (is_text, "text: the body, framed as usual"),
    "flip":    (is_count, "the body byte whose bits are inverted"),
    "range_shift": (is_integer, "bytes added to start and end of Content-Range"),
    "range_total": (is_count, "the total in Content-Range"),
    "headers": (is_header_map, "headers to set, or to leave out (null)"),
    "framing": (one_of(CHUNKED, LENGTH, CLOSE), "chunked, length or close"),
    "chunk":   (lambda v: is_count(v) and v > 0, "bytes in each chunk of a chunked body"),
    # a changed delivery
    "delay_ms": (is_count, "milliseconds before the reply"),
    "close_at": (is_count, "bytes after which the connection is closed"),
    "reset_at": (is_count, "bytes after which the connection is reset"),
    "stall_at": (is_count, "bytes after which the reply pauses"),
    "stall_ms": (is_count, "milliseconds of that pause"),
    "from":     (one_of("body", "reply"), "where the bytes are counted from: body or reply"),
    "split":    (lambda v: is_count(v) and v > 0, "bytes a write"),
    "rate":     (lambda v: is_count(v) and v > 0, "body bytes a second"),
}
REPLACING = ("errno", "digit", "raw", "raw_base64", "status")


class Rule:
    def __init__(self, spec):
        self.spec = spec
        self.matches = 0
        self.acted = 0

    def __contains__(self, key):
        return key in self.spec

    def __getitem__(self, key):
        return self.spec[key]

    def is_turn(self, name, step):
        """Whether this call is to be spoilt; counts it if it matches."""
        if self["call"] not in ("any", name) or self.spec.get("step", step) != step:
            return False
        self.matches += 1
        first = self.spec.get("nth", 1)
        count = self.spec.get("count", 1 if "nth" in self else 0)
        return self.matches >= first and (count == 0 or self.matches < first + count)

    @property
    def handled(self):
        """A call that gets another reply is not carried out, unless the rule says so."""
        return self.spec.get("handled", not any(key in self for key in REPLACING))

    def seen_range(self, text):
        """The Range header as this platform understands it."""
        with_unit = bool(text) and text.strip().startswith("bytes=")
        wanted = {"ignore": None, "bare": not with_unit, "bytes": with_unit}
        if "range" in self and not wanted[self["range"]]:
            return None
        return text

    def instead(self, dialect):
        """The reply of a call that is not carried out."""
        if "errno" in self:
            return dialect.error(self["errno"])
        if "digit" in self:
            return dialect.digit(self["digit"])
        return plain(self.spec.get("status", 200))

    def spoil(self, reply, dialect):
        """The reply as changed by this rule."""
        if self.handled and ("errno" in self or "digit" in self):
            reply = self.instead(dialect)
        for key, change in CHANGES.items():
            if key in self:
                change(reply, self[key])
        return reply

    def delivery(self):
        get = self.spec.get
        stops = [(self[f"{stop}_at"], stop) for stop in ("stall", "close", "reset")
                 if f"{stop}_at" in self]
        plan = Delivery(delay_s=get("delay_ms", 0) / 1000, stops=stops, rate=get("rate", 0),
                        stall_s=get("stall_ms", 0) / 1000, from_reply=get("from") == "reply")
        plan.piece = get("split", plan.piece)
        return plan

    def show(self):
        return {**self.spec, "matches": self.matches, "acted": self.acted}


# -- changes of a reply, in the order in which they are made -----------------------------------

def set_status(reply, status):
    reply.status = status


def change_json(change):
    """A change of the reply's data, for replies that are JSON objects; others stay."""
    def apply(reply, argument):
        try:
            value = json.loads(reply.body)
        except ValueError:
            return
        if isinstance(value, dict):
            change(value, argument)
            reply.body = json.dumps(value, separators=(",", ":")).encode()
    return apply


def put_data(value, members):
    value.setdefault("data", {}).update(members)


def drop_data(value, members):
    for member in members:
        value.get("data", {}).pop(member, None)


def set_body(reply, text):
    reply.body = text.encode()


def flip(reply, position):
    if position < len(reply.body):
        body = bytearray(reply.body)
        body[position] ^= 0xFF
        reply.body = bytes(body)


def content_range(reply):
    value = reply.header("Content-Range")
    if value is None:
        return None
    place, _, total = value.removeprefix("bytes ").partition("/")
    start, _, end = place.partition("-")
    return int(start), int(end), int(total)


def shift_range(reply, by):
    if content_range(reply):
        start, end, total = content_range(reply)
        reply.overrides["Content-Range"] = f"bytes {start + by}-{end + by}/{total}"


def set_total(reply, total):
    if content_range(reply):
        start, end, _ = content_range(reply)
        reply.overrides["Content-Range"] = f"bytes {start}-{end}/{total}"


def set_headers(reply, headers):
    reply.overrides.update(headers)


def set_framing(reply, framing):
    reply.framing = framing
    if framing == CLOSE:
        reply.keep_alive = False


def set_chunk(reply, size):
    reply.chunk = size


def set_raw(reply, text):
    reply.raw = text.encode()


def set_raw_base64(reply, text):
    reply.raw = base64.b64decode(text)


CHANGES = {
    "status": set_status, "data": change_json(put_data), "without": change_json(drop_data),
    "body": set_body, "flip": flip, "range_shift": shift_range, "range_total": set_total,
    "headers": set_headers, "framing": set_framing, "chunk": set_chunk, "raw": set_raw,
    "raw_base64": set_raw_base64,
}


class Faults:
    def __init__(self):
        self.rules = []

    def set(self, specs, names):
        """Replaces all rules. ValueError says what is wrong with the first bad one."""
        if not isinstance(specs, list):
            raise ValueError("the body is a JSON list of rules; [] removes all")
        for number, spec in enumerate(specs, 1):
            problem = problem_of(spec, names)
            if problem:
                raise ValueError(f"rule {number}: {problem}")
        self.rules = [Rule(spec) for spec in specs]

    def take(self, name, step=None):
        """The rule that spoils this call, or None. Every rule counts its own matches."""
        willing = [rule for rule in self.rules if rule.is_turn(name, step)]
        if not willing:
            return None
        willing[0].acted += 1
        return willing[0]


def problem_of(spec, names):
    if not is_object(spec) or "call" not in spec:
        return 'a rule is an object with at least "call"'
    for key, value in spec.items():
        if key not in KEYS:
            return f'"{key}" is not known; known are {", ".join(KEYS)}'
        check, wanted = KEYS[key]
        if not check(value):
            return f'"{key}" is {wanted}'
    if spec["call"] not in ("any", *names):
        return f'"call" is any or one of {", ".join(names)}'
    return None

"""The bytes of an answer: the honest one, or what the last column of a row makes of it."""

import json
import re
from dataclasses import dataclass

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
TOKEN = re.compile(r"\\x[0-9a-fA-F]{2}|\\.|\$\{[^}]*\}|\$[a-z5]+|[^\\$]+", re.DOTALL)
NAMED = re.compile(r"([a-z5]+)([-+]\d+)?$")


class Answer:
    def __init__(self):
        self.data = b""
        self.close = False
        self.slow_from = None


@dataclass
class Honest:
    """What an honest server says, and what a row may name of it."""
    fuse: bool
    status: int
    body: bytes
    task: dict           # size, slot, md5, target, version, id, package
    place: tuple = None  # first and last byte of a download
    ranged: bool = False

    @property
    def status_line(self):
        phrase = {200: "OK", 206: "Partial Content"}[self.status] if self.fuse else ""
        return f"HTTP/1.1 {self.status} {phrase}"

    @property
    def range(self):
        if not self.ranged:
            return ""
        return f"Content-Range: bytes {self.place[0]}-{self.place[1]}/{self.task['size']}\r\n"

    def number(self, name):
        front = len(self.body) // 2
        first, last = self.place or (1, 0)
        numbers = {"length": len(self.body), "first": first, "last": last, "size": self.task["size"],
                   "slot": self.task["slot"]}
        hexes = {"hex": len(self.body), "hexfront": front, "hexback": len(self.body) - front}
        if name in hexes:
            return hexes[name], "x"
        return (numbers[name], "d") if name in numbers else (None, None)

    def part(self, name, more):
        front = len(self.body) // 2
        names = ("code", "msg", "tid") if self.fuse else ("errno", "error", "token")
        texts = {
            **dict(zip(("code", "text", "handle"), names)), "status": self.status_line,
            "range": self.range, "md5": self.task["md5"], "upper": self.task["md5"].upper(),
            "target": self.task["target"], "version": self.task["version"], "id": self.task["id"]}
        parts = {"body": self.body[:len(self.body) + more], "front": self.body[:front],
                 "back": self.body[front:], "package": self.task["package"]}
        return texts[name].encode() if name in texts else parts[name]


def put_named(answer, honest, inside):
    times, _, text = inside.partition("*")
    if times.isdigit():
        answer.data += expand(honest, text).data * int(times)
        return
    name, more = NAMED.match(inside).groups()
    number, form = honest.number(name)
    if name == "close":
        answer.close = True
    elif name == "slow":
        answer.slow_from = len(answer.data)
    elif number is not None:
        answer.data += format(number + int(more or 0), form).encode()
    else:
        answer.data += honest.part(name, int(more or 0))


def expand(honest, text):
    """Text with $ and \\ in it."""
    answer = Answer()
    for token in TOKEN.findall(text):
        if token.startswith("\\x"):
            answer.data += bytes.fromhex(token[2:])
        elif token.startswith("\\"):
            answer.data += ESCAPES[token[1]]
        elif token.startswith("${"):
            put_named(answer, honest, token[2:-1])
        elif token.startswith("$"):
            put_named(answer, honest, token[1:])
        else:
            answer.data += token.encode()
    return answer


def with_member(honest, rest):
    """The honest JSON with another value, without the member, or with one that it does not have. It
    is written by hand, because the value need not be JSON."""
    member, _, value = rest.partition(" ")
    member = expand(honest, member).data.decode()
    value = expand(honest, value.strip()).data
    whole = json.loads(honest.body)
    mark = "a mark that stands for the value"
    holder = whole if member in whole else whole["data"]
    if value:
        if member in holder:
            holder[member] = mark
        else:
            whole["data"] = {member: mark, **holder}
    else:
        del holder[member]
    return json.dumps(whole, separators=(",", ":")).encode().replace(f'"{mark}"'.encode(), value)


def framed(head, body):
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def lie(honest, row):
    """The answer that a row orders."""
    form, _, rest = row.partition(" ")
    rest = rest.strip(" ")
    answer = expand(honest, rest) if form in ("raw", "status", "line", "body") else Answer()
    if form == "status":
        answer.data += b"\r\n" + framed(honest.range, honest.body)
    elif form == "line":
        answer.data = honest.status_line.encode() + b"\r\n" + answer.data + b"\r\n"
        answer.data += framed(honest.range, honest.body)
    elif form == "body":
        answer.data = framed("HTTP/1.1 200 OK\r\n", answer.data)
    elif form == "set":
        answer.data = framed("HTTP/1.1 200 OK\r\n", with_member(honest, rest))
    elif form == "error":
        code, _, text = rest.partition(" ")
        names = ("code", "msg") if honest.fuse else ("errno", "error")
        body = '{"%s":%s,"%s":"%s"}' % (names[0], code, names[1], text)
        answer.data = framed("HTTP/1.1 200 OK\r\n", body.encode())
    else:
        assert form == "raw", row
    return answer


def truth(honest):
    """Framed as captured: chunks in dialect A, a length in dialect B, a length for package bytes."""
    answer = Answer()
    head = f"{honest.status_line}\r\nServer: nginx\r\nConnection: keep-alive\r\n{honest.range}"
    if honest.fuse or honest.place:
        answer.data = framed(head, honest.body)
    else:
        answer.data = (head + "Transfer-Encoding: chunked\r\n\r\n").encode()
        answer.data += b"%x\r\n%s\r\n0\r\n\r\n" % (len(honest.body), honest.body)
    return answer

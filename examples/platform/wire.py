"""Replies as bytes on the wire, and the sending of those bytes.

A web framework writes its own status line and headers; the platform's are peculiar (no reason
phrase, a fixed order) and a device has to cope with exactly them. So a `Reply` renders itself and
goes to the connection as it is.
"""

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Optional

from aiohttp import web

CHUNKED, LENGTH, CLOSE = "chunked", "length", "close"   # how the end of a body is told
FRAMING = "framing"   # stands in a header list for the header that tells the framing
LAST = "last"         # stands for "Connection: close", and for nothing while the connection stays
PIECE = 64 * 1024


def compact_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class Reply:
    """headers: (name, value) in order; Date, Connection and FRAMING are filled in when sent."""
    status: int
    headers: list
    body: bytes = b""
    framing: str = CHUNKED
    reason: str = ""
    code: Optional[int] = None        # errno, or the digit of a one-byte error: for the record
    keep_alive: bool = True
    chunk: int = 0                    # bytes in each chunk, 0 = the whole body in one
    overrides: dict = field(default_factory=dict)   # header -> value, or None to leave it out
    raw: Optional[bytes] = None       # sent instead of everything else

    def render(self):
        """The whole reply, and how many bytes of it are the head."""
        if self.raw is not None:
            end = self.raw.find(b"\r\n\r\n")
            return self.raw, end + 4 if end >= 0 else 0
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.final_headers()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
        return head + self._framed_body(), len(head)

    def final_headers(self):
        left = {name.lower(): (name, value) for name, value in self.overrides.items()}
        for name, value in filter(None, map(self._filled, self.headers)):
            name, value = left.pop(name.lower(), (name, value))
            if value is not None:
                yield name, value
        yield from (pair for pair in left.values() if pair[1] is not None)

    def header(self, name):
        return dict(self.final_headers()).get(name)

    def _filled(self, pair):
        name, value = pair
        if name == "Date":
            return name, formatdate(usegmt=True)
        if name == "Connection":
            return name, "keep-alive" if self.keep_alive else "close"
        if name == LAST:
            return None if self.keep_alive else ("Connection", "close")
        if name != FRAMING:
            return pair
        if self.framing == CHUNKED:
            return "Transfer-Encoding", "chunked"
        if self.framing == LENGTH:
            return "Content-Length", str(len(self.body))
        return None

    def _framed_body(self):
        if self.framing != CHUNKED:
            return self.body
        size = self.chunk or len(self.body) or 1
        chunks = [self.body[at:at + size] for at in range(0, len(self.body), size)]
        return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def plain(status):
    """An answer of the web server in front, not of the platform behind it."""
    body = f"<html><body><h1>{status}</h1></body></html>\r\n".encode()
    headers = [("Server", "nginx"), ("Date", None), ("Content-Type", "text/html"),
               (FRAMING, None), ("Connection", None)]
    return Reply(status, headers, body, framing=LENGTH)


@dataclass
class Delivery:
    """How a reply leaves: where it stops, and how fast it goes.

    Positions count from the first byte of the body as framed, or with `from_reply` from the first
    byte of the status line.
    """
    delay_s: float = 0
    stops: list = field(default_factory=list)   # (position, "stall" | "close" | "reset")
    stall_s: float = 0
    from_reply: bool = False
    piece: int = PIECE
    rate: int = 0                               # body bytes a second, 0 = no limit
    sent: int = 0
    head: int = 0

    @property
    def body_sent(self):
        return max(0, self.sent - self.head)

    async def carry_out(self, request, reply):
        """Sends the reply and tells how that ended: replied, close or reset. `sent` tells how far
        it came, even when the peer goes away."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        transport = require_link(request)
        # A drained writer has given all to the kernel. Not 0: asyncio's TLS would then wait for nothing.
        transport.set_write_buffer_limits(high=1, low=0)
        data, self.head = reply.render()
        origin = 0 if self.from_reply else self.head
        for position, stop in sorted(self.stops, key=lambda stop: stop[0]):
            await self._send(request, data[:origin + position])
            if stop == "stall":
                await asyncio.sleep(self.stall_s)
                continue
            await end_connection(request, reset=stop == "reset")
            return stop
        await self._send(request, data)
        if not reply.keep_alive:
            await end_connection(request)
        return "replied"

    async def _send(self, request, data):
        """Everything of data that was not sent yet."""
        while self.sent < len(data):
            require_link(request)
            start, end = self.sent, self._piece_end(len(data))
            await request.writer.write(data[start:end])
            await request.writer.drain()
            self.sent = end
            if self.rate and start >= self.head:
                await asyncio.sleep((end - start) / self.rate)
            elif self.piece < PIECE:
                await asyncio.sleep(0)   # a segment of its own

    def _piece_end(self, limit):
        if not self.rate:
            return min(limit, self.sent + self.piece)
        if self.sent < self.head:
            return min(limit, self.head, self.sent + self.piece)
        return min(limit, self.sent + self.piece, self.sent + max(1, self.rate // 20))


def require_link(request):
    """The transport, as long as the peer is there: it may leave during any pause."""
    if request.transport is None:
        raise ConnectionResetError("the peer closed the connection")
    return request.transport


async def end_connection(request, reset=False):
    if reset:
        # A reset overtakes data on its way: what was sent should arrive first.
        await asyncio.sleep(0.05)
    transport = require_link(request)
    if reset:
        at_once = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        transport.abort()
    else:
        transport.close()


class Sent(web.StreamResponse):
    """Tells the framework that the reply has left already."""

    def __init__(self, keep_alive):
        super().__init__()
        self._stay = keep_alive

    @property
    def keep_alive(self):
        return self._stay

    async def prepare(self, request):
        return None

    async def write_eof(self, data=b""):
        return None

# SPDX-License-Identifier: Apache-2.0
"""What lies between a board and the platform: a relay that may end TLS, or spoil it, and a DNS server."""

import socket
import struct
import threading

APPLICATION_DATA = 23
LONG = 1024


class Relay:
    """Listens on a free port and passes everything on to another one of this machine.

    context: of the TLS that ends here; may be changed between connections. None: none.
    spoil: of the records of application data of at least spoil_least bytes that the server sends, the one in
    which a byte is inverted, from 1 and over all connections. 0: none. spoilt: it was. Long ones are in the
    middle of a body; with a spoil_least of 1, an answer's first one counts.
    """

    def __init__(self, target, context=None, spoil=0, spoil_least=LONG):
        self.target = target
        self.context = context
        self.spoil = spoil
        self.spoil_least = spoil_least
        self.spoilt = False
        self.records = 0
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._thread(self._accept, self.listener)

    def refuse(self):
        """From now on nobody listens; what is connected stays."""
        self._end(self.listener)

    def accept(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self._thread(self._accept, self.listener)

    def stop(self):
        self._end(self.listener, *self.open)

    @staticmethod
    def _end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    @staticmethod
    def _thread(function, *args):
        threading.Thread(target=function, args=args, daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self._thread(self._serve, peer)

    def _serve(self, peer):
        """A handshake that fails is the board's to tell."""
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            peer.close()
            return
        self.open |= {peer, server}
        self._thread(self._pass_on, peer, server, self._plain)
        self._pass_on(server, peer, self._spoiling if self.spoil else self._plain)

    def _pass_on(self, source, sink, pieces):
        try:
            for piece in pieces(source):
                sink.sendall(piece)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open -= {source, sink}

    @staticmethod
    def _plain(source):
        while piece := source.recv(65536):
            yield piece

    def _spoiling(self, source):
        stream = source.makefile("rb")
        while len(header := stream.read(5)) == 5:
            kind, length = struct.unpack(">B2xH", header)
            body = bytearray(stream.read(length))
            self.records += kind == APPLICATION_DATA and length >= self.spoil_least
            if self.records == self.spoil and not self.spoilt:
                self.spoilt = True
                body[len(body) // 2] ^= 0xFF
            yield header + body


class Dns:
    """A DNS server on a free port. answer: an address; None: there is no such name; "": nothing is
    answered. asked: the names, in order."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(512)
                if reply := self._reply(query):
                    self.socket.sendto(reply, peer)
            except OSError:
                return

    def _reply(self, query):
        end = query.index(b"\0", 12) + 5
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        self.asked.append(".".join(labels))
        if self.answer == "":
            return None
        header = query[:2] + (b"\x81\x80" if self.answer else b"\x81\x83")
        record = b"\xc0\x0c" + struct.pack(">2HIH", 1, 1, 0, 4) + socket.inet_aton(self.answer) \
            if self.answer else b""
        return header + struct.pack(">4H", 1, bool(record), 0, 0) + query[12:end] + record

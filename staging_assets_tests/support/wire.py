"""A proxy between a program and Postgres that sees every message, and may stop either at any.

A build is a row of messages. Whoever wants to kill it "between publication and validation" says
which message that is, and whether before the server gets it, while it works on it, or when it has
answered and the program does not know it yet.
"""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from psycopg2.extensions import make_dsn, parse_dsn

from staging_assets.postgres.client.server import Server

Moment = Literal["before", "during", "after"]
_QUERY, _READY = b"Q", b"Z"
_CHUNK = 1 << 16
_DO_YOU_SPEAK_TLS = struct.pack("!i", 80877103)


@dataclass(frozen=True)
class Message:
    """One text of SQL on its way.

    Args:
        number: counts all texts of all connections, from 1.
        text: the SQL.
        moment: before the server has it, while it works on it, after it has answered.
        inside: whether the connection was in a transaction when it was sent.
        line: tells the connection from others.
    """

    number: int
    text: str
    moment: Moment
    inside: bool
    line: int


Look = Callable[[Message], bool]
"""Called with every message at every moment; False lets no more through on that connection."""


@contextmanager
def wired(server: Server, look: Look, *, silent: threading.Event | None = None) -> Iterator[Server]:
    """Give the same server behind the proxy; everything is closed in the end.

    Args:
        server: the real one.
        look: called with every message.
        silent: while it is set, whoever comes anew is let in and told nothing.
    """
    told = parse_dsn(server.dsn)
    port = told.get("port", "5432")
    real = f"{told['host']}/.s.PGSQL.{port}"
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        Path(folder).chmod(0o755)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/.s.PGSQL.{port}")
        Path(folder, f".s.PGSQL.{port}").chmod(0o777)
        listener.listen(64)
        wire = _Wire(real, look, silent or threading.Event())
        threading.Thread(target=wire.accept, args=(listener,), daemon=True).start()
        try:
            yield replace(server, dsn=make_dsn(server.dsn, host=folder))
        finally:
            listener.close()
            wire.close()


class _Wire:
    """All connections of one proxy."""

    def __init__(self, real: str, look: Look, silent: threading.Event) -> None:
        self.real, self.look, self.silent = real, look, silent
        self.lock = threading.Lock()
        self.count = 0
        self.sockets: list[socket.socket] = []

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                if self.silent.is_set():
                    self.sockets.append(client)
                    continue
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(self.real)
                except OSError:  # nobody is there at the moment: so it is with us
                    _end(client)
                    continue
                self.sockets += [client, server]
                _Line(self, client, server).start()

    def next_number(self) -> int:
        with self.lock:
            self.count += 1
            return self.count

    def close(self) -> None:
        for each in self.sockets:
            _end(each)


class _Line:
    """One connection."""

    def __init__(self, wire: _Wire, client: socket.socket, server: socket.socket) -> None:
        self.wire, self.client, self.server = wire, client, server
        self.asked: Message | None = None
        self.inside = False
        self.from_client = client.makefile("rb", _CHUNK)
        self.from_server = server.makefile("rb", _CHUNK)

    def start(self) -> None:
        threading.Thread(target=self.carry, args=(self.ask,), daemon=True).start()

    def carry(self, work: Callable[[], None]) -> None:
        with suppress(OSError):
            work()
        # Whoever of the two is left learns it at once, as from a socket that the kernel closes.
        _end(self.client)
        _end(self.server)

    def ask(self) -> None:
        """From the program to the server."""
        while True:
            length = _read(self.from_client, 4)
            begun = length + _read(self.from_client, struct.unpack("!i", length)[0] - 4)
            self.server.sendall(begun)
            if begun[4:] != _DO_YOU_SPEAK_TLS:
                break
            self.client.sendall(_read(self.from_server, 1))  # no message: a letter says it
        threading.Thread(target=self.carry, args=(self.answer,), daemon=True).start()
        while True:
            kind, body = _read_message(self.from_client)
            if kind != _QUERY:
                self.server.sendall(kind + body)
                continue
            text = body[4:-1].decode(errors="replace")
            asked = Message(self.wire.next_number(), text, "before", self.inside, id(self))
            if not self.wire.look(asked):
                return
            self.asked = asked
            self.server.sendall(kind + body)
            if not self.wire.look(replace(asked, moment="during")):
                return

    def answer(self) -> None:
        """From the server to the program."""
        while True:
            kind, body = _read_message(self.from_server)
            if kind == _READY:
                asked, self.asked = self.asked, None
                self.inside = body[4:] != b"I"
                if asked is not None and not self.wire.look(replace(asked, moment="after")):
                    return
            self.client.sendall(kind + body)


def _read_message(source: BinaryIO) -> tuple[bytes, bytes]:
    kind = _read(source, 1)
    length = _read(source, 4)
    return kind, length + _read(source, struct.unpack("!i", length)[0] - 4)


def _read(source: BinaryIO, size: int) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise ConnectionError
    return found


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()

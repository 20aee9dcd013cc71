"""A proxy before a Postgres server that holds packets back and counts what goes to and fro.

So a server on this machine is as far away as one elsewhere. Only the waiting is copied: neither
lost packets nor a narrow line.
"""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType

_CHUNK = 1 << 16
_DO_YOU_SPEAK_TLS = struct.pack("!ii", 8, 80877103)
_COMPLETE = b"C"


@dataclass
class Traffic:
    """What was said through a proxy.

    Args:
        connections: how many were opened.
        trips: how often the client has waited for the server, logging in included.
        statements: how many the server has completed.
    """

    connections: int = 0
    trips: int = 0
    statements: int = 0


@contextmanager
def run_proxy(socket: str, round_trip: float) -> Iterator[tuple[int, Traffic]]:
    """Listen on a free port of 127.0.0.1 until the block ends.

    Args:
        socket: path of the server's socket.
        round_trip: seconds from a question to its answer, besides what the server takes.

    Yields the port, and the traffic as it grows.
    """
    proxy = _Proxy(socket, round_trip / 2)
    with proxy:
        yield proxy.port, proxy.traffic


class _Proxy:
    """Runs in a thread of its own."""

    def __init__(self, socket: str, delay: float) -> None:
        self.traffic = Traffic()
        self.port = 0
        self._socket, self._delay = socket, delay
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Proxy:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        self.traffic.connections += 1
        with suppress(OSError):
            from_server, to_server = await asyncio.open_unix_connection(self._socket)
            line = _Line(self.traffic)
            await asyncio.gather(
                self._pass_on(reader, to_server, line.ask),
                self._pass_on(from_server, writer, line.answer),
            )

    async def _pass_on(self, reader, writer, look) -> None:  # type: ignore[no-untyped-def]
        """Pass on what one side says, each packet as late as the way takes."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.ensure_future(self._send(waiting, writer))
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                look(data)
                waiting.put_nowait((self._loop.time() + self._delay, data))
        waiting.put_nowait((0.0, b""))
        await sending

    async def _send(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while (packet := await waiting.get())[1]:
                await asyncio.sleep(max(0.0, packet[0] - self._loop.time()))
                writer.write(packet[1])
                await writer.drain()
        writer.close()


class _Line:
    """Counts on one connection: a round trip is an answer to something that was asked."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._asked = False
        self._letter = False  # whether the next answer is no message, but a letter
        self._rest = b""
        self._skip = 0

    def ask(self, data: bytes) -> None:
        self._asked = True
        self._letter = data == _DO_YOU_SPEAK_TLS

    def answer(self, data: bytes) -> None:
        if self._asked:
            self._asked = False
            self._traffic.trips += 1
        if self._letter:
            self._letter = False
            data = data[1:]
        self._count(data)

    def _count(self, data: bytes) -> None:
        """Count the statements that these parts of messages tell to be completed."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        data = self._rest + data[skipped:]
        while len(data) >= 5:
            kind, length = data[:1], struct.unpack("!i", data[1:5])[0]
            self._traffic.statements += kind == _COMPLETE
            self._skip = max(0, 1 + length - len(data))
            data = data[1 + length :]
        self._rest = data

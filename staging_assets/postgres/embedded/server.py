"""The server that is there when no other is named: Postgres' own programs, data in `STAGING_HOME`.

It is reached by a Unix socket only, in a folder that nobody but its owner may enter. It stays up
after the process that started it, until `stop`. Two locks keep order: `starting.lock` is held by
whoever makes, starts or stops it, `server.lock` by the server's own processes as long as one of
them lives. A start after any kind of kill finds out by these what is left to do.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from staging_assets.errors import DatabaseError
from staging_assets.file_lock import held, is_held
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.binaries import find_programs, find_server_user
from staging_assets.postgres.embedded.cluster import make_cluster, write_configuration
from staging_assets.postgres.embedded.paths import choose_sockets, make_folders, read_place
from staging_assets.postgres.embedded.postmaster import (
    PID_FILE,
    PORT,
    Postmaster,
    end_orphans,
    is_postmaster,
    launch,
    read_postmaster,
    wait_until_gone,
)
from staging_assets.postgres.embedded.ready import find_answering

_START_SECONDS = 600.0
"""Recovery after a crash may take minutes; a server that dies meanwhile is noticed at once."""
_STOP_SECONDS = 60.0
_LOST_SECONDS = 5.0
_LARGEST_LOG = 4 * 2**20


@dataclass(frozen=True)
class ServerStatus:
    """What is known of the embedded server.

    Args:
        state: "running", "starting", "stopped", or "absent" when it was never made.
        pid: of the postmaster, when it lives.
        started: seconds since 1970, when it lives.
        data: the data directory.
        log: its log file.
        url: how to connect, when it is running.
    """

    state: str
    pid: int | None
    started: int | None
    data: Path
    log: Path
    url: str | None


class EmbeddedServer:
    """The embedded server of one `STAGING_HOME`; making this object touches nothing.

    Args:
        home: the folder that holds everything of it.
    """

    def __init__(self, home: Path) -> None:
        self.home = Path(os.path.realpath(home.expanduser()))
        self._folder = self.home / "postgres"
        self._starting = self._folder / "starting.lock"
        self._lock = self._folder / "server.lock"
        self.log = self._folder / "server.log"

    @property
    def data(self) -> Path:
        """The data directory; below /var/lib where root's server could not enter the home."""
        return read_place(self._folder) / "data"

    @property
    def url(self) -> str:
        """The URL of the running server. Raises DatabaseError when it does not run."""
        server = self._answering()
        if server is None:
            raise DatabaseError(
                f"the embedded server: it does not run in {self.home}. "
                "Start it with: staging-assets db start."
            )
        return server.dsn

    def start(self) -> Server:
        """Make the server if there is none, start it if it does not run, and return it.

        Raises DatabaseError when it cannot be made or started.
        """
        return self._answering() or self._start()

    def stop(self) -> bool:
        """Stop the server; open transactions are rolled back. False when it did not run.

        Raises DatabaseError when it cannot be stopped from here.
        """
        if not self._folder.exists():
            return False
        with self._alone():
            if not self._lives():
                return False
            self._stop()
            return True

    def status(self) -> ServerStatus:
        """Look without starting anything."""
        data = self.data
        postmaster = read_postmaster(data)
        state, url = "absent", None
        if self._lives() and postmaster is not None:
            server = self._answering()
            state, url = ("running", server.dsn) if server else ("starting", None)
        else:
            postmaster = None
            state = "stopped" if (data / "PG_VERSION").exists() else "absent"
        pid, started = (postmaster.pid, postmaster.started) if postmaster else (None, None)
        return ServerStatus(state, pid, started, data, self.log, url)

    def _start(self) -> Server:
        with _explained():
            owner = find_server_user(self.data if self.data.exists() else None)
            make_folders(self.home, self._folder, owner)
            with self._alone():
                if self._lives() and (server := self._await_living()) is not None:
                    return server
                programs, data = find_programs(owner), self.data
                make_cluster(data, programs, owner)
                sockets = choose_sockets(self._folder, owner)
                write_configuration(data, sockets, owner)
                # Nothing of a server lives, but the pid may be somebody else's by now, whom
                # Postgres would take for its postmaster.
                (data / PID_FILE).unlink(missing_ok=True)
                if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
                    self.log.unlink()
                said = self.log.stat().st_size if self.log.exists() else 0
                launch(programs, data, self.log, self._lock, owner)
                server = self._await_living()
                if server is None:
                    raise DatabaseError(
                        f"the embedded server: it ended while starting: {self._last_words(said)} "
                        f"See {self.log}."
                    )
                return server

    def _await_living(self) -> Server | None:
        """Wait for a server that lives to answer; None when it ends, or is ended as unusable."""
        begin = time.monotonic()
        while self._lives():
            if (server := self._answering()) is not None:
                return server
            waited = time.monotonic() - begin
            postmaster = self._postmaster()
            if postmaster is None and waited > 1:
                if not end_orphans(self.data, self._lock):
                    raise DatabaseError(
                        f"the embedded server: {self.data} is in use by processes that cannot be "
                        "reached from here (of another container or user?). Stop them, or set "
                        "STAGING_HOME to another folder."
                    )
            elif postmaster is not None and waited > _LOST_SECONDS and _has_lost_socket(postmaster):
                self._stop()  # nobody can reach it any more
            elif waited > _START_SECONDS:
                raise DatabaseError(
                    f"the embedded server: it does not answer: {self._last_words()} See {self.log}."
                )
            time.sleep(0.01)
        return None

    def _stop(self) -> None:
        for name, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            if (postmaster := self._postmaster()) is None:
                break
            try:
                os.kill(postmaster.pid, name)
            except PermissionError:
                raise DatabaseError(
                    f"the embedded server: process {postmaster.pid} belongs to another user. "
                    "Stop it as that user."
                ) from None
            except ProcessLookupError:
                break
            if wait_until_gone(self._lock, seconds):
                return
        if not end_orphans(self.data, self._lock):
            raise DatabaseError(
                f"the embedded server: {self.data} is in use by processes that cannot be reached "
                "from here (of another container or user?). Stop it there."
            )

    def _lives(self) -> bool:
        return is_held(self._lock) or self._postmaster() is not None

    def _postmaster(self) -> Postmaster | None:
        """The live postmaster, if it is one that can be seen from here."""
        postmaster = read_postmaster(self.data)
        if postmaster is None or not is_postmaster(postmaster.pid, self.data):
            return None
        return postmaster

    def _answering(self) -> Server | None:
        return find_answering(self.data, self.log)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with held(self._starting, _START_SECONDS):
                yield
        except TimeoutError:
            raise DatabaseError(
                f"the embedded server: another process has been starting or stopping it for "
                f"{_START_SECONDS:.0f} s. End that process (it holds {self._starting})."
            ) from None

    def _last_words(self, since: int = 0) -> str:
        """The end of what the log got after that many bytes, as one line."""
        try:
            said = self.log.read_bytes()[since:].decode(errors="replace").splitlines()[-3:]
        except OSError:
            said = []
        return " ".join(line.partition("] ")[2] or line for line in said) or "it said nothing."


def _has_lost_socket(postmaster: Postmaster) -> bool:
    sockets = postmaster.sockets
    return postmaster.ready and not (sockets and (sockets / f".s.PGSQL.{PORT}").exists())


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseError(
            f"the embedded server: {error.filename}: {error.strerror}. "
            "Set STAGING_HOME to a folder that can be written, or name a server in "
            "STAGING_DATABASE_URL."
        ) from None

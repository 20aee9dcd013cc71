"""How workers get their connections: as many as the server lets in, and again after it was away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from staging_assets.errors import CrowdedError, StagingError
from staging_assets.postgres import Session
from staging_assets.scheduler.retries import find_pause

_LONGEST_PAUSE = 2.0


class Admission:
    """Connects the sessions of a run.

    Args:
        sessions: all of them.
        patience: seconds to wait for a server that does not answer, or lets nobody in.
        stop: set when the run ends early.
        say: level and one line of text; called in the thread of a worker.
    """

    def __init__(
        self,
        sessions: Sequence[Session],
        patience: float,
        stop: threading.Event,
        say: Callable[[str, str], None],
    ) -> None:
        self._sessions = sessions
        self._patience = patience
        self._stop = stop
        self._say = say
        self._closed = self._told = False
        self.waiting: set[Session] = set()
        """Those that have no connection yet: there is nothing to cancel in them."""

    def close(self) -> None:
        """Let nobody in any more: all is done."""
        self._closed = True

    def connect(self, session: Session) -> bool:
        """Connect a session; False when its worker is to end.

        It ends when the run does, and when the server is full while others are connected: the
        run goes on with those.

        Raises StagingError when the patience is over and nobody is connected.
        """
        deadline = time.monotonic() + self._patience
        tries = 0
        self.waiting.add(session)
        try:
            while not self._over():
                failure = self._try(session)
                if failure is None:
                    return not self._over()
                others = any(not other.connection_lost for other in self._sessions)
                late = time.monotonic() > deadline
                if late and not others:
                    raise failure
                if others and (late or isinstance(failure, CrowdedError)):
                    self._tell(f"{failure} The run goes on with the workers that are connected.")
                    return False
                self._tell(f"{failure} It is tried for {self._patience:.0f} s.")
                tries += 1
                self._stop.wait(min(find_pause(tries), _LONGEST_PAUSE))
            return False
        finally:
            if self._over():
                session.close()
            self.waiting.discard(session)

    def _try(self, session: Session) -> StagingError | None:
        try:
            session.connect()
        except StagingError as error:
            return error
        return None

    def _over(self) -> bool:
        return self._closed or self._stop.is_set()

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            self._say("warning", f"a worker cannot connect: {what}")

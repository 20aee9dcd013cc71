"""What a publication is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from staging_assets.model import Relation
from staging_assets.postgres import Log
from staging_assets.publisher.transaction.brief_locks import Tries, parse_seconds
from staging_assets.publisher.transaction.steps import Step
from staging_assets.settings import SessionSettings


@dataclass(frozen=True)
class PublishRequest:
    """A new table that is to take the place of the old one.

    Args:
        live: where the table belongs.
        shadow_schema: where the new one is, under its own name.
        own: names of everything that its CREATE script makes.
        rebuilt_later: tables (and types) of the live schema that the run rebuilds after this one.
        sessions: `lock_timeout` is the time for all tries at the locks together.
        log: level and message.
        cancelled: no further try is made once it is set.
        yielding: PL/pgSQL statements by which other tables give names free.
        record: makes SQL that is run at the end of the transaction that publishes.
    """

    live: Relation
    shadow_schema: str
    own: frozenset[str]
    rebuilt_later: frozenset[str]
    sessions: SessionSettings
    log: Log
    cancelled: threading.Event
    yielding: Sequence[str] = ()
    record: Callable[[], str] = str

    @cached_property
    def names(self) -> list[str]:
        """Names of the old and the new objects."""
        return sorted(self.own | {self.live.name})

    @property
    def record_steps(self) -> list[Step]:
        """What is run at the end of the transaction."""
        statement = self.record()
        return [Step("the record of what was built", statement)] if statement else []

    def tries(self, what: str, *, nested: bool = False) -> Tries:
        """How its transaction is tried.

        Args:
            what: begins the sentence for people, such as `publishing`.
            nested: whether a transaction is open already.
        """
        patience = parse_seconds(self.sessions.lock_timeout)
        return Tries(what, patience, self.log, self.cancelled, nested)

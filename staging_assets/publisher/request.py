"""What a publication is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from staging_assets.model import Relation
from staging_assets.postgres import Cursor, Log
from staging_assets.publisher.transaction.brief_locks import Tries, parse_seconds
from staging_assets.publisher.transaction.steps import Step
from staging_assets.settings import SessionSettings


class Keeping(Protocol):
    """What keeps the old objects instead of dropping them, in the same transaction.

    Each try begins with `run_first`; what it may lock is nothing that readers of the live schema
    use. StepError and LockBusyError may be raised as by any other step.
    """

    @property
    def what(self) -> str:
        """What is done, for people."""

    @property
    def source(self) -> str:
        """Where the new objects are before `run_first`."""

    @property
    def schema(self) -> str:
        """Where the old objects go; it is there after `run_first`."""

    def run_first(self, cursor: Cursor) -> None:
        """Make room, before anything is locked."""

    def moving_steps(self) -> list[Step]:
        """What changes places with the tables, after them."""

    def run_last(self, cursor: Cursor) -> None:
        """What is left to be done when the new objects have all that the old ones had."""


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
        keeping: what becomes of the old objects; None: they are dropped.
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
    keeping: Keeping | None = None

    @cached_property
    def names(self) -> list[str]:
        """Names of the old and the new objects."""
        return sorted(self.own | {self.live.name})

    @property
    def what(self) -> str:
        """What is done, for people."""
        return self.keeping.what if self.keeping else f"publishing {self.live}"

    @property
    def source_schema(self) -> str:
        """Where the new objects are while nothing is tried."""
        return self.keeping.source if self.keeping else self.shadow_schema

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

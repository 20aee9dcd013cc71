"""Many connections in one transaction.

A cleanup script may open as many connections as it likes, commit and roll back. All of that
happens inside one transaction of one session: a commit keeps what was done since the last one, a
rollback takes it back to a savepoint, and what counts in the end is whether the script succeeds.
"""

from __future__ import annotations

import re
from typing import Any

from staging_assets.builder.cleanups.cursors import Place, make_cursor_class
from staging_assets.builder.cleanups.on_shadow.place import ShadowPlace
from staging_assets.errors import BuildError
from staging_assets.parser import find_statements
from staging_assets.postgres import Connection, find_cursor_class

_SKIPPED = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_COMMIT = re.compile(
    _SKIPPED + r"(?:commit|end|begin|start\s+transaction)\b(?!\s+prepared)",
    re.IGNORECASE | re.DOTALL,
)
_ROLLBACK = re.compile(
    _SKIPPED + r"(?:rollback|abort)\b(?!\s+(?:(?:work|transaction)\s+)?to\b|\s+prepared)",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = "do $$begin end$$"


class SharedTransaction:
    """The one transaction, and the savepoints of those who work in it.

    Args:
        connection: in a transaction, which is neither committed nor rolled back here.
        place: what the schemas of scripts are really called.
        unpublished: where the script finds its own table, when that is not published yet.
    """

    def __init__(
        self, connection: Connection, place: Place, unpublished: ShadowPlace | None = None
    ) -> None:
        self.connection = connection
        self.unpublished = unpublished
        self.place = place
        self._open: list[tuple[object, str]] = []
        self._count = 0

    def join(self) -> JoinedConnection:
        """Return something that looks like a connection of one's own."""
        return JoinedConnection(self)

    def keep(self, owner: object) -> None:
        """Set the owner's savepoint if it has none."""
        if not any(holder is owner for holder, _ in self._open):
            self._count += 1
            name = f"staging_assets_{self._count}"
            self._run(f"savepoint {name}")
            self._open.append((owner, name))

    def commit(self, owner: object) -> None:
        """Keep what the owner did; the transaction stays open."""
        found = self._find(owner)
        if found is None:
            return
        if found == len(self._open) - 1:
            self._run(f"release savepoint {self._open[found][1]}")
        # Under somebody else's savepoint it must stay: releasing it would release theirs.
        del self._open[found]

    def rollback(self, owner: object) -> None:
        """Take back what the owner did.

        Raises BuildError when somebody else did something in between: that would go as well.
        """
        found = self._find(owner)
        if found is None:
            return
        name = self._open[found][1]
        if found != len(self._open) - 1:
            raise BuildError(
                "a connection was rolled back while another one was in use. "
                "Commit or roll back the one before the other begins."
            )
        del self._open[found]
        if self.unpublished is not None:
            self.unpublished.look()  # a rollback gives the locks back
        self._run(f"rollback to savepoint {name}; release savepoint {name}")

    def end(self) -> None:
        """Take back what was begun on connections that are still open, as their end would.

        The latest first.
        """
        while self._open:
            self.rollback(self._open[-1][0])

    def _find(self, owner: object) -> int | None:
        return next((i for i, (holder, _) in enumerate(self._open) if holder is owner), None)

    def _run(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)


class JoinedConnection:
    """Looks like a psycopg2 connection and works in a transaction that others share."""

    def __init__(self, transaction: SharedTransaction) -> None:
        self._transaction = transaction
        self._closed = False

    @property
    def unpublished(self) -> ShadowPlace | None:
        """Where the script finds its own table, when that is not published yet."""
        return self._transaction.unpublished

    @property
    def driver_connection(self) -> Connection:
        """The real connection that all of them share."""
        return self._transaction.connection

    def cursor(self, name: str | None = None, **options: Any) -> Any:
        """Return a cursor; psycopg2's meaning."""
        connection = self._transaction.connection
        base: Any = options.pop("cursor_factory", None) or find_cursor_class(connection)
        kind = make_cursor_class(base, self._transaction.place)
        made: Any = connection.cursor(name, cursor_factory=kind, **options)
        made.joined = self
        return made

    def keep(self) -> None:
        """Note that something is about to be done on this connection."""
        self._transaction.keep(self)

    def settle(self, query: str) -> str:
        """Return the text with its own COMMIT, BEGIN and ROLLBACK turned into savepoints' ways."""
        statements = find_statements(query)
        if not any(_COMMIT.match(s.text) or _ROLLBACK.match(s.text) for s in statements):
            return query
        kept: list[str] = []
        committed = 0
        for statement in statements:
            if _ROLLBACK.match(statement.text):
                # What would be taken back need not be sent.
                del kept[committed:]
                if not committed:
                    self.rollback()
                    self.keep()
            elif _COMMIT.match(statement.text):
                committed = len(kept)
            else:
                kept.append(statement.text)
        return ";\n".join(kept) or _NOTHING

    def commit(self) -> None:
        """Keep what this connection did."""
        self._transaction.commit(self)

    def rollback(self) -> None:
        """Take back what this connection did since its last commit."""
        self._transaction.rollback(self)

    def close(self) -> None:
        """Take back what is not committed, as the end of a connection does."""
        if not self._closed:
            self._closed = True
            self.rollback()

    @property
    def autocommit(self) -> bool:
        """Never: everything is in the one transaction, whatever is asked for."""
        return False

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        pass

    @property
    def isolation_level(self) -> int | None:
        """That of the one transaction; setting it has no effect."""
        return self._transaction.connection.isolation_level

    @isolation_level.setter
    def isolation_level(self, value: int | None) -> None:
        pass

    def set_session(self, *args: Any, **options: Any) -> None:
        """Nothing: the transaction has begun."""

    def set_isolation_level(self, level: int | None) -> None:
        """Nothing: the transaction has begun."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction.connection, name)

    def __enter__(self) -> JoinedConnection:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

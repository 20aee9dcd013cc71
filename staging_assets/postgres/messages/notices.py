"""What the server says while a script runs: to the log, with table and line, and never too much.

psycopg2 keeps the last fifty messages of a connection. A `Notices` takes the place of that list,
so that none is lost and none is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from staging_assets.postgres.messages.raised import hide_raised

Log = Callable[[str, str], None]

MOST_MESSAGES = 1_000
"""Messages of one table that go to the log; the rest is counted."""

_HEAD = re.compile(r"([A-Z0-9]+):\s+(.*)", re.DOTALL)
_TAIL = re.compile(r"\n(?:DETAIL|CONTEXT|HINT|LINE \d+|QUERY|LOCATION):.*", re.DOTALL)
_WARNINGS = frozenset({"WARNING"})


class Notices:
    """Takes what psycopg2 appends to `connection.notices`.

    Args:
        log: called with a level (`info` or `warning`) and one line of text.
        functions: texts of the scripts whose functions may say something.
        shows_values: whether values from rows may be shown.
    """

    def __init__(
        self, log: Log, functions: Sequence[str] = (), *, shows_values: bool = False
    ) -> None:
        self._log = log
        self._functions, self._shows_values = functions, shows_values
        self._script = ""
        self._node = ""
        self._where = ""
        self._quiet = False
        self._count = 0

    def begin(self, node: str) -> None:
        """Start counting for another node."""
        self._node = node
        self._where = ""
        self._quiet = False
        self._count = 0

    def at(self, where: str, *, quiet: bool = False, script: str = "") -> None:
        """Say what runs now.

        Args:
            where: file and line of the statement, or empty.
            quiet: drop notices (not warnings): those of a DROP ... IF EXISTS on a shadow, which
                never exists, say nothing about the table.
            script: the text of what runs.
        """
        self._where, self._script = where, script
        self._quiet = quiet

    def append(self, text: str) -> None:
        """Take one message as libpq spells it: severity, text, and perhaps DETAIL and HINT."""
        # DETAIL may hold the values of a row.
        found = _HEAD.match(_TAIL.sub("", text.rstrip()))
        severity, message = (found[1], found[2]) if found else ("NOTICE", text.strip())
        warning = severity in _WARNINGS
        if self._quiet and not warning:
            return
        self._count += 1
        if self._count <= MOST_MESSAGES:
            if not self._shows_values:
                message = hide_raised(message, [self._script, *self._functions])
            place = f" ({self._where})" if self._where else ""
            node = f"{self._node}: " if self._node else ""
            self._log("warning" if warning else "info", f"{node}{severity}: {message}{place}")

    def end(self) -> None:
        """Say how many messages of this node were left out, if any."""
        more = self._count - MOST_MESSAGES
        if more > 0:
            self._log(
                "warning",
                f"{self._node}: {more} more messages of the server were left out; "
                f"the first {MOST_MESSAGES} are above",
            )
        self._count = 0

"""Two search paths: one for what we ask and make, one for what users wrote.

Whoever may create in `public` can put an operator or a function there that fits a call better than
Postgres' own, and it would run with the rights of whoever builds. So every session begins with our
own path. Scripts, and what evaluates users' expressions (keys, indexes, declared checks, cleanups),
get the path that psql would give them.
"""

from __future__ import annotations

from staging_assets.model import SchemaNames
from staging_assets.parser import find_users_path

OWN_PATH = "pg_catalog, pg_temp"
"""Nothing of anybody's; temporary tables come last, where they hide no catalog."""

USERS_PATH = "public"
"""What scripts find without naming a schema."""

SET_OWN_PATH = f"set search_path to {OWN_PATH};"
SET_LOCAL_USERS_PATH = f"set local search_path to {USERS_PATH};"


class SessionPath:
    """Which of the two a session has; `is_own` is None when that is not known."""

    def __init__(self, schemas: SchemaNames, schema: str) -> None:
        self.is_own: bool | None = None
        self._schemas, self._schema = schemas, schema
        self._first: str | None = None

    def stand_first(self, schema: str | None) -> None:
        """Put a schema first where the next scripts look names up; None takes it away again."""
        if schema != self._first:
            self._first, self.is_own = schema, None

    def change_sql(self, *, users: bool, anew: bool) -> str:
        """What gives the session the users' path, or our own; empty when it has it.

        Args:
            anew: whether something else that is sent first may change it.
        """
        known = None if anew else self.is_own
        self.is_own = not users
        if known is self.is_own:
            return ""
        path = find_users_path(self._schemas, self._schema, self._first) if users else OWN_PATH
        return f"set search_path to {path};"


LEND_OWN_PATH = (
    "select pg_catalog.set_config('pgw.path', pg_catalog.current_setting('search_path'), false);"
    f"{SET_OWN_PATH}"
)
TAKE_OWN_PATH_BACK = (
    "select pg_catalog.set_config('search_path', pg_catalog.current_setting('pgw.path'), false)"
)
"""Around a question of our own in a script's session: it goes on with the path that it has set."""

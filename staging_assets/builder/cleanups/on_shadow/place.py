"""Where a cleanup finds its table while that is not published yet.

Each statement is read on its way to the server: the table's names go to the shadow, all others to
the published schema, and the catalog is asked through views in which the shadow stands in its
place. Whatever cannot be told apart in a text is refused, and what a text does not show is found
afterwards in the locks (`footprint`). A cleanup that is refused is taken back whole, and runs when
the table is published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from staging_assets.builder.cleanups.on_shadow.catalog import (
    Catalog,
    UnclearError,
    drop_views_sql,
)
from staging_assets.builder.cleanups.on_shadow.footprint import (
    OwnTable,
    find_others_sql,
    tell_other,
)
from staging_assets.builder.cleanups.on_shadow.texts import (
    bind_names,
    find_called_names,
    find_refusal,
    may_change_meaning,
)
from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import (
    AskNaming,
    LexicalError,
    quote_identifier,
    quote_literal,
    read_statements,
    rewrite,
)
from staging_assets.postgres import LEND_OWN_PATH, TAKE_OWN_PATH_BACK, Connection, find_cursor_class

_MISSING = frozenset(("42P01", "42883", "42704", "3F000"))

_OWN = """
select c.relname::text from pg_catalog.pg_class c
where c.relnamespace = {build}::regnamespace and (
    c.relname = any ({own})
    or exists (
        select from pg_catalog.pg_index i join pg_catalog.pg_class t on t.oid = i.indrelid
        where i.indexrelid = c.oid and t.relnamespace = c.relnamespace and t.relname = any ({own})
    )
    or exists (
        select from pg_catalog.pg_depend d join pg_catalog.pg_class t on t.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
        and d.refclassid = d.classid and d.deptype in ('a', 'i')
        and t.relnamespace = c.relnamespace and t.relname = any ({own})
    )
)
"""
_ASKING = """
select p.proname::text from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.proname = any (%s) and n.nspname not in ('pg_catalog', 'information_schema')
and coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    ~* 'information_schema|\\mpg_(class|attribute|constraint|ind|tables|views)|:: *reg|to_reg'
limit 1
"""


class NotAloneError(BuildError):
    """A cleanup did, or was about to do, what it cannot do before its table is published."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ShadowPlace:
    """Sends what a cleanup says to its table's shadow, and watches that it touches nothing else.

    Args:
        connection: in the transaction in which the cleanup runs.
        table: its table.
    """

    def __init__(self, connection: Connection, table: OwnTable) -> None:
        self.table = table
        self.own = table.own | {table.live.name}
        self.reason: str | None = None
        self._connection = connection
        self._catalog = Catalog(self._ask, table.live.schema, table.build_schema)
        self._called: set[str] = set()
        self._sent: dict[tuple[str, bool], str] = {}

    def refuse(self, reason: str) -> NoReturn:
        """End the cleanup here; it will run when its table is published.

        Raises NotAloneError. A script that catches it goes on in vain.
        """
        self.reason = self.reason or reason
        raise NotAloneError(self.reason)

    def find(self, schema: str, names: Sequence[str]) -> Relation | None:
        """The shadow's own relation of one of these names, if `schema` is the published one."""
        if schema != self.table.live.schema:
            return None
        name = next((name for name in names if name in self.own), None)
        return Relation(self.table.build_schema, name) if name is not None else None

    def prepare(self, text: str, parameters: Any, ask: AskNaming, *, formats: bool) -> str:
        """What is sent in a text's place.

        Args:
            text: one or more statements.
            parameters: bound to them.
            ask: what is known of routines.
            formats: whether the driver takes each % for a format.

        Raises NotAloneError.
        """
        key = (text, formats)
        if key in self._sent:
            return self._sent[key]
        sent = self._prepare(text, parameters, ask, formats=formats)
        if not may_change_meaning(text):
            # Rows often come in batches, each of them with the same text, which is long.
            self._sent[key] = sent
        return sent

    def _prepare(self, text: str, parameters: Any, ask: AskNaming, *, formats: bool) -> str:
        if re.search(r"\b(?:index|sequence)\b", text, re.IGNORECASE):
            self._refresh()
        self._check_calls(text)
        try:
            coming = self._find_coming(text)
            reason = find_refusal(text, parameters, self.table.schemas) or self._find_dropped(text)
            if reason is not None:
                self.refuse(reason)
            sent = self._catalog.redirect(text, self._refresh)
        except LexicalError:
            return text  # the server will say what is wrong with it
        except UnclearError as unclear:
            self.refuse(f"it asks {unclear}, in which its table cannot be put in place")
        schemas = self.table.schemas
        double: Callable[[str], str] = (lambda t: t.replace("%", "%%")) if formats else str
        return rewrite(
            sent,
            replace(schemas, etl=double(schemas.etl)),
            schema=double(self.table.live.schema),
            shadow=double(self.table.build_schema),
            own=self.own | coming,
            ask=ask,
            bare=bool(schemas.path),
        ).text

    def bind(self, text: str, parameters: Any) -> Any:
        """The parameters of a text: where one is looked up as a name, the shadow's is meant."""
        return bind_names(text, parameters, self._find_names())

    def _find_names(self) -> dict[Relation, Relation]:
        """What is the table's own, as scripts call it, to where it is."""
        own, build = self.table.schemas.own, self.table.build_schema
        return {own(name): Relation(build, name) for name in self.own}

    def look(self) -> None:
        """Note what else was touched since the last look; called before anything is taken back."""
        if self._connection.info.transaction_status != TRANSACTION_STATUS_INTRANS:
            return
        found = self._ask(find_others_sql())
        self._refresh()
        for schema, name, modes in found:
            other = tell_other(Relation(schema, name), modes, self.table, self.own)
            if other is not None:
                self.reason = self.reason or other
                return

    def end(self) -> None:
        """Look a last time, and take off what was put in the catalog's place.

        Raises NotAloneError when the cleanup has touched more than its table.
        """
        self.look()
        if self.reason is not None:
            raise NotAloneError(self.reason)
        live = self.table.live.name
        if live not in self._refresh():
            self.refuse(f"it has left no table {live}")
        steps = [step for (step,) in self._ask(drop_views_sql())]
        if steps:
            self._ask(";".join(steps))

    def judge(self, error: BaseException) -> None:
        """Note when an error says no more than that the table is not published yet."""
        original = getattr(error, "orig", error)  # SQLAlchemy wraps the driver's
        if isinstance(original, psycopg2.Error) and original.pgcode in _MISSING:
            message = original.diag.message_primary or ""
            for name in sorted({*self.own, *self.table.tables} - self.table.earlier):
                looked_for = Relation(self.table.live.schema, name)
                if f'"{looked_for}"' in message:
                    self.reason = self.reason or f"it looks for {looked_for} under that name"
        self.look()

    def _check_calls(self, text: str) -> None:
        """Refuse functions that ask the catalog: they would find the published table there."""
        new = find_called_names(text) - self._called
        if new:
            self._called |= new
            for (name,) in self._ask(_ASKING, (sorted(new),)):
                self.refuse(f"it calls {name}, which asks the catalog")

    def _find_coming(self, text: str) -> set[str]:
        """The indexes that a text makes, which it may name again."""
        if re.search(r"\bindex\b", text, re.IGNORECASE) is None:
            return set()
        uses = (use for each in read_statements(text, self.table.schemas) for use in each.uses)
        return {u.relation.name for u in uses if u.role == "create" and u.kind == "index"}

    def _find_dropped(self, text: str) -> str | None:
        """Why the end of another table is refused: nothing of it is left for the last look."""
        if re.search(r"\bdrop\b", text, re.IGNORECASE):
            for use in (
                use for each in read_statements(text, self.table.schemas) for use in each.uses
            ):
                name = use.relation.name
                if use.role == "drop" and name in self.table.tables and name not in self.own:
                    return f"it drops {use.relation}"
        return None

    def _refresh(self) -> Collection[str]:
        """The names of what belongs to the shadow by now: an index may have come."""
        own = f"array[{', '.join(quote_literal(name) for name in sorted(self.own))}]::name[]"
        build = quote_literal(quote_identifier(self.table.build_schema))
        names = {name for (name,) in self._ask(_OWN.format(build=build, own=own))}
        self.own |= names
        return names

    def _ask(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        if self._connection.info.transaction_status != TRANSACTION_STATUS_INTRANS:
            return []  # nothing can be asked until it is rolled back
        kind = find_cursor_class(self._connection)
        with Connection.cursor(self._connection, cursor_factory=kind) as cursor:
            cursor.execute(LEND_OWN_PATH + query, parameters)
            rows = cursor.fetchall() if cursor.description else []
            cursor.execute(TAKE_OWN_PATH_BACK)
            return rows

"""How the parts of `PostgresWrangler` ask and change things: values bound, names quoted."""

from __future__ import annotations

from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import Engine

from staging_assets.builder.cleanups.on_shadow.place import ShadowPlace
from staging_assets.errors import BuildError
from staging_assets.model import ETL, Relation, SchemaNames
from staging_assets.postgres import LEND_OWN_PATH, TAKE_OWN_PATH_BACK, hide_values

_TABLE = """
select c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname in (%(exact)s, %(folded)s)
and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname <> %(exact)s
limit 1
"""


class Queries:
    """What the parts share; `engine`, `schema` and `schemas` are set by the whole."""

    engine: Engine
    schema: str
    schemas: SchemaNames
    unpublished: ShadowPlace | None = None

    def _real(self, schema: str) -> str:
        """The schema that is meant; `staging` in any case, and in quotes, is the one built."""
        name = unquote(schema)
        if schema.lower() in (self.schemas.staging, ETL):
            name = schema.lower()
        return self.schemas.in_database(name, self.schema)

    def _ask(
        self,
        query: str | sql.Composable,
        parameters: dict[str, Any] | None = None,
        *,
        users: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Run one query on a connection of its own.

        Args:
            users: whether it looks up names as scripts do.
        """
        return self._run(query, parameters, own=not users)

    def _change(
        self,
        statement: sql.Composable,
        parameters: dict[str, Any] | None = None,
        *,
        users: bool = False,
    ) -> None:
        """Run statements on a connection of its own, and commit them.

        Args:
            users: whether they evaluate what users wrote (keys, indexes, operators of their types).
        """
        self._run(statement, parameters, own=not users)

    def _run(
        self, statement: str | sql.Composable, parameters: dict[str, Any] | None, *, own: bool
    ) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            # The driver's own connection, on which a statement goes as it is.
            driver: Any = connection.connection
            try:
                with driver.cursor() as cursor:
                    cursor.is_ours = True
                    text = sql.SQL(statement) if isinstance(statement, str) else statement
                    cursor.execute(sql.SQL(LEND_OWN_PATH) + text if own else text, parameters)
                    rows = cursor.fetchall() if cursor.description else []
                    if own:
                        # Connections may share one session, and the script goes on with its path.
                        cursor.execute(TAKE_OWN_PATH_BACK)
                driver.commit()
            except psycopg2.Error as error:
                hide_values(error)
                raise
        return rows

    def _find(self, table: str, schema: str) -> Relation | None:
        """The table of that name; that name in lower case when there is none."""
        real, exact = self._real(schema), unquote(table)
        folded = exact if exact != table else table.lower()
        if self.unpublished is not None:
            shadow = self.unpublished.find(real, (exact, folded))
            if shadow is not None:
                return shadow
        parameters = {"schema": real, "exact": exact, "folded": folded}
        rows = self._ask(_TABLE, parameters)
        return Relation(real, rows[0][0]) if rows else None

    def _get(self, table: str, schema: str) -> Relation:
        relation = self._find(table, schema)
        if relation is None:
            raise BuildError(
                f"{Relation(self._real(schema), table)}: there is no such table. Check its name."
            )
        return relation

    def _column(self, relation: Relation, name: str) -> str:
        """The column that a name means, as in SQL: in quotes as it is, else that or in lower case.

        A name that is of no column comes back as it would be read.
        """
        if unquote(name) != name:
            return unquote(name)
        known = dict(self._columns(relation))
        return name if name in known or name.lower() not in known else name.lower()

    def _columns(self, relation: Relation) -> list[tuple[str, str]]:
        """Names and types of the columns, in order."""
        rows = self._ask(
            """
            select a.attname, format_type(a.atttypid, null)
            from pg_attribute a where a.attrelid = to_regclass(%(relation)s)
            and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """,
            {"relation": str(relation)},
        )
        return [(name, kind) for name, kind in rows]


def unquote(name: str) -> str:
    """A name without the double quotes of SQL, in which `get_column_names` gives it."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name


def name_of(relation: Relation) -> sql.Identifier:
    """The relation as SQL."""
    return sql.Identifier(relation.schema, relation.name)

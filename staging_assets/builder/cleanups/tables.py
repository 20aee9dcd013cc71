"""The part of `PostgresWrangler` that looks at schemas and tables, and makes and drops tables."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

from staging_assets.builder.cleanups.queries import Queries, name_of, unquote
from staging_assets.errors import BuildError
from staging_assets.model import Relation


class TableWork(Queries):
    """Schemas and tables."""

    def check_schema_exists(self, schema: str) -> bool:
        """Whether there is such a schema."""
        rows = self._ask(
            "select 1 from pg_namespace where nspname = %(name)s", {"name": self._real(schema)}
        )
        return bool(rows)

    def check_table_exists(self, table: str, schema: str) -> bool:
        """Whether there is such a table or view."""
        return self._find(table, schema) is not None

    def check_table_has_nrows(self, table: str, schema: str, nrows: int) -> bool:
        """Whether the table has at least so many rows; False when there is no such table."""
        relation = self._find(table, schema)
        if relation is None:
            return False
        rows = self._ask(
            # Values stand in the text: a name may hold a %, which placeholders would take.
            sql.SQL("select count(*) from (select 1 from {} limit {}) t").format(
                name_of(relation), sql.Literal(max(0, nrows))
            )
        )
        return int(rows[0][0]) >= nrows

    def drop_table(self, table: str, schema: str) -> None:
        """Drop the table if it is there. What depends on it makes this fail."""
        relation = self._find(table, schema)
        if relation is not None:
            self._change(sql.SQL("drop table if exists {}").format(name_of(relation)))

    def copy_table(
        self, table_name: str, schema_from: str = "raw", schema_to: str = "processing"
    ) -> None:
        """Copy a table with its rows, constraints and indexes; the copy's name is in lower case.

        Nothing happens when the copy is there already.
        """
        source = self._get(table_name, schema_from)
        target = Relation(self._real(schema_to), unquote(table_name).lower())
        if self._find(target.name, target.schema) is not None:
            return
        columns = sql.SQL(", ").join(sql.Identifier(name) for name, _ in self._columns(source))
        create = sql.SQL("create table {} (like {} including constraints including indexes)")
        copy = sql.SQL("insert into {0} ({2}) select {2} from {1}")
        steps = [create.format(name_of(target), name_of(source))]
        if self._columns(source):
            steps.append(copy.format(name_of(target), name_of(source), columns))
        self._change(sql.SQL(";").join(steps), users=True)

    def left_join(  # noqa: PLR0917 - pg_tools' own arguments
        self,
        left_table: str,
        right_table: str,
        left_key: str,
        right_key: str,
        left_schema: str,
        right_schema: str,
        new_table: str,
        cond: tuple[str, tuple[Any, Any]] | None = None,
        append_names: bool = True,
    ) -> None:
        """Make a table of the left join of two tables.

        Args:
            left_table, left_schema, left_key: the one table and its column to join by.
            right_table, right_schema, right_key: the other.
            new_table: name of the new table with its schema, as in SQL.
            cond: a column of the left table, and the least and largest value to take.
            append_names: call the right table's columns `<right_table>__<column>`; when False,
                those that the left table has too are left out.
        """
        left, right = self._get(left_table, left_schema), self._get(right_table, right_schema)
        left_columns = [name for name, _ in self._columns(left)]
        chosen: list[sql.Composable] = [sql.Identifier("l", name) for name in left_columns]
        for name, _ in self._columns(right):
            column: sql.Composable = sql.Identifier("r", name)
            if append_names:
                alias = sql.Identifier(f"{unquote(right_table)}__{name}")
                chosen.append(column + sql.SQL(" as ") + alias)
            elif name not in left_columns:
                chosen.append(column)
        query = sql.SQL("create table {} as select {} from {} l left join {} r on {} = {}").format(
            self._parse(new_table),
            sql.SQL(", ").join(chosen),
            name_of(left),
            name_of(right),
            sql.Identifier("l", self._column(left, left_key)),
            sql.Identifier("r", self._column(right, right_key)),
        )
        if cond is not None:
            column = sql.Identifier("l", self._column(left, cond[0]))
            least, largest = map(sql.Literal, cond[1])
            query += sql.SQL(" where {} between {} and {}").format(column, least, largest)
        self._change(query, users=True)

    def _parse(self, name: str) -> sql.Identifier:
        """Read a qualified name as SQL reads it."""
        parts = self._ask("select parse_ident(%(name)s)", {"name": name})[0][0]
        if len(parts) > 2:
            raise BuildError(f"{name}: this is no name of a table. Write schema.table.")
        if len(parts) == 2:
            parts[0] = self._real(parts[0])
        return sql.Identifier(*parts)

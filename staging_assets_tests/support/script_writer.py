"""Writes scripts at random that Postgres takes: tables, keys, views, functions, types, rows.

Names are hostile (quotes, dots, capitals, `staging` itself), the schema is spelled in several ways,
and strings look like names that they are not.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_NAMES = (
    "a", "b1", "staging", "etl", '"A b"', '"x.y"', '"quo""te"', '"staging.t"', "ünder", '"select"',
    "a$1", '"%s"', "_t", '"ends "',
)  # fmt: skip
_SCHEMAS = ("staging.", "staging.", "staging.", '"staging".', "STAGING.", "Staging .", "staging . ")
_DATA = (
    "'staging.a'",
    "'it''s'",
    "'$$'",
    "E'a\\'b'",
    "'%s %%'",
    "$q$staging.b$q$",
    "null",
    "'--x'",
)
_TYPES = {
    "int": ("1", "-7", "40 + 2"),
    "text": _DATA,
    "numeric(6, 2)": ("1.5", "round(2.345, 2)"),
    "date": ("date '2024-02-29'", "'2020-01-01'"),
    "text[]": ("array['staging.a', 'b']", "'{staging.a}'"),
    "jsonb": ("""'{"staging.a": ["staging"]}'""",),
    "bool": ("true", "1 > 2"),
}
_COMMENTS = ("", "-- staging.a\n", "/* staging.b /* nested */ 'x */ ", "\n\n")


class Writer:
    """Writes scripts for a schema called `staging`.

    Args:
        seed: the same one gives the same scripts.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._tables: dict[str, list[tuple[str, str]]] = {}
        self._functions: list[str] = []

    def write(self) -> str:
        """One script: a handful of statements, each of which may use what the ones before made."""
        self._tables, self._functions = {}, []
        statements = [self._table()]
        kinds: list[Callable[[], str]] = [
            self._table,
            self._view,
            self._function,
            self._rows,
            self._index,
            self._comment,
            self._alter,
            self._block,
            self._trigger,
            self._type,
        ]
        statements += [self._pick(*kinds)() for _ in range(self._random.randint(1, 6))]
        return ";\n".join(f"{self._pick(*_COMMENTS)}{each}" for each in statements) + ";"

    def _pick(self, *choices: object) -> object:
        return self._random.choice(choices)

    def _word(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _spell(self, name: str) -> str:
        return self._word(*_SCHEMAS) + name

    def _new(self, taken: object) -> str:
        free = [name for name in _NAMES if name not in taken]  # type: ignore[operator]
        return self._word(*(free or ["more" + str(self._random.randint(1, 10**9))]))

    def _table(self) -> str:
        name = self._new(self._tables)
        columns: list[tuple[str, str]] = [("id", "int")]
        parts = ["id " + self._word("int default 7", "serial", "int generated always as identity")
                 + " primary key"]  # fmt: skip
        for _ in range(self._random.randint(1, 3)):
            column = self._new({each for each, _ in columns})
            kind = self._word(*_TYPES)
            rest = self._word(
                "", f" default {self._value(kind)}", " unique" if kind != "jsonb" else ""
            )
            parts.append(f"{column} {kind}{rest}")
            columns.append((column, kind))
        if self._tables and self._random.random() < 0.5:
            parts.append(f"ref int references {self._spell(self._real())} (id)")
            columns.append(("ref", "int"))
        if self._random.random() < 0.3:
            parts.append("check (id <> 0 and 'staging.a' <> 'b')")
        self._tables[name] = columns
        return f"create table {self._spell(name)} ({', '.join(parts)})"

    def _value(self, kind: str) -> str:
        return self._word(*_TYPES[kind])

    def _view(self) -> str:
        table, alias = self._real(), self._word("t", "staging", '"A"')
        name = self._new(self._tables)
        columns = ", ".join(f"{alias}.{column}" for column, _ in self._tables[table])
        self._tables[name] = [("gone", "view")]  # its name is taken, and nothing is put into it
        kind = self._word("view", "view", "materialized view")
        read = f"select {columns} from {self._spell(table)} as {alias}"
        read += self._word("", f" where exists (select from {self._spell(table)} where id > 0)")
        return (
            f"create {kind} {self._spell(name)} as {read}{self._word('', f' order by {alias}.id')}"
        )

    def _real(self) -> str:
        """A table, and no view."""
        return self._word(
            *(name for name, columns in self._tables.items() if columns[0][0] == "id")
        )

    def _function(self) -> str:
        table = self._real()
        name = f"f{len(self._functions)}"
        self._functions.append(name)
        read = f"select count(*) from {self._spell(table)}"
        body = self._word(
            f"language sql as $$ {read} $$",
            f"language sql as '{read}'",
            f"language plpgsql as $b$ begin return ({read}); end $b$",
            f"language plpgsql as $b$ declare n bigint; begin execute '{read}' into n;"
            " return n; end $b$",
            f"language sql begin atomic {read}; end",
        )
        return f"create or replace function {self._spell(name)}() returns bigint {body}"

    def _rows(self) -> str:
        table = self._real()
        column, kind = self._tables[table][1]
        return (
            f"insert into {self._spell(table)} ({column}) select {self._value(kind)}"
            + self._word(
                "", " where false", f" where not exists (select from {self._spell(table)})"
            )
        )

    def _index(self) -> str:
        table = self._real()
        return f"create index on {self._spell(table)} (id) where id > {self._random.randint(0, 9)}"

    def _comment(self) -> str:
        table = self._real()
        return self._word(
            f"comment on table {self._spell(table)} is 'about staging.a'",
            f"comment on column {self._spell(table)}.id is 'staging'",
        )

    def _alter(self) -> str:
        table = self._real()
        return self._word(
            f"alter table {self._spell(table)} add more{self._random.randint(1, 10**9)} int",
            f"alter table {self._spell(table)} alter id set statistics 10",
            f"alter table only {self._spell(table)} set (fillfactor = 70)",
            f"grant select on {self._spell(table)} to public",
        )

    def _block(self) -> str:
        table = self._spell(self._real())
        return self._word(
            f"do $$ begin perform 1 from {table}; end $$",
            f"do $$ begin execute 'analyze {table}'; end $$",
            f"do $x$ declare n {table}.id%type; begin select max(id) into n from {table}; end $x$",
        )

    def _trigger(self) -> str:
        table = self._real()
        name = f"g{len(self._functions)}"
        self._functions.append(name)
        return (
            f"create function {self._spell(name)}() returns trigger language plpgsql as"
            f" $$ begin perform 1 from {self._spell(table)}; return new; end $$;\n"
            f"create trigger {name} before update on {self._spell(table)} for each row"
            f" execute function {self._spell(name)}()"
        )

    def _type(self) -> str:
        name = f"k{self._random.randint(1, 10**9)}"
        return self._word(
            f"create type {self._spell(name)} as enum ('staging.a', 'b')",
            f"create domain {self._spell(name)} as text check (value <> 'staging.a')",
            f"create sequence {self._spell(name)} start 5",
            f"create type {self._spell(name)} as (t {self._spell(self._real())}, n int)",
        )

"""The columns that an INSERT or UPDATE takes its values from, through CTEs and subqueries."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import Scope, traverse_scope

from staging_assets.model import ColumnSource, Relation

_MAX_DEPTH = 50
_quiet = threading.local()


class _Silence(logging.Filter):
    """Keeps sqlglot's warnings off the screen while this module uses it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_quiet, "on", False)


logging.getLogger("sqlglot").addFilter(_Silence())


def find_column_sources(
    text: str, own: Relation, columns: Mapping[str, tuple[str, ...]]
) -> dict[str, set[ColumnSource]]:
    """Column of `own` to the columns that one statement fills it from; empty when unclear.

    Args:
        text: one statement.
        own: the table that it fills.
        columns: the columns of the tables in the schema of `own`, as far as they are known.
    """
    _quiet.on = True
    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
        tree = normalize_identifiers(tree, dialect="postgres")
        if isinstance(tree, exp.Insert):
            return _Tracing(columns, own.schema).insert(tree, own)
        if isinstance(tree, exp.Update):
            return _Tracing(columns, own.schema).update(tree)
    except Exception:  # noqa: BLE001 - any fault in a foreign parser; lineage is decoration
        return {}
    finally:
        _quiet.on = False
    return {}


def _set_operation_scopes(scope: Scope) -> list[Scope]:
    """The sides of a UNION and the like; sqlglot has called them by two names."""
    name = "set_operation_scopes" if hasattr(scope, "set_operation_scopes") else "union_scopes"
    return list(getattr(scope, name))


class _Tracing:
    def __init__(self, columns: Mapping[str, tuple[str, ...]], staging: str) -> None:
        self.columns, self.staging = columns, staging
        self.scopes: dict[int, Scope] = {}
        self.found: dict[int, list[tuple[str, set[ColumnSource]]]] = {}

    def insert(self, tree: exp.Insert, own: Relation) -> dict[str, set[ColumnSource]]:
        target, query = tree.this, tree.expression
        table = target.this if isinstance(target, exp.Schema) else target
        if _relation(table) != own or not isinstance(query, exp.Query):
            return {}
        listed = target.expressions if isinstance(target, exp.Schema) else ()
        names = [column.name for column in listed] or list(self.columns.get(own.name, ()))
        shared = tree.args.get("with_") or tree.args.get("with")
        if shared is not None and not query.ctes:
            query.set("with_" if "with_" in query.arg_types else "with", shared.pop())
        scopes = traverse_scope(query)
        if not scopes:
            return {}
        self.scopes = {id(scope.expression): scope for scope in scopes}
        found = self.outputs(scopes[-1], 0)
        return {name: sources for name, (_, sources) in zip(names, found, strict=False)}

    def update(self, tree: exp.Update) -> dict[str, set[ColumnSource]]:
        tables = {each.alias_or_name: _relation(each) for each in tree.find_all(exp.Table)}
        found: dict[str, set[ColumnSource]] = {}
        for change in tree.expressions:
            if isinstance(change, exp.EQ) and isinstance(change.this, exp.Column):
                found[change.this.name] = {
                    ColumnSource(relation, column.name)
                    for column in change.expression.find_all(exp.Column)
                    if (relation := tables.get(column.table)) is not None
                }
        return found

    def outputs(self, scope: Scope, depth: int) -> list[tuple[str, set[ColumnSource]]]:
        """The columns of a query in order: name, and where each comes from.

        The list ends where a `*` stands for columns that are not known.
        """
        if id(scope) not in self.found:
            self.found[id(scope)] = []  # a recursive CTE finds this
            self.found[id(scope)] = self.find_outputs(scope, depth)
        return self.found[id(scope)]

    def find_outputs(self, scope: Scope, depth: int) -> list[tuple[str, set[ColumnSource]]]:
        if depth > _MAX_DEPTH:
            return []
        if _set_operation_scopes(scope):
            left, right = (self.outputs(each, depth + 1) for each in _set_operation_scopes(scope))
            pairs = zip(left, right, strict=False)
            return [(name, sources | more) for (name, sources), (_, more) in pairs]
        found: list[tuple[str, set[ColumnSource]]] = []
        for projection in getattr(scope.expression, "selects", ()):
            if projection.is_star:
                expanded = list(self.star(scope, projection, depth))
                if not expanded:
                    break
                found += expanded
            else:
                sources = set(self.trace_all(projection, scope, depth))
                found.append((projection.alias_or_name, sources))
        return found

    def star(
        self, scope: Scope, star: exp.Expression, depth: int
    ) -> Iterator[tuple[str, set[ColumnSource]]]:
        of = star.table if isinstance(star, exp.Column) else ""
        for name, source in _sources(scope).items():
            if of and name != of:
                continue
            if isinstance(source, Scope):
                yield from self.outputs(source, depth + 1)
                continue
            relation = _relation(source)
            if relation is None or relation.schema != self.staging:
                return
            for column in self.columns.get(relation.name, ()):
                yield column, {ColumnSource(relation, column)}

    def trace_all(
        self, expression: exp.Expression, scope: Scope, depth: int
    ) -> Iterator[ColumnSource]:
        for column in expression.find_all(exp.Column):
            query = column.find_ancestor(exp.Select)
            yield from self.trace(column, self.scopes.get(id(query), scope), depth)

    def trace(self, column: exp.Column, scope: Scope | None, depth: int) -> Iterator[ColumnSource]:
        """The columns of real tables behind a column, wherever its name is known."""
        while scope is not None:
            named = [column.table] if column.table else self.candidates(column.name, scope, depth)
            source: Any = _sources(scope).get(named[0]) if len(named) == 1 else None
            if isinstance(source, exp.Table):
                relation = _relation(source)
                if relation is not None:
                    yield ColumnSource(relation, column.name)
                return
            if isinstance(source, Scope):
                if depth < _MAX_DEPTH:
                    for name, sources in self.outputs(source, depth + 1):
                        if name == column.name:
                            yield from sources
                return
            scope = scope.parent

    def candidates(self, column: str, scope: Scope, depth: int) -> Sequence[str]:
        """The sources of a query that a column without a table can belong to."""
        sources = _sources(scope)
        if len(sources) == 1:
            return list(sources)
        unknown, found = [], []
        for name, source in sources.items():
            names = self.known(source, depth)
            if names is None:
                unknown.append(name)
            elif column in names:
                found.append(name)
        return found or unknown

    def known(self, source: Any, depth: int) -> Sequence[str] | None:
        """The column names of a source; None when they are not known."""
        if isinstance(source, Scope):
            if any(each.is_star for each in getattr(source.expression, "selects", ())):
                return None
            return list(getattr(source.expression, "named_selects", ()))
        relation = _relation(source)
        if relation is None or relation.schema != self.staging:
            return None
        return self.columns.get(relation.name)


def _sources(scope: Scope) -> dict[str, Any]:
    """Alias to table or subquery, for what stands in FROM and not for every CTE in sight."""
    return {name: source for name, (_, source) in scope.selected_sources.items()}


def _relation(table: Any) -> Relation | None:
    """The relation that a table expression names; None without a schema (a CTE, a function)."""
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    return Relation(table.db, table.name) if table.db else None

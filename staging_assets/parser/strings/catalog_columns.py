"""Comparisons with the catalog's columns: `table_schema = 'staging'`, `nspname in (...)`."""

from __future__ import annotations

from staging_assets.parser.lexer.tokens import TEXT_KINDS
from staging_assets.parser.strings.groups import Groups
from staging_assets.parser.strings.naming import TRANSPARENT

REGISTERED = frozenset(
    f"reg{kind}"
    for kind in (
        *("class", "collation", "config", "dictionary", "namespace", "oper", "operator", "proc"),
        *("procedure", "type"),
    )
)
"""The types whose values Postgres looks up by name."""

_ALWAYS = frozenset(("nspname", "tg_table_schema", "current_schema", "current_schemas"))
_OF_CATALOGS = frozenset(
    f"{what}_schema"
    for what in (
        *("catalog", "character_set", "check", "collation", "constraint", "domain", "object"),
        *("event_object", "foreign_table", "parameter", "referenced", "routine", "scope"),
        *("sequence", "specific", "table", "to_sql_specific", "trigger", "udt", "view"),
        *("unique_constraint", "user_defined_type", "default_character_set"),
    )
) | frozenset(("schema_name", "schemaname", "schema"))
_COMPARISONS = frozenset(("=", "<>", "!=", "~~", "like", "ilike", "from"))  # IS DISTINCT FROM


def find_compared(groups: Groups, start: int, end: int) -> str:
    """What the expression from `start` up to `end` is compared with.

    Gives `schema` for a column of the catalog that holds schemas, `oid` for something that was
    cast to `regclass` and its kin, and nothing for anything else.
    """
    operator = start - 1
    if _is_comparison(groups, operator):
        # IS [NOT] DISTINCT FROM, NOT LIKE
        other = operator - (2 if groups.value(operator) == "from" else 1)
        while groups.value(other) in ("is", "not"):
            other -= 1
        return _read_left(groups, other, None)
    if _is_comparison(groups, end) and groups.value(end) != "from":
        return _read_right(groups, end + 1)
    opening = groups.openings[start]
    return _find_compared_list(groups, opening, groups.members[start]) if opening >= 0 else ""


def _find_compared_list(groups: Groups, opening: int, member: int) -> str:
    """IN (...), = ANY (...), and `(table_schema, table_name) = ('staging', 'x')`."""
    before = groups.value(opening - 1)
    if before == "in":
        other = opening - (3 if groups.value(opening - 2) == "not" else 2)
        return _read_left(groups, other, None)
    if before in ("any", "all", "some"):
        return _read_left(groups, opening - 3, None) if _is_comparison(groups, opening - 2) else ""
    outer = groups.openings[opening]
    if groups.value(outer - 1) == "in" and outer >= 0:
        other = outer - (3 if groups.value(outer - 2) == "not" else 2)
        return _read_left(groups, other, member)
    if _is_comparison(groups, opening - 1):
        return _read_left(groups, opening - 2, member)
    return ""


def _is_comparison(groups: Groups, index: int) -> bool:
    value = groups.value(index)
    if value == "from":
        return groups.value(index - 1) == "distinct" and groups.value(index - 2) in ("is", "not")
    return (
        value in _COMPARISONS and index >= 0 and groups.tokens[index].kind in ("operator", "word")
    )


def _read_left(groups: Groups, index: int, member: int | None) -> str:
    """What the operand is that ends at `index`; of a row, one member of it."""
    while groups.value(index - 1) == "::" and groups.is_name(index):
        if groups.value(index) in REGISTERED:
            return "oid"
        index -= 2
    if groups.value(index) == ")":
        opening = groups.starts.get(index, -1)
        call = groups.find_call(opening)
        if call is not None and call[1] not in TRANSPARENT:
            return _judge(groups, opening - 1)  # current_schema()
        if member is not None:
            start, end = groups.find_member(opening, member)
            return _read_left(groups, end - 1, None) if end > start else ""
        return max((_judge(groups, i) for i in range(opening, index)), default="")
    found = _judge(groups, index)
    while not found and groups.value(index := groups.find_start(index) - 1) == "||":
        index -= 1
        found = _judge(groups, index)
    return found


def _read_right(groups: Groups, index: int) -> str:
    """What the operand is that begins at `index`."""
    end = index
    while groups.value(end + 1) == "." and groups.is_name(end + 2):
        end += 2
    if groups.value(end + 1) == "::" and groups.value(end + 2) in REGISTERED:
        return "oid"
    if groups.value(index) in ("any", "all", "some") and groups.value(index + 1) == "(":
        index = end = index + 2
    return _judge(groups, end)


def _judge(groups: Groups, index: int) -> str:
    """`schema` when a column of the catalog stands there."""
    if not groups.is_name(index):
        return ""
    name = groups.value(index)
    if name in _ALWAYS or (name in _OF_CATALOGS and _reads_catalog(groups, index)):
        return "schema"
    return ""


def _reads_catalog(groups: Groups, index: int) -> bool:
    """Whether the statement around `index` reads the catalog; a mere condition may."""
    first = groups.statements[index]
    if first not in groups.catalogs:
        last = first
        while last < len(groups.tokens) and groups.value(last) != ";":
            last += 1
        words = {t.value for t in groups.tokens[first:last] if t.kind not in TEXT_KINDS}
        known = "information_schema" in words or any(word.startswith("pg_") for word in words)
        groups.catalogs[first] = known or "from" not in words
    return groups.catalogs[first]

"""What a statement of a dump is: a setting that says nothing, rows, a part, something else."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from staging_assets.project import DumpStatement

OTHER = "other"
"""The script of operators, casts and the like."""
PARTS = ("type", "domain", "sequence")
_ROWS = ("copy", "insert", "update", "delete", "merge", "truncate")
_FIRED = (("create", "trigger"), ("create", "constraint", "trigger"), ("create", "rule"))
_ROUTINES = ("function", "procedure", "aggregate", "routine")
_USUAL = {
    "client_encoding": ("utf8", "utf-8", "unicode"),
    "standard_conforming_strings": ("on",),
    "check_function_bodies": ("false", "off"),
    "xmloption": ("content",),
    "client_min_messages": ("warning", "notice", "error"),
    "row_security": ("off",),
    "default_tablespace": ("",),
    "default_table_access_method": ("heap",),
    "default_with_oids": ("false", "off"),
    "search_path": ("",),
}
"""Settings at the head of dumps that say what is so in a build, or does not matter there."""
_OWNER = re.compile(r"\bowner\s+to\b", re.IGNORECASE)
_REPLACED = re.compile(r"\Acreate\s+(?=(?:function|procedure|aggregate)\b)", re.IGNORECASE)
_SEQUENCE = re.compile(r"\Acreate\s+sequence\s+", re.IGNORECASE)


def find_words(statement: DumpStatement) -> list[str]:
    """The words of a statement, as Postgres folds them."""
    return [token.value for token in statement.read.tokens if token.kind == "word"]


def is_usual(statement: DumpStatement) -> bool:
    """Whether it is a setting that a build has no need of."""
    if not statement.is_setting:
        return False
    tokens = [token.value.strip("'\"").lower() for token in statement.read.tokens]
    if "set_config" in tokens:
        given = tokens[tokens.index("set_config") + 2 :: 2]
        name, value = given[0], given[1]
    else:
        said = [token for token in tokens[1:] if token not in ("session", "=", "to")]
        name, value = said[0] if said else "", " ".join(said[1:])
    return value in _USUAL.get(name, ())


def is_of_owners(statement: DumpStatement) -> bool:
    """Whether it says who owns something."""
    return statement.read.starts_with("alter") and bool(_OWNER.search(statement.text))


def is_of_privileges(statement: DumpStatement) -> bool:
    """Whether it grants something, or takes it back."""
    starts = (("grant",), ("revoke",), ("alter", "default", "privileges"))
    return any(statement.read.starts_with(*words) for words in starts)


def find_roles(statement: DumpStatement) -> set[str]:
    """The roles that a statement of these two kinds names."""
    tokens = [token.value for token in statement.read.tokens]
    if is_of_owners(statement):
        return {tokens[-1]}
    if not is_of_privileges(statement):
        return set()
    ends = [n for n, value in enumerate(tokens) if value in ("to", "from")]
    behind = tokens[ends[-1] + 1 :] if ends else []
    words = ("group", ",", "with", "grant", "option", "granted", "by", "cascade", "public")
    return {value for value in behind if value not in words}


def puts_rows(statement: DumpStatement) -> bool:
    """Whether it puts rows into a table, or sets its sequences to where these have brought them."""
    words = find_words(statement)
    return words[:1] in [[word] for word in _ROWS] or is_setval(statement)


def copies_nothing(statement: DumpStatement) -> bool:
    """Whether it is a COPY of no rows, as dumps have it of empty tables."""
    return statement.data is not None and statement.data.text == ""


def is_setval(statement: DumpStatement) -> bool:
    """Whether it sets a sequence."""
    return any(use.role == "call" and use.relation.name == "setval" for use in statement.read.uses)


def is_fired(statement: DumpStatement) -> bool:
    """Whether it makes something that rows set off."""
    words = [word for word in find_words(statement)[:5] if word not in ("or", "replace")]
    return any(tuple(words[: len(start)]) == start for start in _FIRED)


def is_view(statement: DumpStatement) -> bool:
    """Whether it makes a view, materialized or not."""
    return any(use.role == "create" and use.kind == "view" for use in statement.read.uses)


def find_made_part(statement: DumpStatement) -> str | None:
    """The type, domain or sequence that it creates."""
    words = find_words(statement)
    made = words[:1] == ["create"] and words[1:2] in [[part] for part in PARTS]
    uses = (use for use in statement.read.uses if use.role == "create") if made else ()
    return next((use.relation.name for use in uses), None)


def find_part(statement: DumpStatement, parts: Collection[str]) -> str | None:
    """The type, domain or sequence that a statement is about.

    Args:
        parts: those that there are.
    """
    words = find_words(statement)
    about = words[:1] in (["create"], ["alter"]) and words[1:2] in [[part] for part in PARTS]
    if words[:1] in (["comment"], ["grant"], ["revoke"]):
        about = any(first == "on" and second in PARTS for first, second in pairwise(words))
    if not about and not is_setval(statement):
        return None
    roles = ("create", "alter", "about", "spelled", "mention")
    named = (u.relation.name for u in statement.read.uses if u.role in roles)
    return next((name for name in named if name in parts), None)


def find_elsewhere(statement: DumpStatement, schema: str) -> str | None:
    """The one other schema that a statement is about; None where it is about this, or several."""
    roles = ("create", "define", "alter", "about", "write")
    uses = statement.read.uses
    named = {use.relation.schema for use in uses if use.role in roles and not use.lasting}
    if "extension" not in find_words(statement)[:2]:
        named |= {use.relation.name for use in uses if use.role == "schema"}
    values = [token.value for token in statement.read.tokens[:9]]
    if "operator" in values[:3] and "." in values:
        named.add(values[values.index(".") - 1])
    named -= {""}
    return next(iter(named)) if len(named) == 1 and schema not in named else None


def find_stem(statement: DumpStatement) -> str:
    """The script of stored procedures that gets a statement which belongs to no table."""
    words, uses = find_words(statement), statement.read.uses
    defined = next((use.relation.name for use in uses if use.role == "define"), None)
    if defined is not None:
        return defined
    spoken = next((use.relation.name for use in uses if use.role in ("about", "alter")), None)
    if spoken is not None and any(word in _ROUTINES for word in words):
        return spoken
    if "extension" in words[:4]:
        return "extensions"
    return "schema" if is_of_privileges(statement) or words[:1] == ["comment"] else OTHER


def spell_again(statement: DumpStatement) -> str:
    """A statement of stored procedures that can be run once more: what it makes may be there.

    Types, operators and the like the build leaves as they are.
    """
    if _SEQUENCE.match(statement.text) and "if not exists" not in statement.text.lower():
        return _SEQUENCE.sub("CREATE SEQUENCE IF NOT EXISTS ", statement.text, count=1)
    return _REPLACED.sub("CREATE OR REPLACE ", statement.text, count=1)

"""Which table a statement is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from staging_assets.parser import ReadStatement, Use
from staging_assets.project.scripts.script import Source

_TABLES = ("table", "view")
_TYPES = ("type", "domain")
_ROUTINES = ("function", "procedure", "routine", "aggregate")
_SETTINGS = ("set", "reset", "show", "discard", "listen", "notify", "lock")
_ADDITIVE = ("create", "alter", "comment", "grant", "revoke", "select", "cluster", "analyze")
_OF_SCHEMA = (("create", "schema"), ("alter", "schema"))
_LIKE_ROUTINES = ("extension", "cast", "operator", "collation", "event", "text", "transform")
_OF_ROUTINES = (
    *(("create", kind) for kind in _LIKE_ROUTINES),
    *(("comment", "on", kind) for kind in (*_ROUTINES, *_LIKE_ROUTINES, "schema")),
    *(("alter", kind) for kind in (*_ROUTINES, *_LIKE_ROUTINES, "default")),
)
_SPEAKING = ("comment", "grant", "revoke", "cluster", "analyze", "reindex")
CHANGES = ("alter", "write", "change", "truncate", "drop")


def find_words(statement: ReadStatement) -> tuple[str, ...]:
    """The first words of a statement, without those that say how."""
    words = [t.value for t in statement.tokens[:6] if t.kind == "word"]
    return tuple(word for word in words if word not in ("or", "replace", "only"))


def is_setting(statement: ReadStatement) -> bool:
    """Whether it is for the session: it stands in every table's script."""
    words = find_words(statement)
    configures = words[:1] == ("select",) and any(t.value == "set_config" for t in statement.tokens)
    temporary = any(use.role == "temporary" and not use.lasting for use in statement.uses)
    return words[:1] in [(word,) for word in _SETTINGS] or configures or temporary


def is_limit(statement: ReadStatement) -> bool:
    """Whether it sets a limit, which is the build's affair: a dump takes all of them away."""
    named = [token.value for token in statement.tokens[1:2]]
    return statement.starts_with("set") and any(each.endswith("_timeout") for each in named)


def is_of_schema(statement: ReadStatement, schema: str) -> bool:
    """Whether it makes or alters the schema that is built, which the build makes."""
    words = find_words(statement)
    if not any(words[: len(start)] == start for start in _OF_SCHEMA):
        return False
    return any(use.role in ("schema", "about") for use in statement.uses) or schema in words


def is_of_routines(statement: ReadStatement) -> bool:
    """Whether it makes something that belongs to no table: a function, an extension."""
    words = find_words(statement)
    defines = any(use.role == "define" and not use.lasting for use in statement.uses)
    grants = words[:1] in (("grant",), ("revoke",)) and (
        any(word in _ROUTINES for word in words) or _grants_schema(statement)
    )
    return defines or grants or any(words[: len(start)] == start for start in _OF_ROUTINES)


def _grants_schema(statement: ReadStatement) -> bool:
    """Whether it grants something on schemas themselves, which belongs to no table."""
    words = [token.value for token in statement.tokens]
    return any(pair == ("on", "schema") for pair in pairwise(words))


def find_own(statement: ReadStatement) -> Iterator[Use]:
    """What it names in the schema that is built, outside bodies of functions."""
    for use in statement.uses:
        if not use.lasting and use.relation.schema == statement.schemas.staging:
            yield use


def find_types_made_once(files: Iterable[Source]) -> set[str]:
    """The types and domains that are made beside routines, and once.

    That are those in signatures of routines: a table that is built anew cannot take along what has
    these; ranges, which have a second type of their own; and those that no table names.
    """
    statements = [statement for source in files for statement in source.statements]
    made = {name for statement in statements for name in find_made_types(statement)}
    once: set[str] = set()
    named: set[str] = set()
    for statement in statements if made else ():
        names = {use.relation.name for use in find_own(statement)}
        if is_of_types(statement, made):
            is_range = any(token.value == "range" for token in statement.tokens[:7])
            once |= find_made_types(statement) if is_range else set()
        elif is_of_routines(statement):
            once |= names
        else:
            named |= names
    return made & once | made - named


def find_made_types(statement: ReadStatement) -> set[str]:
    """The types and domains that it creates."""
    uses = find_own(statement)
    return {u.relation.name for u in uses if u.role == "create" and u.kind in _TYPES}


def is_of_types(statement: ReadStatement, types: Collection[str]) -> bool:
    """Whether it makes, alters or speaks of some types, and not of something that has them."""
    about = {
        use.relation.name for use in find_own(statement) if use.role in ("create", "alter", "about")
    }
    return bool(about) and about <= {*types}


def find_made(statement: ReadStatement) -> str | None:
    """The table or view that it creates, unless it is a partition or heir of another."""
    uses = list(find_own(statement))
    if any(use.role == "parent" for use in uses):
        return None
    return next(
        (u.relation.name for u in uses if u.role == "create" and u.kind in _TABLES),
        None,
    )


def find_subjects(statement: ReadStatement, owners: Mapping[str, str]) -> set[str]:
    """The tables that it is about.

    Args:
        statement: no setting, and none about routines.
        owners: name of anything that the files make to the table it belongs to.
    """
    made = find_made(statement)
    if made is not None:
        return {owners.get(made, made)}
    named = _find_named(statement)
    return {owner for name in named if (owner := find_owner(name, owners)) is not None}


def _find_named(statement: ReadStatement) -> set[str]:
    """The names that say what it is about."""
    uses, words = list(find_own(statement)), find_words(statement)
    if words[:1] in [(word,) for word in _SPEAKING]:
        # A column without the table's schema: COMMENT ON COLUMN x.id.
        named = {use.relation.schema for use in statement.uses if use.role == "about"}
        named |= {use.relation.name for use in uses if use.role == "about"}
        bare = statement.tokens[3:4] if words[0] == "comment" else ()
        return named | {token.value for token in bare}
    if words[:2] == ("create", "statistics") or words[:1] == ("refresh",):
        return {use.relation.name for use in uses}
    created = {use.relation.name for use in uses if use.role == "create"}
    if created and "index" not in words:
        return created
    changed = {use.relation.name for use in uses if use.role in CHANGES}
    if changed or words[:1] != ("select",):
        return changed
    return {use.relation.name for use in uses if use.role in ("spelled", "mention")}


def find_owner(name: str, owners: Mapping[str, str]) -> str | None:
    """The table of a name; `people_id_seq`, which Postgres has made up, is that of people."""
    if name in owners or not name.endswith("_seq"):
        return owners.get(name)
    tables = [each for each in owners.values() if name.startswith(f"{each}_")]
    return max(tables, key=len, default=None)


def is_additive(statement: ReadStatement) -> bool:
    """Whether it may stand in another file than its table: it takes nothing away."""
    words = find_words(statement)
    gone = any(use.role in ("drop", "truncate", "change") for use in find_own(statement))
    return words[:1] in [(word,) for word in _ADDITIVE] and not gone


def is_about(statement: ReadStatement, tables: Collection[str]) -> bool:
    """Whether it adds something to one of these tables."""
    if is_setting(statement) or is_of_routines(statement) or not is_additive(statement):
        return False
    return bool(find_subjects(statement, {name: name for name in tables}))


def find_attached(statement: ReadStatement) -> tuple[str, str] | None:
    """The table, and the partition that ALTER TABLE attaches to it."""
    words = find_words(statement)
    if words[:2] != ("alter", "table") or "attach" not in [t.value for t in statement.tokens]:
        return None
    names = [use.relation.name for use in sorted(find_own(statement), key=lambda use: use.offset)]
    return (names[0], names[1]) if len(names) > 1 else None

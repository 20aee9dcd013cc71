"""Which table a statement is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from staging_assets.parser import ReadStatement, Use

_TABLES = ("table", "view")
_ROUTINES = ("function", "procedure", "routine", "aggregate")
_SETTINGS = ("set", "reset", "show", "discard", "listen", "notify", "lock")
_ADDITIVE = ("create", "alter", "comment", "grant", "revoke", "select", "cluster", "analyze")
_OF_SCHEMA = (("create", "schema"), ("alter", "schema"), ("comment", "on", "schema"))
_OF_ROUTINES = (
    *(("create", kind) for kind in ("extension", "cast", "operator", "collation", "event")),
    *(("comment", "on", kind) for kind in (*_ROUTINES, "extension")),
    *(("alter", kind) for kind in (*_ROUTINES, "extension")),
)
_CHANGES = ("alter", "write", "change", "truncate", "drop")


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


def is_of_schema(statement: ReadStatement, schema: str) -> bool:
    """Whether it makes, or speaks of, the schema that is built, which the build makes."""
    words = find_words(statement)
    if not any(words[: len(start)] == start for start in _OF_SCHEMA):
        return False
    return any(use.role in ("schema", "about") for use in statement.uses) or schema in words


def is_of_routines(statement: ReadStatement) -> bool:
    """Whether it makes something that belongs to no table: a function, an extension."""
    words = find_words(statement)
    defines = any(use.role == "define" and not use.lasting for use in statement.uses)
    grants = words[:1] in (("grant",), ("revoke",)) and any(word in _ROUTINES for word in words)
    return defines or grants or any(words[: len(start)] == start for start in _OF_ROUTINES)


def find_own(statement: ReadStatement) -> Iterator[Use]:
    """What it names in the schema that is built, outside bodies of functions."""
    for use in statement.uses:
        if not use.lasting and use.relation.schema == statement.schemas.staging:
            yield use


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
    uses = list(find_own(statement))
    words = find_words(statement)
    if words[:1] in (("comment",), ("grant",), ("revoke",)):
        named = {use.relation.name for use in uses if use.role == "about"}
        # A column without the table's schema: COMMENT ON COLUMN x.id.
        named |= {use.relation.schema for use in statement.uses if use.role == "about"}
        named |= {t.value for t in statement.tokens[3:4]} if len(words) > 2 else set()
        return {owners[name] for name in named if name in owners}
    created = [use for use in uses if use.role == "create"]
    if created and words[1:2] != ("index",) and "index" not in words:
        return {owners[u.relation.name] for u in created if u.relation.name in owners}
    changed = [use for use in uses if use.role in _CHANGES]
    found = {owners[use.relation.name] for use in changed if use.relation.name in owners}
    if found or changed:
        return found
    read = {use.relation.name for use in uses if use.role in ("spelled", "mention")}
    return {owners[name] for name in read if name in owners} if words[:1] == ("select",) else set()


def is_additive(statement: ReadStatement) -> bool:
    """Whether it may stand in another file than its table: it takes nothing away."""
    words = find_words(statement)
    gone = any(use.role in ("drop", "truncate", "change") for use in find_own(statement))
    return words[:1] in [(word,) for word in _ADDITIVE] and not gone

"""Foreign keys from a branch's tables to live ones: looked at, noted, and not made.

A key that is there locks the table that it references whenever either of them changes, and would
hold up the live schema's builds for as long as the branch is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from staging_assets.builder.shadow.create import Shadow
from staging_assets.builder.shadow.keys import Key, find_listed, read_spelled
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, say
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import BranchKey, Session, note_branch_keys_sql, read_branch

_DEFINITION = re.compile(
    r"FOREIGN KEY \((?P<columns>[^()]*)\) REFERENCES (?P<to>.+?)\((?P<others>[^()]*)\)(?P<rest>.*)",
    re.DOTALL,
)
_UNCHECKED = ("NOT VALID", "NOT ENFORCED")


def run_check_keys(session: Session, shadow: Shadow, relation: Relation) -> None:
    """Look whether the rows of a table have their partners in the live schema.

    Args:
        shadow: the table, with the keys that are not made.
        relation: where it is now.

    Raises ScriptError as for a key that could not be put on.
    """
    label = shadow.table.create.label
    for key in shadow.to_live:
        if key.validated and not key.definition.endswith(_UNCHECKED):
            _check(session, key.name, key.definition, relation, shadow.live, label)


def run_check_noted_keys(session: Session, schema: str, table: str, label: str) -> None:
    """The same of a table that is published, after a cleanup has changed it.

    Args:
        schema: the branch.
        label: of the cleanup.

    Raises ScriptError.
    """
    branch = read_branch(session.connection, schema)
    live = Relation(schema, table)
    for key in branch.keys if branch else ():
        if key.table == table and key.validated:
            _check(session, key.name, key.definition, live, live, label)


def note_keys_sql(schema: str, shadows: Sequence[Shadow]) -> str:
    """SQL that notes the keys of tables, for the transaction that publishes them.

    Args:
        schema: the branch.
    """
    return ";\n".join(
        note_branch_keys_sql(schema, shadow.table.name, _find_noted(shadow.to_live))
        for shadow in shadows
    )


def _find_noted(keys: Iterable[Key]) -> list[BranchKey]:
    return [
        BranchKey(
            table=read_spelled(key.table)[1],
            name=key.name,
            definition=key.definition,
            references=read_spelled(key.references)[1],
            comment=key.comment,
            validated=key.validated and not key.definition.endswith(_UNCHECKED),
        )
        for key in keys
    ]


def _check(  # noqa: PLR0917 - what is looked at, where, and what it is called
    session: Session, name: str, definition: str, relation: Relation, told: Relation, label: str
) -> None:
    found = _DEFINITION.match(definition)
    columns = find_listed(found["columns"]) if found else ()
    others = find_listed(found["others"]) if found else ()
    if found is None or "PERIOD" in definition or len(columns) != len(others):
        raise ScriptError(
            f"{label}: foreign key {name} of {told}: its rows cannot be looked at without the key. "
            "Change the script of the table that it references too, so that the branch has its own."
        )
    filled = (f"t.{quote_identifier(column)} is not null" for column in columns)
    pairs = (
        f"o.{quote_identifier(other)} = t.{quote_identifier(column)}"
        for column, other in zip(columns, others, strict=True)
    )
    joint = " or " if "MATCH FULL" in found["rest"] else " and "
    query = (
        f"select count(*) from {quote(relation)} as t where ({joint.join(filled)})"  # noqa: S608
        f" and not exists (select from {found['to']} as o where {' and '.join(pairs)})"
    )
    orphans = int(session.run(query, users=True)[0][0])
    if orphans:
        raise ScriptError(
            f"{label}: foreign key {name} of {told}: {say(orphans, 'row')} without a "
            f"partner in {found['to']}. SQLSTATE 23503. Correct the rows. Nothing was published.",
            "23503",
        )

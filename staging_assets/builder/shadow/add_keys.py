"""Put the keys and indexes of a filled shadow back."""

from __future__ import annotations

import psycopg2

from staging_assets.builder.bad_rows import explain_key
from staging_assets.builder.shadow.create import Shadow
from staging_assets.builder.shadow.keys import (
    Key,
    find_key_columns,
    find_label,
    foreign_key_sql,
    restoration_sql,
    validation_sql,
)
from staging_assets.builder.shadow.lookup_rows import find_same_key
from staging_assets.errors import ScriptError
from staging_assets.parser import find_place, quote, quote_name, unquote_name
from staging_assets.postgres import (
    SET_LOCAL_SORTED,
    Session,
    find_detail_columns,
    find_safe_detail,
    find_safe_text,
    sorted_keys_sql,
)


def run_keys(session: Session, shadow: Shadow) -> None:
    """Put all keys but the foreign ones on a large table, inside the transaction that is open."""
    for key in shadow.removed:
        if key.kind != "f":
            _run_step(session, shadow, restoration_sql(key), key)


def run_keys_at_once(session: Session, shadow: Shadow) -> None:
    """Put everything on a small table, analyze it, and commit, in one round trip."""
    keys = sorted(shadow.removed, key=_find_turn)
    steps = [
        foreign_key_sql(key, checked=True) if key.kind == "f" else restoration_sql(key)
        for key in keys
    ]
    if shadow.table.name in shadow.shape.names:  # and is no view
        steps.append(f"analyze {quote(shadow.relation)}")
    if steps:
        _run_step(session, shadow, ";".join(steps), *keys, last=True)


def _find_turn(key: Key) -> tuple[bool, str]:
    """Foreign keys come last, and in the order of the referenced tables' names.

    Every builder keeps to it, so that two of them never wait for each other.
    """
    return (True, key.references or "") if key.kind == "f" else (False, "")


def run_foreign_keys(session: Session, shadow: Shadow) -> None:
    """Add the foreign keys in a short transaction each, and validate them when all are there."""
    keys = sorted((key for key in shadow.removed if key.kind == "f"), key=_find_turn)
    for key in keys:
        _run_step(session, shadow, foreign_key_sql(key, checked=False), key)
    for table, of_table in validation_sql(keys).items():
        named = {name for (name,) in session.run(sorted_keys_sql(table))}
        for lead in ("", SET_LOCAL_SORTED):
            some = [key for key in of_table if (unquote_name(key.name) in named) == bool(lead)]
            if some:
                names = ", ".join(f"validate constraint {key.name}" for key in some)
                _run_step(session, shadow, f"{lead}alter table {table} {names}", *some)


def run_inner_keys(session: Session, shadow: Shadow) -> None:
    """Add and validate a table's foreign keys to others of its circle, when all are filled.

    Nobody reads these tables yet, so each is locked while its rows are looked at.

    Raises ScriptError that says which key does not hold.
    """
    for key in shadow.inner:
        _run_step(session, shadow, foreign_key_sql(key, checked=True), key, explained=False)
    for each in shadow.postponed:
        # What is only said about a key has no name of its own to tell.
        name, table = quote_name(each.name or ""), quote(shadow.relation)
        keys = [Key(table, name, "f", each.text, True)] if each.name else []
        where = str(find_place(shadow.table.create, each.offset))
        _run_step(session, shadow, each.text, *keys, explained=False, where=where)


def _run_step(
    session: Session,
    shadow: Shadow,
    step: str,
    *keys: Key,
    explained: bool = True,
    where: str = "",
    last: bool = False,
) -> None:
    """Run what puts keys on; say which one could not be.

    Args:
        last: whether it ends the transaction.
        explained: whether a query is shown that finds the rows, in tables that stay.
        where: file, line and column that say it; the file alone when empty.
    """
    try:
        if last:
            session.run_last(step)
        else:
            session.run(step, users=True)
        return
    except psycopg2.Error as error:
        failure = error
    named = failure.diag.constraint_name
    found = [key for key in keys if named and named in (key.name.strip('"'), key.name)]
    key = found[0] if found else keys[0] if len(keys) == 1 else None
    # Outside the handler: no traceback leads to the original and its DETAIL.
    shows_values = session.sessions.show_values
    where = where or shadow.table.create.label
    told = _tell_broken_key(failure, key, shadow, shows_values=shows_values, where=where)
    if key is None or not explained or not (failure.pgcode or "").startswith("23"):
        raise told
    raise explain_key(
        told,
        shadow.table,
        shadow.live,
        find_key_columns(key),
        definition=key.definition,
        schemas=session.schemas,
    )


def _tell_broken_key(
    error: psycopg2.Error, key: Key | None, shadow: Shadow, *, shows_values: bool, where: str
) -> ScriptError:
    """Say which key could not be put on, in which script it stands, and whose rows break it.

    Args:
        key: None where the server does not say which.
        shows_values: whether values from rows may be shown.
        where: the script, or the place in it.
    """
    what = find_label(key, shadow.live) if key else f"keys and indexes of {shadow.live}"
    table = shadow.table
    text = find_safe_text(error).replace(shadow.relation.schema, shadow.live.schema)
    parts = [f"{where}: {what}: {text.rstrip('.')}."]
    detail = error.diag.message_detail
    detail = detail if shows_values else find_safe_detail(detail, error.pgcode)
    if detail:
        parts.append(f"Detail: {detail}")
    code = f"SQLSTATE {error.pgcode}. " if error.pgcode else ""
    if (error.pgcode or "").startswith("23"):
        columns = find_detail_columns(error.diag.message_detail)
        same = find_same_key(table.lookup, columns) if table.lookup else None
        parts += [f"{same}."] if same else []
        source = table.populate.label if table.populate else "the lookup YAML"
        parts.append(f"{code}Correct the rows that {source} makes. Nothing was published.")
    else:
        parts.append(f"{code}{error.diag.message_hint or 'Nothing was published.'}")
    return ScriptError("\n".join(parts), error.pgcode)

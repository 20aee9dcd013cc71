"""How the structure of a table differs from that of another, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from staging_assets.checks import ColumnStructure, Structure


def find_structure_changes(old: Structure, new: Structure) -> list[str]:
    """Say what has changed from one table to the other; empty when nothing has.

    Args:
        old: the table as it was.
        new: as it is to be.
    """
    return list(_compare(old, new))


def _compare(old: Structure, new: Structure) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"{old.kind} -> {new.kind}"
    if old.unlogged != new.unlogged:
        yield "logged -> unlogged" if new.unlogged else "unlogged -> logged"
    for name, column in old.columns.items():
        if name not in new.columns:
            yield f"- column {name} {column.type}"
        else:
            yield from _compare_columns(name, column, new.columns[name])
    for name, column in new.columns.items():
        if name not in old.columns:
            yield f"+ column {name} {column.type}"
    both = [name for name in old.columns if name in new.columns]
    if both != [name for name in new.columns if name in old.columns]:
        yield "the order of columns"
    # Names do not count: Postgres makes many of them up.
    before = sorted((rule.what, rule.definition) for rule in old.rules)
    after = sorted((rule.what, rule.definition) for rule in new.rules)
    for sign, left, right in (("-", before, after), ("+", after, before)):
        rest = list(right)
        for rule in left:
            if rule in rest:
                rest.remove(rule)
            else:
                yield f"{sign} {rule[0]} {rule[1]}"


def _compare_columns(name: str, old: ColumnStructure, new: ColumnStructure) -> Iterator[str]:
    words = {True: "not null", False: "null allowed"}
    pairs = (
        ("type", old.type, new.type),
        ("", words[old.not_null], words[new.not_null]),
        ("default", old.default, new.default),
        ("identity", old.identity, new.identity),
        ("generated", old.generated, new.generated),
        ("collation", old.collation, new.collation),
    )
    for what, before, after in pairs:
        if before != after:
            told = f"column {name}: {what} {before or 'none'} -> {after or 'none'}"
            yield " ".join(told.split())

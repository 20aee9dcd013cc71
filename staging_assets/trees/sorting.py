"""Which file each statement of a dump goes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from staging_assets.project import Dump, DumpStatement
from staging_assets.trees.kinds import (
    OTHER,
    copies_nothing,
    find_elsewhere,
    find_made_part,
    find_part,
    find_roles,
    find_stem,
    find_words,
    is_fired,
    is_of_owners,
    is_of_privileges,
    is_setval,
    is_usual,
    is_view,
    puts_rows,
    spell_again,
)


@dataclass
class TableScripts:
    """What is said of a table, in the order of the dump.

    Args:
        create: what makes it.
        fill: what puts rows into it.
        kept: why the rows stay with what makes it; None when they do not.
    """

    create: list[DumpStatement] = field(default_factory=list)
    fill: list[DumpStatement] = field(default_factory=list)
    kept: str | None = None

    @property
    def is_view(self) -> bool:
        """Whether it is a view."""
        return any(map(is_view, self.create))


@dataclass
class Sorted:
    """The statements by the files that they go to.

    Args:
        tables: table or view to its statements.
        procedures: file stem to the statements of that script, as they are written there.
        parts: stems of the scripts of types and sequences that several use.
        needs: nodes to what they need that no reader of theirs finds: operators and the like.
        left: those that go nowhere.
        roles: that they name.
    """

    tables: dict[str, TableScripts] = field(default_factory=dict)
    procedures: dict[str, list[str]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    needs: dict[str, str] = field(default_factory=dict)
    left: list[DumpStatement] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)


def sort(dump: Dump, *, owners: bool, privileges: bool) -> Sorted:
    """Sort the statements of a dump.

    Args:
        dump: as it was read.
        owners: whether statements that say who owns something are taken.
        privileges: whether those that grant something are.
    """

    def take(statements: Iterable[DumpStatement]) -> list[DumpStatement]:
        return [
            each
            for each in statements
            if not is_usual(each)
            and not copies_nothing(each)
            and (owners or not is_of_owners(each))
            and (privileges or not is_of_privileges(each))
        ]

    found = Sorted()
    tables = {name: take(statements) for name, statements in dump.tables.items()}
    others, left = take(dump.others), take(dump.left)
    left += [each for each in others if find_elsewhere(each, dump.schemas.staging)]
    others = [each for each in others if not find_elsewhere(each, dump.schemas.staging)]
    apart = _find_apart({**tables, "": others, "\0": left})
    found.left = _part(found, left, apart)
    others = _part(found, others, apart)
    for index, statement in enumerate(others):
        if not statement.is_setting:
            _add(found, find_stem(statement), statement, others[:index])
    for name, statements in tables.items():
        found.tables[name] = _split(_part(found, statements, apart))
    found.parts = sorted({stem for stem in apart.values() if stem in found.procedures})
    for node, stem in _find_needs(dump, others, found.tables):
        found.needs[node] = stem
    for statement in (*others, *left, *(each for own in tables.values() for each in own)):
        found.roles |= find_roles(statement)
    return found


def _part(
    found: Sorted, statements: list[DumpStatement], apart: Mapping[str, str]
) -> list[DumpStatement]:
    """Give statements about types and sequences of several to their scripts; returns the rest."""
    rest = []
    for index, statement in enumerate(statements):
        part = find_part(statement, apart)
        if part is None:
            rest.append(statement)
        else:
            _add(found, apart[part], statement, statements[:index])
    return rest


def _split(statements: list[DumpStatement]) -> TableScripts:
    """Part what makes a table from what fills it."""
    while statements and [t.value for t in statements[-1].read.tokens] == ["reset", "search_path"]:
        statements = statements[:-1]
    if any(map(is_fired, statements)) and any(map(puts_rows, statements)):
        return TableScripts(statements, kept="its triggers or rules would meddle with them")
    found = TableScripts()
    settings = [each for each in statements if each.is_setting]
    found.create = [each for each in statements if not puts_rows(each)]
    rows = [each for each in statements if puts_rows(each)]
    if all(map(is_setval, rows)):  # it is rightly empty, and no script need say that it is not
        found.create += rows
    else:
        found.fill = [*settings, *rows]
    return found


def _find_apart(lists: Mapping[str, list[DumpStatement]]) -> dict[str, str]:
    """Types and sequences that belong to no single table, each to the stem of its script.

    Args:
        lists: table to its statements; what belongs to none has other keys.
    """
    made: dict[str, tuple[str, str]] = {}
    for name, statements in lists.items():
        for statement in statements:
            part = find_made_part(statement)
            if part is not None:
                kind = "sequence" if "sequence" in find_words(statement)[:2] else "type"
                made[part] = (name, f"{kind}_{part}")
    users: dict[str, set[str]] = {part: set() for part in made}
    owned: set[str] = set()
    for name, statements in lists.items():
        for statement in statements:
            about = find_part(statement, made)
            if about is not None and "owned" in find_words(statement):
                owned.add(about)
            for use in statement.read.uses:
                part = use.relation.name
                if part in made and part != about:
                    users[part].add(name)
    return {
        part: stem
        for part, (name, stem) in made.items()
        if part not in owned and (users[part] != {name} or name in ("", "\0"))
    }


def _find_needs(
    dump: Dump, others: list[DumpStatement], tables: Mapping[str, TableScripts]
) -> Iterator[tuple[str, str]]:
    """Tables and scripts of routines with the script of the operators and the like they name."""
    staging = dump.schemas.staging
    made = {
        name
        for each in others
        if find_stem(each) == OTHER
        for name in _find_named(each, staging, 1)
    }
    if not made:
        return
    for name, scripts in tables.items():
        if any(made & {*_find_named(each, staging)} for each in scripts.create):
            yield name, OTHER
    for each in others:
        stem = find_stem(each)
        if stem != OTHER and made & {*_find_named(each, staging)}:
            yield f"stored_procedures/{stem}", OTHER


def _find_named(statement: DumpStatement, schema: str, most: int | None = None) -> Iterator[str]:
    """What stands behind the schema and a dot, in strings as well; the first `most`."""
    named = re.findall(
        rf"(?<![\w$]){re.escape(schema)}\.([\w$]+|[-+*/<>=~!@#%^&|`?]+)", statement.text
    )
    yield from named[:most]


def _add(
    found: Sorted, stem: str, statement: DumpStatement, before: Iterable[DumpStatement]
) -> None:
    """Add a statement to a script of stored procedures, with the settings that stand before it."""
    written = found.procedures.setdefault(stem, [])
    for each in before:
        setting = f"{each.text};"
        if each.is_setting and setting not in written:
            written.append(setting)
    text = f"{spell_again(statement)};"
    written.append(f"{statement.lead}\n{text}" if statement.lead else text)

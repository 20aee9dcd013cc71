"""Keys and indexes of tables in a shadow schema: read them, take them off, put them back.

A key or index that cannot be put back exactly as it was (of a partitioned table, in a tablespace
of its own, inherited) is left on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal, unquote_name

_SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
PREPARE = f"prepare staging_assets_shape (text, text[], text) as {_SQL}"
"""What a session sends once: planning the query takes longer than running it."""


@dataclass(frozen=True)
class Key:
    """A constraint or an index that was or may be taken off.

    Args:
        table: its table, as SQL spells it.
        name: its name, as SQL spells it.
        kind: `p`, `u`, `x`, `f` (constraints), `unique` or `index`.
        definition: what Postgres says makes it again.
        removable: whether it may be taken off.
        references: the referenced table of a foreign key, as SQL spells it.
        before: what makes the index that the definition says to use.
        partitioned: whether its table is.
    """

    table: str
    name: str
    kind: str
    definition: str
    removable: bool
    validated: bool = True
    comment: str | None = None
    index: str | None = None
    index_name: str | None = None
    index_comment: str | None = None
    clustered: bool = False
    identifies: bool = False
    references: str | None = None
    statistics: dict[str, int] = field(default_factory=dict, hash=False)
    before: str | None = None
    partitioned: bool = False

    @property
    def is_constraint(self) -> bool:
        """Whether ALTER TABLE adds it, and not CREATE INDEX."""
        return self.kind in "puxf"


@dataclass(frozen=True)
class Keys:
    """What the CREATE script made, as far as the load must know it.

    Args:
        keys: constraints and indexes in the order in which they were made.
        plain: whether every table is an ordinary one, neither partitioned nor inherited.
        reacts: whether triggers or rules may change what an INSERT inserts.
        names: relations and sequences that belong to the table.
        sequences: those sequences that hand out one number at a time, as SQL spells them.
        taken: whether something of another table has one of the names in the live schema.
    """

    keys: tuple[Key, ...]
    plain: bool
    reacts: bool
    names: frozenset[str]
    sequences: tuple[str, ...] = ()
    taken: bool = False

    @property
    def index_names(self) -> frozenset[str]:
        """The names of the indexes, which a script may drop, rename or rebuild."""
        names = (key.index_name or key.name for key in self.keys if key.kind != "f")
        return frozenset(unquote_name(name) for name in names)


def read_shape(
    run: Callable[[str], list[tuple[Any, ...]]], schema: str, live: str, own: Iterable[str]
) -> Keys:
    """Read the keys and indexes of the tables called `own` in a schema: one query.

    Args:
        run: sends a query in a session that has sent `PREPARE`, and returns its rows.
        live: the schema where they will be published.
    """
    return find_shape(run(shape_sql(schema, live, own)))


def shape_sql(schema: str, live: str, own: Iterable[str]) -> str:
    """The query of `read_shape`."""
    spelled = ", ".join(quote_literal(name) for name in sorted(own))
    return (
        f"execute staging_assets_shape ({quote_literal(schema)}, array[{spelled}],"
        f" {quote_literal(live)})"
    )


def find_shape(rows: Iterable[tuple[Any, ...]]) -> Keys:
    """What the rows of that query say."""
    keys: list[Key] = []
    names: set[str] = set()
    sequences: list[str] = []
    plain, reacts, taken = True, False, False
    for row in rows:
        what, table, removable, _, name, kind, definition, comment, validated = row[:9]
        if what == "table":
            plain, reacts = plain and removable, reacts or validated
            names.add(name)
        elif what == "taken":
            taken = True
        elif what == "sequence":
            names.add(name)
            sequences += [row[9]] if removable else []
        else:
            keys.append(
                Key(
                    table=table,
                    name=name,
                    kind=kind,
                    definition=definition,
                    removable=removable,
                    validated=validated,
                    comment=comment,
                    index=row[9],
                    index_comment=row[10],
                    clustered=row[11],
                    identifies=row[12],
                    references=row[13] if kind == "f" else None,
                    index_name=row[14],
                    statistics=row[15] or {},
                    before=row[16],
                    partitioned=row[17],
                )
            )
    return Keys(tuple(keys), plain, reacts, frozenset(names), tuple(sequences), taken)


def removal_sql(keys: Iterable[Key]) -> str:
    """SQL that takes keys off, foreign keys first; empty when there are none."""
    steps = [
        f"alter table {key.table} drop constraint {key.name}"
        if key.is_constraint
        else f"drop index {key.index}"
        for key in sorted(keys, key=lambda key: key.kind != "f")
    ]
    return ";".join(steps)


def restoration_sql(key: Key) -> str:
    """SQL that puts back a key that is no foreign key, with all that was said about it."""
    if key.is_constraint:
        steps = [key.before] if key.before else []
        steps += [f"alter table {key.table} add constraint {key.name} {key.definition}"]
    else:
        steps = [key.definition]
    steps += [
        f"alter index {key.index} alter column {column} set statistics {target}"
        for column, target in sorted(key.statistics.items())
    ]
    if key.clustered:
        steps.append(f"alter table {key.table} cluster on {key.index_name}")
    if key.identifies:
        steps.append(f"alter table {key.table} replica identity using index {key.index_name}")
    if key.index_comment is not None:
        steps.append(f"comment on index {key.index} is {quote_literal(key.index_comment)}")
    return ";".join(steps + _comment_steps(key))


def foreign_key_sql(key: Key, *, checked: bool) -> str:
    """SQL that adds a foreign key, looking at the rows or not."""
    suffix = " not valid" if _is_checked(key) and not checked else ""
    add = f"alter table {key.table} add constraint {key.name} {key.definition}{suffix}"
    return ";".join([add, *_comment_steps(key)])


def validation_sql(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """The foreign keys that have to be validated, by table."""
    found: dict[str, list[Key]] = {}
    for key in keys:
        if _is_checked(key):
            found.setdefault(key.table, []).append(key)
    return found


def _is_checked(key: Key) -> bool:
    """Whether its rows are to be checked, and can be after it was added.

    The script can say NOT VALID or NOT ENFORCED; a partitioned table checks them at once.
    """
    said = key.definition.endswith(("NOT VALID", "NOT ENFORCED"))
    return key.validated and not said and not key.partitioned


def _comment_steps(key: Key) -> list[str]:
    if key.comment is None:
        return []
    return [f"comment on constraint {key.name} on {key.table} is {quote_literal(key.comment)}"]


def find_live_keys(keys: Iterable[Key], removed: Iterable[Key], live: str) -> tuple[Key, ...]:
    """The foreign keys of a branch's table to tables of the live schema: they are not made.

    Args:
        removed: the keys that are off.
        live: that schema; empty: it is no branch's table.

    Raises BuildError when one of them could not be taken off.
    """
    off = tuple(removed)
    found = tuple(
        key for key in keys if live and key.kind == "f" and read_spelled(key.references)[0] == live
    )
    stuck = [key.name for key in found if key not in off]
    if stuck:
        raise BuildError(
            f"foreign key {stuck[0]} to {live} cannot be left out here, and would hold up builds of"
            f" {live}. Build the branch completely (leave out changed_from)."
        )
    return found


def point_at_published(key: Key, meant: Mapping[str, Relation]) -> Key:
    """Say in a foreign key's definition which table it really references."""
    target = meant.get(key.references or "")
    if target is None:
        return key
    definition = key.definition.replace(
        f" REFERENCES {key.references}(", f" REFERENCES {quote(target)}(", 1
    )
    return replace(key, definition=definition, references=quote(target))


def read_spelled(relation: str | None) -> tuple[str, str]:
    """Schema and name of a relation as SQL spells it; both empty for none."""
    parts = [unquote_name(part) for part in re.findall(r'"(?:[^"]|"")+"|[^."]+', relation or "")]
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")


def find_key_columns(key: Key) -> tuple[str, ...]:
    """The columns of a key, as its definition lists them; none of an expression."""
    listed = re.search(r"\(([^()]*)\)", key.definition)
    return () if listed is None else find_listed(listed[1])


def find_key(keys: Iterable[Key]) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart: of its primary key, or a unique one."""
    for kind in ("p", "u"):
        for key in keys:
            if key.kind == kind:
                return find_key_columns(key)
    return ()


def find_listed(text: str) -> tuple[str, ...]:
    """The names of a list as SQL spells them, without their quotes."""
    return tuple(
        name[1:-1].replace('""', '"') if name.startswith('"') else name
        for name in re.findall(r'"(?:[^"]|"")+"|[^,\s"]+', text)
    )


def find_label(key: Key, live: Relation) -> str:
    """How people are told which key: its kind and name."""
    nouns = {"p": "primary key", "u": "unique key", "x": "exclusion", "f": "foreign key"}
    noun = nouns.get(key.kind, "index")
    return f"{noun} {key.name} of {live}"

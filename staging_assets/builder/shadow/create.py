"""Create a table in the build schema, read its keys and indexes, and take them off.

To read their definitions the keys have to be made, and dropping a foreign key would lock the
referenced table against its readers: so the foreign keys are made against stand-ins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import psycopg2.errorcodes

from staging_assets.builder.shadow.keys import (
    Key,
    Keys,
    find_live_keys,
    point_at_published,
    read_shape,
    removal_sql,
)
from staging_assets.builder.shadow.names import Naming, Rivals, run_give_names
from staging_assets.builder.shadow.stand_ins import Creation, run_creation
from staging_assets.builder.shadow.yielding_names import find_yielding
from staging_assets.errors import BuildError
from staging_assets.model import Relation, Table
from staging_assets.parser import (
    Postponed,
    SentText,
    find_referenced,
    postpone_keys,
    quote,
    quote_name,
    replace_spans,
    rewrite,
)
from staging_assets.postgres import Session

NEEDED = psycopg2.errorcodes.DEPENDENT_OBJECTS_STILL_EXIST
"""What the server says of keys that cannot come off, since something else needs them."""


@dataclass(frozen=True)
class Shadow:
    """A table that is being built.

    Args:
        table: what the folder says about it.
        live: where it will be published.
        relation: where it is now.
        own: names of everything that belongs to it.
        shape: its keys and indexes, foreign keys pointing at the published tables.
        removed: those that are off.
        loaded: whether scripts or the YAML fill it in this run.
        seeded: whether the CREATE script may itself have inserted rows.
        yielding: statements by which other tables give its names free when it is published.
        beside: names of what is of other tables, is in the same schema and can be read there.
        inner: its foreign keys to other tables of its circle, which are off.
        to_live: those of a branch's table to live ones, which are not made.
        postponed: what makes such keys to tables that were not there yet, and speaks of them,
            with its offset in the script.
    """

    table: Table
    live: Relation
    relation: Relation
    own: frozenset[str]
    shape: Keys
    removed: tuple[Key, ...]
    loaded: bool
    seeded: bool
    yielding: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()
    inner: tuple[Key, ...] = ()
    to_live: tuple[Key, ...] = ()
    postponed: tuple[Postponed, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether its number of rows is known: that of a view is its tables' affair."""
        return self.seeded or self.table.name in self.shape.names


@dataclass(frozen=True)
class ShadowPlan:
    """How a shadow is made.

    Args:
        schema: where the table will be published.
        build_schema: where the shadow is made.
        filled: whether what fills the table is run.
        referenced: whether foreign keys of other tables will look at this one.
        roles: those that the scripts take.
        rivals: who else wants names that Postgres may make up for this table.
        later: tables that the run has still to build.
        tables: those of the folder.
        beside: names of what the scripts of its circle make: all of it is made in one schema.
        made: those of the tables that are made before it, so that it can read them.
        ahead: tables of its circle that are made after it.
    """

    schema: str
    build_schema: str
    filled: bool = True
    referenced: bool = False
    roles: frozenset[str] = frozenset()
    rivals: Rivals = ()
    later: frozenset[str] = frozenset()
    tables: Mapping[str, Table] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    ahead: frozenset[str] = frozenset()


def run_create(session: Session, table: Table, plan: ShadowPlan, *, joined: bool) -> Shadow:
    """Create the table, read its keys and take them off.

    Args:
        joined: whether they come off with the next message, which fails where something needs
            them (`NEEDED`). Otherwise those stay on.
    """
    own = table.own | {table.name}
    text: SentText = rewrite(
        table.create.text,
        session.schemas,
        schema=plan.schema,
        shadow=plan.build_schema,
        own=own | plan.beside,
        ask=session.find_naming,
        bare=table.bare,
        known=plan.tables,
    )
    ahead = {Relation(plan.build_schema, name) for name in plan.ahead}
    waiting = postpone_keys(text.text, ahead, bare=table.bare)
    postponed = [replace(w, offset=text.source_offset(w.offset)) for w in waiting.statements]
    text = replace_spans(text, waiting.spans)
    found = find_referenced(text.text)
    # Rows that the script itself puts in need the rows that they reference.
    referenced = set() if table.seeded else {each.relation for each in found}
    creation = Creation(
        table.create,
        text,
        found,
        referenced,
        own=own,
        schema=plan.schema,
        build_schema=plan.build_schema,
        roles=plan.roles,
    )
    made = run_creation(session, creation, at_once=True)
    shape, stands = made.shape, made.stands
    if shape.taken or plan.rivals:
        naming = _find_naming(table, plan)
        own, renamed = run_give_names(session.run, naming, own | shape.names)
        if renamed:
            shape = read_shape(session.run, plan.build_schema, plan.schema, own)
    relation = Relation(plan.build_schema, table.name)
    if table.name not in shape.names and not _exists_as_view(session, relation):
        raise BuildError(
            f"{table.create.label}: it has run and there is no table {table.name}. "
            "Make it create the table that its file name says."
        )
    loaded = plan.filled and table.filled
    off = [key for key in shape.keys if _comes_off(key, table, stands, plan.build_schema, loaded)]
    removals = removal_sql(off)
    if removals and joined:
        session.send_ahead(removals)
    elif removals:
        off = _run_removals(session, removals, off)
    meant = {f"{stand}": target for target, stand in stands.items()}
    keys = tuple(point_at_published(key, meant) for key in shape.keys)
    removed = tuple(k for k, old in zip(keys, shape.keys, strict=True) if old in off)
    inner = tuple(key for key in removed if key.kind == "f" and _is_beside(key, plan))
    to_live = find_live_keys(keys, removed, session.schemas.live)
    apart = {*inner, *to_live}
    return Shadow(
        table=table,
        live=Relation(plan.schema, table.name),
        relation=relation,
        own=own | shape.names,
        shape=replace(shape, keys=keys),
        removed=tuple(key for key in removed if key not in apart),
        loaded=loaded,
        seeded=made.seeded,
        beside=plan.made,
        inner=inner,
        to_live=to_live,
        postponed=tuple(postponed),
    )


def _is_beside(key: Key, plan: ShadowPlan) -> bool:
    """Whether a foreign key references another table of the circle, as it is made now."""
    place = quote_name(plan.build_schema)
    return key.references in {f"{place}.{quote_name(name)}" for name in plan.beside}


def _exists_as_view(session: Session, relation: Relation) -> bool:
    """Whether the script made a view: it is published as a table is, and never filled."""
    query = "select 1 from pg_class where oid = to_regclass(%s) and relkind in ('v', 'm')"
    return bool(session.run(query, (quote(relation),)))


def _find_naming(table: Table, plan: ShadowPlan) -> Naming:
    return Naming(
        build=plan.build_schema,
        live=plan.schema,
        table=table.name,
        script=table.create.text,
        rivals=plan.rivals,
        later=plan.later,
    )


def run_rename(session: Session, shadow: Shadow, plan: ShadowPlan) -> Shadow | None:
    """Give the shadow's sequences and indexes names that are free.

    A name that its script says stays: then other tables give way, when the shadow is published.

    Returns the shadow as it may be published then; None when it needs a name that stays taken.
    """
    naming = _find_naming(shadow.table, plan)
    shape = read_shape(session.run, plan.build_schema, plan.schema, shadow.own)
    if shape.taken:
        own, renamed = run_give_names(session.run, naming, shadow.own)
        if renamed:
            return replace(shadow, own=own)
    yielding = find_yielding(session.run, naming, shadow.own, plan.tables)
    return None if yielding is None else replace(shadow, yielding=yielding)


def _comes_off(
    key: Key, table: Table, stands: Mapping[Relation, Relation], build_schema: str, loaded: bool
) -> bool:
    if not key.removable:
        return False
    if key.kind == "f":
        # One against a published table (made by a DO block, or where there are no stand-ins)
        # stays: dropping it would lock that table.
        named = {str(stand) for stand in stands.values()}
        inner = (key.references or "").startswith(str(Relation(build_schema, "x"))[:-1])
        return key.references in named or inner
    keeps = table.keeps_indexes or (table.keeps_keys if key.kind != "index" else None)
    return loaded and keeps is None


def _run_removals(session: Session, removals: str, off: list[Key]) -> list[Key]:
    """Take keys off; only foreign keys where something else in the script needs the others."""
    try:
        session.run(f"savepoint keys; {removals}; release savepoint keys")
    except psycopg2.errors.DependentObjectsStillExist:
        off = [key for key in off if key.kind == "f"]
        session.rollback_to("keys", removal_sql(off))
    return off

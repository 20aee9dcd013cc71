"""Where a replaced table waits for its end when it cannot be dropped at once.

Dropping a table with foreign keys takes a moment's exclusive lock on every table that they
reference, and somebody may be reading those for an hour. So the old table goes to a schema of its
own, which says in its comment what it is, and is dropped as soon as that can be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits

import psycopg2
from psycopg2 import extensions

from staging_assets.postgres.hanging import ASIDE, Inbound, Movable, Step
from staging_assets.postgres.inbound import find_drops as find_key_drops
from staging_assets.postgres.inbound import find_returns, run_validate
from staging_assets.postgres.spelling import spell_name, spell_text
from staging_assets.postgres.swap import LOCK_TIMEOUT, Log

_DIGITS = digits + ascii_lowercase
_DROP_ORDER = (
    "materialized view",
    "view",
    "statistics",
    "table",
    "foreign table",
    "type",
    "sequence",
)

_FIND = """
select quote_ident(n.nspname),
    (
        -- Foreign keys of other tables, as they are to be on the new table.
        select json_agg(json_build_object(
            'schema', kn.nspname,
            'table', kc.relname,
            'name', k.conname,
            'on', format('%%I.%%I', kn.nspname, kc.relname),
            'constraint', quote_ident(k.conname),
            'definition', replace(
                pg_get_constraintdef(k.oid),
                format(' REFERENCES %%I.%%I(', n.nspname, c.relname),
                format(' REFERENCES %%I.%%I(', %(schema)s, c.relname)
            ),
            'references', c.relname,
            'target', null,
            'columns', json_build_array(),
            'scrap', false,
            'partitioned', kc.relkind = 'p',
            'validated', k.convalidated,
            'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
            'period', false,
            'comment', (
                select format(
                    'comment on constraint %%I on %%I.%%I is %%L',
                    k.conname, kn.nspname, kc.relname, d.description
                )
                from pg_description d
                where d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
            )
        ) order by kc.oid, k.conname)
        from pg_class c
        join pg_constraint k on k.confrelid = c.oid and k.contype = 'f' and k.conparentid = 0
        join pg_class kc on kc.oid = k.conrelid
        join pg_namespace kn on kn.oid = kc.relnamespace
        where c.relnamespace = n.oid
        and coalesce(obj_description(kn.oid, 'pg_namespace'), '') <> %(comment)s
    ),
    (
        select coalesce(json_object_agg(found.noun, found.names), '{}')
        from (
            select object.noun, json_agg(object.name order by object.oid desc)
            from (
                select format('%%I.%%I', n.nspname, c.relname), c.oid,
                    case c.relkind
                        when 'v' then 'view'
                        when 'm' then 'materialized view'
                        when 'f' then 'foreign table'
                        when 'S' then 'sequence'
                        else 'table'
                    end
                from pg_class c
                where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
                and not c.relispartition
                and not exists (
                    select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
                )
                union all
                select format('%%I.%%I', n.nspname, t.typname), t.oid, 'type'
                from pg_type t
                left join pg_class c on c.oid = t.typrelid
                where t.typnamespace = n.oid
                and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
            ) object (name, oid, noun)
            group by object.noun
        ) found (noun, names)
    )
from pg_namespace n
where obj_description(n.oid, 'pg_namespace') = %(comment)s
order by n.oid
"""


@dataclass(frozen=True)
class _Grave:
    """A schema of old objects: its name as SQL, who still references them, what is in it."""

    name: str
    inbound: tuple[Inbound, ...]
    objects: Mapping[str, Sequence[str]]


def find_aside_schema(schema: str, oid: int) -> str:
    """Name the schema in which an old table of `schema` waits; at most ten bytes longer."""
    text = ""
    while oid:
        oid, digit = divmod(oid, len(_DIGITS))
        text = _DIGITS[digit] + text
    return f"{schema}__o{text}"


def find_moves(old: Sequence[Movable], schema: str, aside: str) -> list[Step]:
    """Statements that make the schema `aside` and move the old objects there."""
    name = spell_name(aside)
    steps = [
        Step("setting the old table aside", f"create schema {name}"),
        Step(
            "setting the old table aside",
            f"comment on schema {name} is {spell_text(_find_comment(schema))}",
        ),
    ]
    return steps + [
        Step(
            f"setting {item.name} aside",
            f"alter {find_noun(item)} {item.name} set schema {name}",
        )
        for item in old
        if item.moves
    ]


def find_drops(old: Sequence[Movable], *, aside: str | None = None) -> list[Step]:
    """Statements that drop the old objects, and nothing that hangs on them.

    Args:
        aside: the schema to which they have been moved, if they have; it is dropped too.
    """
    steps = []
    for noun in _DROP_ORDER:
        if noun == "statistics":
            continue  # they go with their table
        names = [
            f"{spell_name(aside)}.{_find_simple(item)}" if aside and item.moves else item.name
            for item in old
            if item.noun == noun
        ]
        if names:
            steps.append(Step("dropping the old table", f"drop {noun} {', '.join(names)}"))
    if aside:
        steps.append(Step("dropping the old table", f"drop schema {spell_name(aside)}"))
    return steps


def find_noun(item: Movable) -> str:
    """What ALTER calls it."""
    return "type" if item.noun == "multirange" else item.noun


def run_bury(connection: extensions.connection, schema: str, log: Log) -> list[str]:
    """Drop what publications of `schema` have set aside, as far as locks can be had in a moment.

    Foreign keys of tables that were to be rebuilt, and were not, still reference it: they are
    turned to the new tables, and validated.

    Args:
        connection: in autocommit mode, not in a transaction.
        log: level and message.

    Returns the schemas that stay until the next time: somebody reads what their tables reference,
    or uses a type of theirs.
    """
    waiting = _read_aside(connection, schema)
    turned: list[Inbound] = []
    if len(waiting) > 1 and _run_burial(connection, waiting):
        turned = [key for grave in waiting for key in grave.inbound]
        waiting = []
    progress = True
    while waiting and progress:
        # What could not be dropped for another's sake may be when that is gone.
        buried = [grave for grave in waiting if _run_burial(connection, [grave])]
        turned += [key for grave in buried for key in grave.inbound]
        waiting = [grave for grave in waiting if grave not in buried]
        progress = bool(buried)
    for grave in waiting:
        turning = _find_turning(connection, grave)
        if turning and _run_briefly(connection, turning):
            turned += grave.inbound
    for sentence in run_validate(connection, turned):
        log("error", sentence)
    return [grave.name for grave in waiting]


def _read_aside(connection: extensions.connection, schema: str) -> list[_Grave]:
    with connection.cursor() as cursor:
        cursor.execute("begin; set local search_path = ''; set local jit = off")
        cursor.execute(_FIND, {"schema": schema, "comment": _find_comment(schema)})
        found = cursor.fetchall()
        cursor.execute("commit")
    return [
        _Grave(name, tuple(Inbound(**key) for key in keys or ()), objects)
        for name, keys, objects in found
    ]


def _run_burial(connection: extensions.connection, graves: Sequence[_Grave]) -> bool:
    """Turn foreign keys around and drop, all in one transaction."""
    steps = [statement for grave in graves for statement in _find_turning(connection, grave)]
    for noun in _DROP_ORDER:
        names = [name for grave in graves for name in grave.objects.get(noun) or ()]
        if names:
            steps.append(f"drop {noun} {', '.join(names)}")
    steps.append(f"drop schema {', '.join(grave.name for grave in graves)}")
    return _run_briefly(connection, steps)


def _find_turning(connection: extensions.connection, grave: _Grave) -> list[str]:
    returning = find_returns(grave.inbound, server_version=connection.server_version)
    return [step.statement for step in [*find_key_drops(grave.inbound), *returning]]


def _run_briefly(connection: extensions.connection, statements: Sequence[str]) -> bool:
    """Run statements in a transaction if their locks can be had in a moment."""
    with connection.cursor() as cursor:
        cursor.execute("begin")
        try:
            cursor.execute(
                f"set local search_path = ''; set local lock_timeout = {LOCK_TIMEOUT};"
                f"{';'.join(statements)}; commit"
            )
        except psycopg2.Error:
            if connection.closed:
                raise
            cursor.execute("rollback")
            return False
    return True


def _find_comment(schema: str) -> str:
    return f"{ASIDE} by the build of {schema}; to be dropped"


def _find_simple(item: Movable) -> str:
    """The last part of a quoted, qualified name."""
    at, quoted = 0, False
    for position, character in enumerate(item.name):
        if character == '"':
            quoted = not quoted
        elif character == "." and not quoted:
            at = position + 1
    return item.name[at:]

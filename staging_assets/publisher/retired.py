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

from staging_assets.parser import quote_identifier, quote_literal
from staging_assets.publisher.attached.attachments import ASIDE, InboundKey, TableObject
from staging_assets.publisher.attached.inbound_keys import find_drops as find_key_drops
from staging_assets.publisher.attached.inbound_keys import find_returns, run_validate
from staging_assets.publisher.transaction.brief_locks import LOCK_TIMEOUT, Log
from staging_assets.publisher.transaction.steps import Step

_DIGITS = digits + ascii_lowercase
_DROP_ORDER = (
    "materialized view",
    "view",
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
class _RetiredTable:
    """A schema of old objects: its name as SQL, who still references them, what is in it."""

    name: str
    inbound: tuple[InboundKey, ...]
    objects: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class RetiredSchema:
    """Where the old objects of one publication go.

    Args:
        schema: its name.
        made: whether the publication makes it. One schema serves all tables as long as no name
            occurs twice in it: every schema that comes or goes makes all sessions plan anew.
        own: whether it is for this publication alone.
    """

    schema: str
    made: bool
    own: bool


def find_aside(schema: str, old: Sequence[TableObject], aside: tuple[bool, bool]) -> RetiredSchema:
    """Choose where the old objects go.

    Args:
        schema: the live schema.
        old: the old objects.
        aside: whether the schema for all tables exists, and has some of their names.
    """
    exists, taken = aside
    if not taken:
        return RetiredSchema(f"{schema}__old", made=not exists, own=False)
    oid, text = max((item.oid for item in old), default=0), ""
    while oid:
        oid, digit = divmod(oid, len(_DIGITS))
        text = _DIGITS[digit] + text
    return RetiredSchema(f"{schema}__o{text}", made=True, own=True)


def find_moves(old: Sequence[TableObject], schema: str, aside: RetiredSchema) -> list[Step]:
    """Statements that move the old objects aside."""
    name = quote_identifier(aside.schema)
    steps = []
    if aside.made:
        what = "setting the old table aside"
        comment = quote_literal(_find_comment(schema))
        steps = [
            Step(what, f"create schema {name}"),
            Step(what, f"comment on schema {name} is {comment}"),
        ]
    return steps + [
        Step(
            f"setting {item.name} aside",
            f"alter {find_noun(item)} {item.name} set schema {name}",
        )
        for item in old
        if item.moves
    ]


def find_drops(old: Sequence[TableObject], *, aside: RetiredSchema | None = None) -> list[Step]:
    """Statements that drop the old objects, and nothing that hangs on them.

    Args:
        aside: where they have been moved, if they have.
    """
    steps = []
    for noun in _DROP_ORDER:
        names = [
            f"{quote_identifier(aside.schema)}.{item.simple}" if aside and item.moves else item.name
            for item in old
            if item.noun == noun
        ]
        if names:
            steps.append(Step("dropping the old table", f"drop {noun} {', '.join(names)}"))
    if aside and aside.own:
        name = quote_identifier(aside.schema)
        steps.append(Step("dropping the old table", f"drop schema {name}"))
    return steps


def find_noun(item: TableObject) -> str:
    """What ALTER calls it."""
    return "type" if item.noun == "multirange" else item.noun


def drop_retired(connection: extensions.connection, schema: str, log: Log) -> list[str]:
    """Drop what publications of `schema` have set aside, as far as locks can be had in a moment.

    Foreign keys of tables that were to be rebuilt, and were not, still reference it: they are
    turned to the new tables, and validated.

    Args:
        connection: in autocommit mode, not in a transaction.
        log: level and message.

    Returns the schemas that stay until the next time: somebody reads what their tables reference,
    or uses a type of theirs.
    """
    graves = _read_aside(connection, schema)
    if not graves:
        return []
    turned = [key for grave in graves for key in grave.inbound]
    left: list[str] = []
    if not _run_briefly(connection, _drop_steps(connection, graves)):
        turned = [
            key for key in turned if _run_briefly(connection, _repoint_steps(connection, [key]))
        ]
        left = [grave.name for grave in graves if not _run_piecewise(connection, grave)]
    for sentence in run_validate(connection, [k for k in turned if k.validated and k.enforced]):
        log("error", sentence)
    return left


def _read_aside(connection: extensions.connection, schema: str) -> list[_RetiredTable]:
    with connection.cursor() as cursor:
        cursor.execute("begin; set local search_path = ''; set local jit = off")
        cursor.execute(_FIND, {"schema": schema, "comment": _find_comment(schema)})
        found = cursor.fetchall()
        cursor.execute("commit")
    return [
        _RetiredTable(name, tuple(InboundKey(**key) for key in keys or ()), objects)
        for name, keys, objects in found
    ]


def _drop_steps(connection: extensions.connection, graves: Sequence[_RetiredTable]) -> list[str]:
    """Turn foreign keys around and drop everything."""
    steps = _repoint_steps(connection, [key for grave in graves for key in grave.inbound])
    for noun in _DROP_ORDER:
        names = [name for grave in graves for name in grave.objects.get(noun) or ()]
        if names:
            steps.append(f"drop {noun} {', '.join(names)}")
    return [*steps, f"drop schema {', '.join(grave.name for grave in graves)}"]


def _run_piecewise(connection: extensions.connection, grave: _RetiredTable) -> bool:
    """Drop one object at a time; what is kept by another may go when that has gone."""
    left = [(noun, name) for noun in _DROP_ORDER for name in grave.objects.get(noun) or ()]
    progress = True
    while left and progress:
        stays = [each for each in left if not _run_briefly(connection, [f"drop {' '.join(each)}"])]
        progress = len(stays) < len(left)
        left = stays
    return not left and _run_briefly(connection, [f"drop schema {grave.name}"])


def _repoint_steps(connection: extensions.connection, keys: Sequence[InboundKey]) -> list[str]:
    returning = find_returns(keys, server_version=connection.server_version)
    return [step.statement for step in [*find_key_drops(keys), *returning]]


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


def _find_simple(item: TableObject) -> str:
    """The last part of a quoted, qualified name."""
    at, quoted = 0, False
    for position, character in enumerate(item.name):
        if character == '"':
            quoted = not quoted
        elif character == "." and not quoted:
            at = position + 1
    return item.name[at:]

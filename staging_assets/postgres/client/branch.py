"""What a branch is: a schema that holds the tables that differ from a live one, and their like.

It is noted beside the memory of builds, in `"<branch>__build"."__branch"`: a row a node, and one
without a name for the branch itself. What a built table has read of the live schema stands in the
record of its build (`made_of`, in `__builds`), written in the transaction that publishes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres.client.catalog import BUILDS, find_build_schema
from staging_assets.postgres.driver import Connection

BRANCH = "__branch"
"""The table in the build schema; where it is missing, the schema is no branch."""


@dataclass(frozen=True)
class BranchKey:
    """A foreign key from a table of the branch to one of the live schema.

    It is not made: its rows were checked by a query when the table was built, and a promotion
    puts it on.

    Args:
        table: its table, in the branch.
        name: of the constraint, as SQL spells it.
        definition: `FOREIGN KEY (a) REFERENCES staging.b(id)`: it names the live table.
        references: the live table that it references.
        comment: on the constraint.
        validated: whether its rows have been checked; the script may say NOT VALID.
    """

    table: str
    name: str
    definition: str
    references: str
    comment: str | None = None
    validated: bool = True


@dataclass(frozen=True)
class KeptAside:
    """What the promotion of a branch has put aside: the tables that it replaced, to come back.

    Args:
        names: of all relations and types that changed places, the new ones' too.
        routines: names of functions and procedures that did.
        pins: live node that the tables put aside were made of to its content at that time.
    """

    names: tuple[str, ...]
    routines: tuple[str, ...] = ()
    pins: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Branch:
    """A branch, as its last build has left it.

    Args:
        schema: the branch.
        live: the schema that it differs from.
        built: the nodes that are the branch's own, whether their build has succeeded or not: of
            one that has, there is a record in the branch's history.
        views: tables that are the live ones; in the branch stands a view of each, for people.
        read: built node to the live nodes that it depends on, and which content (of `Build`, in
            the live schema's history) each had when it was read; None where nothing was known.
        keys: those from built tables to live ones.
        sequences: names of sequences in the branch that are copies of live ones, which scripts
            draw from.
        replaced: built node to what the live one was made of by its own scripts, as a hash, when
            the branch was planned; without an entry where there was none.
        kept: what a promotion has put aside; None of a branch that was built.
        lives: names of all relations that scripts of the branch find in the live schema.
    """

    schema: str
    live: str
    built: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()
    read: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    keys: tuple[BranchKey, ...] = ()
    sequences: frozenset[str] = frozenset()
    replaced: Mapping[str, str] = field(default_factory=dict)
    kept: KeptAside | None = None
    lives: frozenset[str] = frozenset()

    def find_schemas(self, schemas: SchemaNames) -> SchemaNames:
        """Where scripts of the branch find what they name; `schemas` as for any other schema."""
        return replace(schemas, live=self.live, lives=self.lives)

    @property
    def pinned(self) -> dict[str, set[str | None]]:
        """Live node to the contents in which built ones have read it: one, when all is well."""
        found: dict[str, set[str | None]] = {}
        for above in self.read.values():
            for node, content in above.items():
                found.setdefault(node, set()).add(content)
        return found


def read_branch(connection: Connection, schema: str) -> Branch | None:
    """Read what a branch is; None where the schema is none, or is a full one."""
    table, builds = _spell(schema, BRANCH), _spell(schema, BUILDS)
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.to_regclass(%s) is not null", (table,))
        if cursor.fetchone() != (True,):
            return None
        cursor.execute(
            f"select t.node, t.told, b.made_of -> 'above' from {table} as t"  # noqa: S608 - quoted
            f" left join {builds} as b on b.node = t.node and (t.told ->> 'own')::boolean"
        )
        rows: dict[str, tuple[dict[str, Any], dict[str, str | None] | None]] = {
            node: (told, above) for node, told, above in cursor.fetchall()
        }
    if "" not in rows:
        return None
    head, _ = rows.pop("")
    built = frozenset(node for node, (told, _) in rows.items() if told["own"])
    return Branch(
        schema=schema,
        live=head["live"],
        built=built,
        views=frozenset(rows.keys() - built),
        read={
            node: {name: content for name, content in above.items() if name not in built}
            for node, (_, above) in rows.items()
            if above
        },
        keys=tuple(
            BranchKey(**key) for node in sorted(built) for key in rows[node][0].get("keys", ())
        ),
        sequences=frozenset(head["sequences"]),
        replaced={node: told["replaced"] for node, (told, _) in rows.items() if "replaced" in told},
        kept=_read_kept(head["kept"]) if "kept" in head else None,
        lives=frozenset(head.get("lives", ())),
    )


def _read_kept(told: Mapping[str, Any]) -> KeptAside:
    return KeptAside(tuple(told["names"]), tuple(told["routines"]), told["pins"])


def note_kept_sql(branch: Branch) -> str:
    """SQL that notes what was put aside; its schema and the build schema exist, and no note."""
    assert branch.kept is not None
    table = _spell(branch.schema, BRANCH)
    head = {"live": branch.live, "sequences": [], "kept": asdict(branch.kept)}
    rows: dict[str, dict[str, Any]] = {"": head}
    rows |= {node: {"own": True, "keys": []} for node in sorted(branch.built)}
    for key in branch.keys:
        rows.setdefault(key.table, {"own": True, "keys": []})["keys"].append(asdict(key))
    values = ", ".join(f"({quote_literal(node)}, {_json(told)})" for node, told in rows.items())
    return f"{_make_sql(table)}; insert into {table} (node, told) values {values}"  # noqa: S608


def run_note_branch(connection: Connection, branch: Branch) -> None:
    """Note what a branch is, in one transaction; keys of tables that stay its own are kept.

    The build schema must exist, with the memory of builds.

    Args:
        branch: `read` and `keys` are not looked at: what publishes a table notes these.
    """
    table = _spell(branch.schema, BRANCH)
    head = {
        "live": branch.live,
        "sequences": sorted(branch.sequences),
        "lives": sorted(branch.lives),
    }
    rows: list[tuple[str, Mapping[str, Any]]] = [("", head)]
    rows += [(node, {"own": True}) for node in sorted(branch.built)]
    rows += [(node, {"own": False}) for node in sorted(branch.views)]
    values = ", ".join(f"({quote_literal(node)}, {_json(told)})" for node, told in rows)
    named = ", ".join(quote_literal(node) for node, _ in rows)
    live = _spell(branch.live, BUILDS)
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.to_regclass(%s) is not null", (live,))
        if cursor.fetchone() == (True,):
            # Whoever rebuilds one of these in the live schema, of other scripts, is to be seen.
            note = (
                "select v.node, case when l.made_of is null then v.told else v.told ||"  # noqa: S608
                " jsonb_build_object('replaced', md5(l.made_of ->> 'parts')) end"
                f" from (values {values}) as v (node, told) left join {live} as l"
                " on l.node = v.node and (v.told ->> 'own')::boolean"
            )
        else:
            note = f"values {values}"
        cursor.execute(
            f"begin; {_make_sql(table)};"  # noqa: S608 - quoted
            f" delete from {table} where node not in ({named});"
            f" insert into {table} as t (node, told) {note} on conflict (node)"
            " do update set told = excluded.told || case when (excluded.told ->> 'own')::boolean"
            " and t.told ? 'keys' then pg_catalog.jsonb_build_object('keys', t.told -> 'keys')"
            " else '{}' end; commit"
        )


def note_branch_keys_sql(schema: str, table: str, keys: Iterable[BranchKey]) -> str:
    """SQL that notes the keys of a table, for the transaction that publishes it.

    It needs nothing of the search path.
    """
    listed = _json({"keys": [asdict(key) for key in keys]})
    return (
        f"update {_spell(schema, BRANCH)} set told = told operator(pg_catalog.||) {listed}"  # noqa: S608
        f" where node operator(pg_catalog.=) {quote_literal(table)}"
    )


def forget_branch_sql(schema: str) -> str:
    """SQL that makes a schema one that is no branch: all in it is its own."""
    return f"drop table if exists {_spell(schema, BRANCH)}"


def _make_sql(table: str) -> str:
    return (
        f"create table if not exists {table}"
        " (node pg_catalog.text primary key, told pg_catalog.jsonb not null)"
    )


def _json(told: Mapping[str, Any]) -> str:
    return f"{quote_literal(json.dumps(told, sort_keys=True))}::pg_catalog.jsonb"


def _spell(schema: str, table: str) -> str:
    return quote(Relation(find_build_schema(schema), table))

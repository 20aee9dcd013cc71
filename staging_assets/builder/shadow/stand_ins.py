"""Run a CREATE script whose foreign keys are made against stand-ins, and read what it made.

In most cases that is one message: the stand-ins that are new, the script, and the question of what
keys it has. Whatever fails in it is done again in parts, which tell where it fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg2

from staging_assets.builder.shadow.keys import Keys, find_shape, read_shape, shape_sql
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, Script
from staging_assets.parser import Reference, SentText, quote, quote_identifier, redirect_references
from staging_assets.postgres import (
    Session,
    find_abilities,
    find_build_schema,
    run_definitions,
    run_script,
)

_EMPTY = ("CREATE ", "DROP ", "ALTER ", "COMMENT", "GRANT", "REVOKE", "SET")
"""How the command tags of statements begin that put no rows into a table."""


@dataclass(frozen=True)
class Creation:
    """A CREATE script, and where it is run.

    Args:
        script: as it stands in the folder.
        sent: as it is sent, with the references to the tables that they mean.
        found: those references.
        referenced: the tables for which stand-ins are wanted.
        own: names of everything that it makes.
        schema: where its table will be published.
        build_schema: where it is made.
        roles: those that it takes.
    """

    script: Script
    sent: SentText
    found: Sequence[Reference]
    referenced: Collection[Relation]
    own: frozenset[str]
    schema: str
    build_schema: str
    roles: frozenset[str]

    def redirected(self, stands: Mapping[Relation, Relation]) -> SentText:
        """The script as it references stand-ins."""
        return redirect_references(
            self.sent, self.found, {r: quote(stand) for r, stand in stands.items()}
        )


@dataclass(frozen=True)
class Created:
    """What a CREATE script has made.

    Args:
        shape: its keys and indexes, foreign keys pointing at stand-ins.
        stands: those, by the tables that are meant.
        seeded: whether it may itself have inserted rows.
    """

    shape: Keys
    stands: Mapping[Relation, Relation]
    seeded: bool


def run_creation(session: Session, creation: Creation, *, at_once: bool) -> Created:
    """Run the script in the transaction that is open.

    Args:
        at_once: whether to try it in one message.

    Raises ScriptError in the script's coordinates.
    """
    if at_once and not creation.roles:
        made = _run_at_once(session, creation)
        if made is not None:
            return made
    stands = _make_stands(session, creation)
    try:
        outcomes = run_script(session, creation.script, creation.redirected(stands))
    except ScriptError as error:
        raise _unmask(error, stands) from None
    session.pin_later()
    shape = read_shape(session.run, creation.build_schema, creation.schema, creation.own)
    return Created(shape, stands, not all(each.status.startswith(_EMPTY) for each in outcomes))


def _run_at_once(session: Session, creation: Creation) -> Created | None:
    """All of it in one message; None when that cannot be, and nothing was done."""
    wanted: list[Relation] = []
    if find_abilities(session.open()).stand_ins:
        wanted = _find_wanted(creation)
    place = find_build_schema(creation.schema)
    new = {r: Relation(place, session.next_stand()) for r in wanted if r not in session.stands}
    stands = {r: new.get(r) or session.stands[r] for r in wanted}
    rows = run_definitions(
        session,
        creation.script,
        creation.redirected(stands),
        before="".join(f"{_stand_sql(stand, of)};" for of, stand in new.items()),
        question=shape_sql(creation.build_schema, creation.schema, creation.own),
    )
    if rows is None:
        return None
    session.stands |= new
    session.pin_later()
    return Created(find_shape(rows), stands, seeded=False)


def _make_stands(session: Session, creation: Creation) -> dict[Relation, Relation]:
    """Stand-ins for the referenced tables that exist; a session makes each of them once.

    For a script that takes a role they are made once more, with the right to reference them.
    Where the server can do with none, keys are made against the referenced tables themselves.
    """
    if not find_abilities(session.open()).stand_ins:
        return {}
    roles = creation.roles
    wanted = _find_wanted(creation)
    stands = {} if roles else session.stands
    place = creation.build_schema if roles else find_build_schema(creation.schema)
    new = [relation for relation in wanted if relation not in stands]
    if new:
        found = session.run(
            "select to_regclass(name) is not null from unnest(%s) as name",
            ([quote(relation) for relation in new],),
        )
        steps = []
        for relation, (exists,) in zip(new, found, strict=True):
            if exists:
                stand = Relation(place, session.next_stand())
                stands[relation] = stand
                steps.append(_stand_sql(stand, relation))
                steps += [
                    f"grant references on {quote(stand)} to {quote_identifier(role)}"
                    for role in sorted(roles)
                ]
        try:
            if steps:
                session.run(";".join(steps))
        except psycopg2.errors.InsufficientPrivilege:
            # To reference a table it need not be readable: then without a stand-in.
            _forget(stands, new)
        except psycopg2.Error:
            _forget(stands, new)
            raise
    return {r: stands[r] for r in wanted if r in stands}


def _find_wanted(creation: Creation) -> list[Relation]:
    return sorted(r for r in creation.referenced if r.schema != creation.build_schema)


def _stand_sql(stand: Relation, of: Relation) -> str:
    return f"create table {quote(stand)} (like {quote(of)} including indexes)"


def _forget(stands: dict[Relation, Relation], relations: Iterable[Relation]) -> None:
    for relation in relations:
        stands.pop(relation, None)


def _unmask(error: ScriptError, stands: Mapping[Relation, Relation]) -> ScriptError:
    """Say the referenced table's name where the server said its stand-in's."""
    text = str(error)
    for relation, stand in stands.items():
        text = text.replace(stand.name, relation.name)
    return ScriptError(text, error.sqlstate, error.failed)

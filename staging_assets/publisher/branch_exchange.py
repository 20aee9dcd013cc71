"""What belongs to the exchange of a branch's tables, besides the tables themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import Branch, BranchKey, Cursor, KeptAside, find_build_schema
from staging_assets.publisher.attached.attachments import CATALOG_SETTINGS
from staging_assets.publisher.attached.inbound_keys import add_key_steps, find_late
from staging_assets.publisher.attached.objects import InboundKey
from staging_assets.publisher.attached.other_schemas import find_hanging, run_drop_schema
from staging_assets.publisher.attached.outbound_keys import find_lacking, read_outbound
from staging_assets.publisher.attached.rebinding import number_steps, rebind_steps
from staging_assets.publisher.attached.routines import carry_routine_steps, move_routine_steps
from staging_assets.publisher.attached.schema_rename import function_steps
from staging_assets.publisher.owed_keys import owe_steps, read_presence, run_hand_over
from staging_assets.publisher.promotion.branch_records import find_pins, record_steps
from staging_assets.publisher.promotion.branch_state import Recorded
from staging_assets.publisher.promotion.previous import find_surplus, rename_steps, shift_steps
from staging_assets.publisher.promotion.releases import Release, run_note
from staging_assets.publisher.transaction.brief_locks import LOCK_TIMEOUT
from staging_assets.publisher.transaction.steps import Step, run_steps

# Whoever reads a view of the branch is waited for before anything of the live schema is locked.
_VIEWS = """
select format('%%I.%%I', n.nspname, c.relname), quote_ident(r.rolname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.oid = c.relowner
where n.nspname = %s and c.relkind = 'v' and not c.relname = any (%s::name[])
order by 1
"""


class ObstructedError(Exception):
    """Something is in the way, which it names."""


@dataclass
class BranchExchange:
    """The tables of a branch take the places of live ones, which are kept.

    It is what keeps the old objects (`Keeping`): each try reads anew what it has to know.

    Args:
        live: the live schema.
        branch: whose tables come.
        incoming: what the branch's schema is called while they do.
        away: the schema of the old tables.
        keep: how many schemas that were live before are kept; 0 when two only change places.
        nodes: those that change places.
        names: of all relations and types that do, in either schema.
        routines: names of functions and procedures that do.
        recorded: what is on record of the live schema.
        release: what is noted of it.
    """

    live: str
    branch: Branch
    incoming: str
    away: str
    keep: int
    nodes: frozenset[str]
    names: Sequence[str]
    routines: Sequence[str]
    recorded: Mapping[str, Recorded]
    release: Release
    keys: list[InboundKey] = field(default_factory=list)
    outbound: list[BranchKey] = field(default_factory=list)
    _moving: list[Step] = field(default_factory=list)

    @property
    def what(self) -> str:
        """What is done, for people."""
        return f"promoting {self.branch.schema}"

    @property
    def source(self) -> str:
        """Where the new tables are before they come."""
        return self.branch.schema

    @property
    def schema(self) -> str:
        """Where the old objects go."""
        return self.away

    def run_first(self, cursor: Cursor) -> None:
        """Make room for the old tables, and read what else changes places.

        Raises ObstructedError when something hangs on what has to make room.
        """
        source = self.branch.schema
        cursor.execute(
            f"{CATALOG_SETTINGS} set local lock_timeout = {LOCK_TIMEOUT};"
            "set local client_min_messages = error"
        )
        cursor.execute(_VIEWS, (source, list(self.names)))
        views = cursor.fetchall()
        lock = [Step(f"view {name}", f"alter view {name} owner to {own}") for name, own in views]
        run_steps(cursor, lock, singly=False, relations=[name for name, _ in views])
        if self.incoming != source:
            self._rename(cursor, source, self.incoming)
        if self.keep:
            for schema in find_surplus(cursor.connection, self.live, self.keep, source):
                if hanging := find_hanging(cursor, schema):
                    raise ObstructedError("\n  ".join(hanging))
                run_drop_schema(cursor, schema)
            shift = shift_steps(cursor.connection, self.live, self.keep)
            run_steps(cursor, shift, singly=True, relations=[])
        for schema in (self.away, find_build_schema(self.away)):
            made = Step(f"schema {schema}", f"create schema {quote_identifier(schema)}")
            run_steps(cursor, [made], singly=True, relations=[])
        live, incoming = self.live, self.incoming
        self.keys = find_lacking(cursor, self.branch.keys, live=live, incoming=incoming)
        self.outbound = read_outbound(cursor, live, self.names)
        self._moving = [
            *move_routine_steps(self.routines, source=live, target=self.away),
            *move_routine_steps(self.routines, source=incoming, target=live),
            *function_steps(cursor, incoming, live, names=self.routines),
            *carry_routine_steps(cursor, self.routines, live=live, incoming=incoming),
        ]

    def moving_steps(self) -> list[Step]:
        """The functions, which go when the tables have gone."""
        return self._moving

    def last_steps(self, cursor: Cursor) -> list[Step]:
        """Statements for when the tables have their places: keys to others, and the records."""
        version = cursor.connection.server_version
        late = find_late(self.keys, server_version=version)
        away = Branch(
            self.away,
            self.live,
            self.nodes,
            keys=tuple(self.outbound),
            kept=KeptAside(
                tuple(self.names), tuple(self.routines), find_pins(self.nodes, self.recorded)
            ),
        )
        return [
            *number_steps(self.branch.sequences, source=self.incoming, target=self.live),
            *rebind_steps(cursor, source=self.incoming, target=self.live),
            *add_key_steps(self.keys, server_version=version),
            *owe_steps(self.live, late, present=read_presence(cursor, self.live)),
            *record_steps(
                cursor.connection,
                self.live,
                self.incoming,
                away,
                self.nodes,
                noted=self.branch.kept is not None,
            ),
        ]

    def find_hanging(self, cursor: Cursor) -> list[str]:
        """What hangs on that which is left of the branch, and is to be dropped."""
        return find_hanging(cursor, self.incoming)

    def run_last(self, cursor: Cursor) -> None:
        """Put keys on, let the records follow, note the release, and drop what is left.

        Raises ObstructedError when something hangs on that.
        """
        keys = [quote(Relation(self.live, key.references)) for key in self.keys]
        run_steps(cursor, self.last_steps(cursor), singly=True, relations=keys)
        run_hand_over(cursor, self.incoming, self.live)
        self.release = run_note(cursor, self.live, self.away, self.release)
        if hanging := self.find_hanging(cursor):
            raise ObstructedError("\n  ".join(hanging))
        run_drop_schema(cursor, self.incoming)

    def _rename(self, cursor: Cursor, old: str, new: str) -> None:
        steps = rename_steps(cursor.connection, [(old, new)])
        run_steps(cursor, steps, singly=True, relations=[])

"""A small folder and its sources, and somebody who changes both."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.scheduler import StaleNode, read_stale
from staging_assets.scheduler.plan import read_plan
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets_tests.support.builds import Rebuild, ask, build_all, load, tables

SOURCES = """
create schema etl;
create table etl.people (id int primary key, name text, colour int);
insert into etl.people select g, 'n' || g, g % 2 from generate_series(1, 20) as g;
create table etl.events (id int, person int, what text);
insert into etl.events select g, g % 20 + 1, 'e' || g from generate_series(1, 200) as g;
create table etl.other (a int);
insert into etl.other values (1);
"""
HUB = (
    "create table staging.hub (id serial primary key, key int unique, name text, colour_code int"
    " references staging.lookup_colours (code));\n"
    "create index hub_name_idx on staging.hub (name);\n",
    "insert into staging.hub (key, name, colour_code)"
    " select id, staging.neat(name), colour from etl.people order by id;\n",
)
EVENTS = (
    "create table staging.events (id int primary key, hub_id int references staging.hub (id),"
    " what text);\n",
    "insert into staging.events select e.id, h.id, e.what from etl.events as e"
    " join staging.hub as h on h.key = e.person;\n",
)
COUNTS = (
    "create table staging.counts (hub_id int primary key, events int);\n",
    "insert into staging.counts select hub_id, count(*) from staging.events group by 1;\n",
)
APART = (
    "create table staging.apart (a int primary key);\n",
    "insert into staging.apart select a from etl.other;\n",
)
FILES = {
    **tables(hub=HUB, events=EVENTS, counts=COUNTS, apart=APART),
    "create_tables/CREATE-staging-lookup_colours.sql": (
        "create table staging.lookup_colours (code int primary key, value text);\n"
    ),
    "populate_tables/lookup/lookup_tables.yaml": (
        "lookup_colours:\n  columns: [code, value]\n  rows:\n    - [0, red]\n    - [1, blue]\n"
    ),
    "create_stored_procedures/neat.sql": (
        "create or replace function staging.neat(a text) returns text language sql as $$\n"
        "    select upper(staging.trimmed(a)) $$;\n"
    ),
    "create_stored_procedures/trimmed.sql": (
        "create or replace function staging.trimmed(a text) returns text language sql as $$\n"
        "    select btrim(a) $$;\n"
    ),
    "populate_tables/demo/staging-apart-cleanup.py": (
        "def main(pgw):\n    pgw.execute('update staging.apart set a = a + 10')\n"
    ),
    "staging.yaml": "priorities: {hub: 1}\n",
}
ALL = {
    "hub",
    "events",
    "counts",
    "apart",
    "apart_cleanup",
    "lookup_colours",
    "stored_procedures/neat",
    "stored_procedures/trimmed",
}
BELOW_HUB = {"hub", "events", "counts"}
CREATE_HUB = "create_tables/CREATE-staging-hub.sql"
POPULATE_HUB = "populate_tables/demo/POPULATE-staging-hub.sql"
NOTHING: set[str] = set()


class Place:
    """A folder, its database, and somebody who changes both."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder, self.files = server, folder, dict(FILES)
        self.schema = "staging"

    def ask(self, statement: str) -> Any:
        """In a session of its own, which ends: what it did has been counted then."""
        with closing(self.server.connect("somebody", autocommit=True)) as connection:
            return ask(connection, statement)

    @property
    def project(self) -> StagingProject:
        for path in self.folder.rglob("*"):
            if path.is_file():
                path.unlink()
        return load(self.folder, self.files)

    def change(self, path: str, old: str, new: str) -> None:
        assert old in self.files[path]
        self.files[path] = self.files[path].replace(old, new)

    def plan(self, project: StagingProject | None = None) -> BuildPlan:
        project = project or self.project
        with closing(self.server.connect("plan", autocommit=True)) as connection:
            return read_plan(connection, project, self.schema, project.nodes, Rebuild.CHANGED)

    def stale(self, tried_by: str = "") -> dict[str, StaleNode]:
        project = self.project
        with closing(self.server.connect("look", autocommit=True)) as connection:
            return read_stale(connection, project, self.schema, tried_by=tried_by)

    def build(self, rebuild: Rebuild = Rebuild.CHANGED) -> set[str]:
        """Build; return what was built, which must be what was said in advance."""
        project = self.project
        before = self.plan(project)
        said: list[BuildPlan] = []
        results = build_all(
            self.server, project, rebuild=rebuild, planned=said.append, schema=self.schema
        )
        built = {node for node, result in results.items() if result.status == "built"}
        if rebuild is Rebuild.CHANGED:
            assert built == set(before.build) == set(said[0].build)
            assert before.build == said[0].build
        assert set(results) - built == set(said[0].left)
        return built - {"schema"}

    def hashes(self) -> Mapping[str, str]:
        """A hash of the rows of every table, in any order of them."""
        names = self.ask(
            "select array(select relname::text from pg_class where relkind = 'r'"
            f" and relnamespace = '{self.schema}'::regnamespace order by 1)"
        )
        return {
            name: self.ask(
                "select md5(string_agg(t::text, ',' order by t::text))"
                f" from {self.schema}.{name} as t"
            )
            for name in names
        }

    def check_same_as_all(self) -> None:
        changed = self.hashes()
        self.build(Rebuild.ALL)
        assert changed == self.hashes()

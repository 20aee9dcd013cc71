"""The three tables of docs/scale-out.md on a Citus cluster.

Everything is run twice: on a Postgres whose extension `citus` only notes what it is told, and on
the cluster that STAGING_TEST_CITUS_URL names (its coordinator, as a role that may create schemas
and end its own sessions). Where it names none, the second is skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from staging_assets.checks import Check, find_checks, run_checks
from staging_assets.checks.schema.drift import evaluate_drift
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.publisher import run_promote, run_rollback
from staging_assets_tests.support.builds import Rebuild, build, build_all, leftovers, load
from staging_assets_tests.support.citus import (
    URL,
    Cluster,
    noting_cluster,
    read_example,
    real_cluster,
)

DRIFT = Check("schema_matches_scripts", "schema_matches_scripts", "schema")
EVENTS = "create_tables/CREATE-staging-events.sql"
OFFICERS = "create_tables/CREATE-staging-officers.sql"
FILL_EVENTS = "populate_tables/demo/POPULATE-staging-events.sql"
KEYS = """
select string_agg(pg_get_constraintdef(oid), '; ' order by contype desc, conname)
from pg_constraint where conrelid = 'staging.events'::regclass and contype in ('p', 'f')
"""
PLACED = """
select string_agg(c.relname || ' ' || p.partmethod::text || ' ' || p.repmodel::text || ' '
    || coalesce(column_to_column_name(p.logicalrelid, p.partkey), '-'), ', ' order by c.relname)
from pg_dist_partition p join pg_class c on c.oid = p.logicalrelid
where c.relnamespace = 'staging'::regnamespace
"""


@pytest.fixture(params=["noting", "real"])
def cluster(request: pytest.FixtureRequest, server: Server) -> Iterator[Cluster]:
    if request.param == "noting":
        with noting_cluster(server) as cluster:
            yield cluster
    elif os.environ.get(URL):
        with real_cluster() as cluster:
            yield cluster
    else:
        pytest.skip(f"no Citus cluster: {URL} names none, and no registry has one")


@pytest.fixture
def project(tmp_path: Path) -> StagingProject:
    return load(tmp_path, read_example())


def drift(cluster: Cluster, project: StagingProject) -> list[str]:
    """What `schema_matches_scripts` finds."""
    with closing(cluster.server.connect("checks")) as connection:
        result = evaluate_drift(connection, DRIFT, project, cluster.schema)
    return list(result.metadata.get("findings", ()))


def check_whole(cluster: Cluster) -> None:
    """All rows and keys are there, and the tables are where their scripts put them."""
    assert cluster.ask("select count(*) from staging.ranks") == 3
    assert cluster.ask("select count(*) from staging.officers") == 1000
    assert cluster.ask("select count(*) from staging.events") == 10_000
    lost = "where not exists (select 1 from staging.officers o where o.officer_id = e.officer_id)"
    assert cluster.ask(f"select count(*) from staging.events e {lost}") == 0
    assert cluster.ask(KEYS).replace(cluster.schema, "staging") == (
        "PRIMARY KEY (officer_id, event_id);"
        " FOREIGN KEY (officer_id) REFERENCES staging.officers(officer_id);"
        " FOREIGN KEY (rank_code) REFERENCES staging.ranks(rank_code)"
    )
    assert cluster.ask(PLACED) == "events h s officer_id, officers h s officer_id, ranks n t -"
    groups = "from pg_dist_partition where logicalrelid in ('staging.events', 'staging.officers')"
    assert cluster.ask(f"select count(distinct colocationid) {groups}") == 1
    with closing(cluster.server.connect("witness", autocommit=True)) as connection:
        left = leftovers(connection, cluster.schema)
    assert [name for name in left if not name.startswith("__")] == []


def test_the_example_is_built_and_built_again(cluster: Cluster, project: StagingProject) -> None:
    checks = find_checks(project)
    for _ in range(2):
        cluster.build(project, checks=checks)
        check_whole(cluster)
        assert drift(cluster, project) == []


def test_every_check_is_answered(cluster: Cluster, tmp_path: Path) -> None:
    declared = (
        "checks:\n"
        "  events:\n"
        "    - min_rows: 10000\n"
        "    - not_null: [happened, rank_code]\n"
        "    - unique: [officer_id, event_id]\n"
        "    - has_values: happened\n"
        "    - row_count_change: {drop: 50}\n"
        "    - sql: select event_id from staging.events where event_id > 10\n"
        "      name: ten_at_most\n"
    )
    project = load(tmp_path, {**read_example(), "staging.yaml": declared})
    cluster.build(project)
    results = run_checks(cluster.server, project, cluster.schema)
    assert len(results) > 8
    assert [f"{r.name}: {r.summary} {r.error}" for r in results if not r.passed] == []
    for result in results:
        # Citus cannot plan a subquery without columns.
        assert not re.search("select from (?!pg_catalog)", result.metadata.get("sql", ""))


def test_each_table_alone_and_the_hub_under_its_keys(
    cluster: Cluster, project: StagingProject
) -> None:
    cluster.build(project)
    for node in ("ranks", "officers", "events"):
        build_all(cluster.server, project, [node], schema=cluster.schema)
        check_whole(cluster)
    results = build(
        cluster.server, project, schema=cluster.schema, rebuild=Rebuild.CHANGED
    ).values()
    assert {r.node for r in results if r.status == "built"} <= {"schema", "ranks"}
    check_whole(cluster)


def test_grants_views_and_comments_stay(cluster: Cluster, project: StagingProject) -> None:
    cluster.build(project)
    cluster.ask("create view staging.ranked as select rank_code, title from staging.ranks")
    cluster.ask("grant select on staging.officers to public")
    cluster.ask("comment on table staging.events is 'what happened'")
    cluster.build(project)
    check_whole(cluster)
    assert cluster.ask("select count(*) from staging.ranked") == 3
    assert "=r/" in str(
        cluster.ask("select relacl::text from pg_class where oid = 'staging.officers'::regclass")
    )
    assert cluster.ask("select obj_description('staging.events'::regclass)") == "what happened"


def test_a_table_that_fails_leaves_the_old_one(
    cluster: Cluster, project: StagingProject, tmp_path: Path
) -> None:
    cluster.build(project)
    fill = read_example()[FILL_EVENTS].replace("1 + o.officer_id % 3", "9 + o.officer_id % 3")
    wrong = load(tmp_path / "wrong", {**read_example(), FILL_EVENTS: fill})
    result = build(cluster.server, wrong, ["events"], schema=cluster.schema)["events"]
    assert result.status == "failed"
    assert FILL_EVENTS in str(result.message) or EVENTS in str(result.message)
    check_whole(cluster)


def test_what_citus_cannot_do_is_told_in_its_words_at_our_line(
    cluster: Cluster, tmp_path: Path
) -> None:
    ranks = (
        "create table staging.ranks (\n"
        "    rank_code int primary key, title text not null,\n"
        "    chief bigint references staging.officers\n"
        ");\n"
        "select create_reference_table('staging.ranks');\n"
    )
    files = {**read_example(), "create_tables/CREATE-staging-ranks.sql": ranks}
    # The stand-in says it by RAISE, whose words are hidden when no script has them.
    sessions = replace(cluster.server.sessions, show_values=not cluster.real)
    project = load(tmp_path, files)
    results = build(cluster.server, project, schema=cluster.schema, sessions=sessions)
    assert results["officers"].status == "built"
    message = str(results["ranks"].message)
    # A real one may refuse the key itself, and not the table that has it.
    places = ("1", "5") if cluster.real else ("5",)
    assert any(f"create_tables/CREATE-staging-ranks.sql:{line}:" in message for line in places)
    assert "foreign keys from reference tables" in message
    assert "to distributed tables are not supported" in message
    assert results["events"].status == "skipped"


def test_drift_sees_how_tables_are_distributed(
    cluster: Cluster, project: StagingProject, tmp_path: Path
) -> None:
    cluster.build(project)
    example = read_example()
    call = "select create_distributed_table('staging.officers', 'officer_id');"
    for said, found in (
        ("", "it is distributed by officer_id, the script says nothing of that"),
        (
            "select create_reference_table('staging.officers');",
            "it is distributed by officer_id, the script says a reference table",
        ),
        (
            "select create_distributed_table('staging.officers', 'name');",
            "it is distributed by officer_id, the script says distributed by name",
        ),
        (
            "do $$ begin"
            " perform create_distributed_table('staging.officers', 'officer_id'); end $$;",
            "",
        ),
    ):
        text = example[OFFICERS].replace(call, said)
        other = load(tmp_path / str(len(said)), {**example, OFFICERS: text})
        assert drift(cluster, other) == ([f"officers: {found}"] if found else [])
    check_whole(cluster)


def test_drift_sees_that_neighbours_are_apart(cluster: Cluster, tmp_path: Path) -> None:
    apart = "create table staging.{0} (id int primary key); " + (
        "select create_distributed_table('staging.{0}', 'id', colocate_with => '{1}');"
    )
    files = {
        f"create_tables/CREATE-staging-{name}.sql": apart.format(name, beside)
        for name, beside in (("a", "none"), ("b", "none"), ("c", "staging.a"))
    }
    project = load(tmp_path / "one", files)
    cluster.build(project, create_only=True)
    assert drift(cluster, project) == []
    moved = {**files, "create_tables/CREATE-staging-c.sql": apart.format("c", "staging.b")}
    assert drift(cluster, load(tmp_path / "two", moved)) == [
        "c: it does not stand beside b, as the script says (colocate_with)"
    ]


def test_a_serial_column_is_filled(cluster: Cluster, tmp_path: Path) -> None:
    files = {
        "create_tables/CREATE-staging-t.sql": (
            "create table staging.t (id bigserial primary key, n int);"
            " select create_distributed_table('staging.t', 'id');"
        ),
        "populate_tables/demo/POPULATE-staging-t.sql": (
            "insert into staging.t (n) select g from generate_series(1, 30) as g;"
        ),
    }
    project = load(tmp_path, files)
    for _ in range(2):
        cluster.build(project)
        assert cluster.ask("select count(distinct id) from staging.t") == 30


def test_promotion_and_rollback(cluster: Cluster, project: StagingProject, tmp_path: Path) -> None:
    cluster.build(project)
    few = read_example()[FILL_EVENTS].replace("(1, 10)", "(1, 2)")
    candidate = load(tmp_path / "few", {**read_example(), FILL_EVENTS: few})
    cluster.build(candidate, f"{cluster.schema}_next")
    run_promote(cluster.server, candidate, cluster.schema)
    assert cluster.ask("select count(*) from staging.events") == 2000
    assert drift(cluster, candidate) == []
    run_rollback(cluster.server, project, cluster.schema)
    check_whole(cluster)
    cluster.build(project)
    check_whole(cluster)


CHILD = """
import sys
from pathlib import Path
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, run_build

project = load_project(Path(sys.argv[2]), "demo")
options = BuildOptions(sys.argv[3], "child", workers=2)
for result in run_build(Server(sys.argv[1]), project, project.nodes, options):
    print(result.node, result.status, flush=True)
"""


def test_killed_again_and_again_no_table_is_ever_half(
    cluster: Cluster, project: StagingProject
) -> None:
    cluster.build(project)
    killed = 0
    for number in range(8 if cluster.real else 2):
        arguments = [cluster.server.dsn, str(project.sql_dir), cluster.schema]
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()  # the schema; tables come now
            time.sleep(0.1 * number)
            killed += child.poll() is None
            child.kill()
            child.wait()
        assert cluster.ask("select count(*) from staging.ranks") == 3
        assert cluster.ask("select count(*) from staging.officers") == 1000
        assert cluster.ask("select count(*) from staging.events") == 10_000
    assert killed
    cluster.build(project, wait_for_lock=30.0)
    check_whole(cluster)
    assert drift(cluster, project) == []
    if cluster.real:
        assert cluster.ask("select recover_prepared_transactions()") == 0

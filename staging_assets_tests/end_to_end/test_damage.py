"""Twenty tables damaged in twenty ways: each is found, and nothing else is.

By a checks-only run, whose exit code is 2, and by a rebuild, which then publishes nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS, CheckResult, find_checks, run_checks, run_given_checks
from staging_assets.cli import app as cli
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, NodeResult, run_build
from staging_assets_tests.support.damaged import (
    DAMAGES,
    DRIFT,
    KEYS,
    TABLES,
    Damage,
    build_damaged_files,
    build_files,
    build_source,
    build_sources,
)
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project


@dataclass
class Staging:
    """A built staging schema, its sources, and the folder that it was built from."""

    server: Server
    folder: Path
    witness: Connection

    def run(self, text: str) -> list[tuple[object, ...]]:
        with self.witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def build(self, *nodes: str) -> dict[str, NodeResult]:
        project = load_project(self.folder, "demo", KINDS)
        results = run_build(
            self.server,
            project,
            nodes or project.nodes,
            BuildOptions(schema="staging", run_id="test", workers=2),
            find_checks(project),
            lambda *_: None,
            threading.Event(),
        )
        return {result.node: result for result in results}

    def check(self) -> dict[str, list[CheckResult]]:
        """What a checks-only run finds: node to the checks that failed."""
        found: dict[str, list[CheckResult]] = {}
        for result in run_checks(self.server, load_project(self.folder, "demo", KINDS), "staging"):
            if not result.passed:
                found.setdefault(result.table, []).append(result)
        return found

    def read(self, table: str) -> object:
        """The content of a published table, and which file it is in."""
        ((content,),) = self.run(
            "select md5(string_agg(t::text, ',' order by t::text))"
            f" || 'staging.{table}'::regclass::oid from staging.{table} as t"
        )
        return content


@pytest.fixture(scope="module")
def staging(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    folder = make_project(tmp_path_factory.mktemp("damage") / "sql", build_files())
    with (
        fresh_database(server) as database,
        closing(database.connect("witness", autocommit=True)) as witness,
    ):
        staging = Staging(database, folder, witness)
        staging.run(build_sources())
        failed = {name: r.message for name, r in staging.build().items() if r.status != "built"}
        assert not failed
        yield staging


@pytest.fixture
def healthy(staging: Staging) -> Iterator[Staging]:
    """The same, mended after the test."""
    yield staging
    make_project(staging.folder, build_files())
    staging.run("".join(build_source(table) for table in TABLES))


def test_a_healthy_schema_gives_no_finding(healthy: Staging) -> None:
    assert healthy.check() == {}
    again = healthy.build()
    assert {result.status for result in again.values()} == {"built"}
    assert all(check.passed for result in again.values() for check in result.checks)


def test_there_are_twenty_tables_and_twenty_ways() -> None:
    assert len({damage.table for damage in DAMAGES}) == 20
    assert len({damage.live for damage in DAMAGES}) == 20
    assert len({damage.said for damage in DAMAGES}) == 20


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.table)
def test_a_checks_only_run_finds_it_and_nothing_else(
    staging: Staging,
    damage: Damage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", staging.server.dsn)
    monkeypatch.setenv("STAGING_SQL_DIR", str(staging.folder))
    staging.run(damage.live)
    code = cli.main(["check", "--json", "--failed"])
    listed = json.loads(capsys.readouterr().out)
    mended = staging.build("schema", damage.table)
    after = staging.check()
    assert code == 2
    assert {(each["asset"], each["check"]) for each in listed} == {
        (f"staging/{'schema' if name in (DRIFT, KEYS) else damage.table}", name)
        for name in damage.found
    }
    for each in listed:
        assert damage.table in each["summary"] or each["asset"] == f"staging/{damage.table}"
        assert not each["could_not_be_evaluated"]
    # A rebuild from good sources mends whatever was done by hand.
    assert mended[damage.table].status == "built", mended[damage.table].message
    assert after == {}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.table)
def test_a_rebuild_from_damaged_sources_publishes_nothing(healthy: Staging, damage: Damage) -> None:
    before = healthy.read(damage.table)
    if damage.source:
        healthy.run(damage.source)
    make_project(healthy.folder, build_damaged_files(damage))
    result = healthy.build(damage.table)[damage.table]
    assert result.status == "failed"
    assert damage.said in str(result.message)
    assert healthy.read(damage.table) == before


def test_after_a_subset_was_built_the_checks_of_the_whole_look_at_that_alone(
    staging: Staging,
) -> None:
    project = load_project(staging.folder, "demo", KINDS)
    whole = [target for target in find_checks(project)["schema"] if target.name in (DRIFT, KEYS)]

    def find(*built: str) -> list[bool]:
        results = run_given_checks(staging.server, project, "staging", whole, built)
        return [result.passed for result in results]

    staging.run("alter table staging.type_changed alter column age type bigint")
    staging.run("alter table staging.key_dropped disable trigger all")
    passed = find("schema", "emptied"), find("type_changed"), find("key_dropped")
    staging.build("type_changed", "key_dropped")
    assert passed == ([True, True], [False, True], [True, False])
    assert find("schema", *TABLES) == [True, True]


def test_twenty_damages_at_once_are_twenty_findings_in_one_run(healthy: Staging) -> None:
    for damage in DAMAGES:
        healthy.run(damage.live)
    found = healthy.check()
    mended = healthy.build()
    for damage in DAMAGES:
        texts = [result.summary for result in found.get(damage.table, ())]
        for result in found["schema"]:
            findings = result.metadata["findings"]
            assert isinstance(findings, list)
            texts += [line for line in findings if line.startswith(damage.table)]
        assert texts, damage.table
    assert not set(found) - {*TABLES, "schema"}
    assert {result.status for result in mended.values()} == {"built"}


def test_twenty_failed_rebuilds_keep_twenty_good_tables_and_build_the_rest(
    healthy: Staging,
) -> None:
    before = {table: healthy.read(table) for table in TABLES}
    for damage in DAMAGES:
        if damage.source:
            healthy.run(damage.source)
        make_project(healthy.folder, build_damaged_files(damage))
    results = healthy.build()
    assert {name for name, result in results.items() if result.status == "failed"} == set(TABLES)
    assert {name for name, result in results.items() if result.status == "built"} == {
        "schema",
        "officers",
        "lookup_races",
    }
    assert {table: healthy.read(table) for table in TABLES} == before

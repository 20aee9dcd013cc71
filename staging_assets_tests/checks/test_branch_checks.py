"""The checks of a whole schema, of a branch, and how it differs from the live one."""

from __future__ import annotations

from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import run_checks
from staging_assets.cli.looking.diff import build_lines
from staging_assets.postgres import Server
from staging_assets.publisher import run_promote
from staging_assets.reports import find_diff
from staging_assets_tests.support.builds import ask, build_all, load, tables


def files(turn: int) -> dict[str, str]:
    functions = {
        "create_stored_procedures/count.sql": "create or replace function staging.count() returns"
        " bigint language sql as 'select count(*) from staging.hub, staging.leaf'"
    }
    return functions | tables(
        hub=("create table staging.hub (id int primary key)", "insert into staging.hub values (1)"),
        leaf=(
            'create table staging.leaf (hub int constraint "A key" references staging.hub, n int)',
            f"insert into staging.leaf values (1, {turn})",
        ),
    )


def find_results(server: Server, folder: Path) -> dict[str, tuple[bool, str]]:
    project = load(folder, files(2))
    found = run_checks(server, project, "next")
    return {f"{r.table} {r.name}": (r.passed, r.summary) for r in found}


def test_views_and_noted_keys_are_no_drift(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "old", files(1)))
    build_all(database, load(tmp_path / "new", files(2)), schema="next", changed_from="staging")
    found = find_results(database, tmp_path / "new")
    assert all(passed for passed, _ in found.values()), found
    assert found["schema schema_matches_scripts"] == (
        True,
        "1 table as the scripts say",
    )
    ask(
        witness,
        "update next__build.__branch set told = told - 'keys' where node = 'leaf';"
        "alter table next.leaf drop column n",
    )
    passed, told = find_results(database, tmp_path / "new")["schema schema_matches_scripts"]
    assert not passed
    assert "leaf: key is missing: FOREIGN KEY (hub) REFERENCES hub(id)" in told
    assert "leaf.n: the column is missing" in told


def test_a_diff_with_a_branch_tells_what_differs_and_nothing_else(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    new = load(tmp_path / "new", files(2))
    build_all(database, load(tmp_path / "old", files(1)))
    build_all(database, new, schema="next", changed_from="staging")
    lines = ["~ table leaf: 1 -> 1 rows, 1 removed, 1 added, no key"]
    lines.append("1 of 1 tables differ, 1 are the same table in both")
    for pair in (("staging", "next"), ("next", "staging")):
        assert list(build_lines(find_diff(database, *pair))) == lines
    assert find_diff(database, "staging", "next", only=["hub"]).same
    run_promote(database, new, "staging", "next")
    assert list(build_lines(find_diff(database, "staging__previous", "staging"))) == lines

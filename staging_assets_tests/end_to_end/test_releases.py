"""Promote, roll back, and what is remembered of it: the commands, and Dagster's history."""

from __future__ import annotations

import json
import re
from pathlib import Path

import dagster as dg
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets_tests.end_to_end.test_commands import count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.forked import run_forked

OLDER = "update etl.arrests set n = n + 100"


def read_history(
    monkeypatch: pytest.MonkeyPatch, home: Path, key: str
) -> list[dg.AssetMaterialization]:
    """The materializations of an asset, the first one first."""
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        found = instance.fetch_materializations(
            dg.AssetKey(key.split("/")), limit=10, ascending=True
        )
    return [
        record.asset_materialization for record in found.records if record.asset_materialization
    ]


def test_the_message_names_a_command_that_builds_checks_and_promotes(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    staging_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = run_forked("staging-assets promote", typed)
    assert ran.returncode == 1, ran.stdout
    told = re.search(r"Build, check and promote it: (staging-assets .*)", ran.stdout)
    assert told is not None, ran.stdout + ran.stderr
    assert told[1] == "staging-assets promote staging_next --schema staging --build"
    ran = run_forked(told[1], typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "release 1: staging_next is staging now; 0 -> 7 rows" in ran.stdout
    assert count(witness, "select count(*) from staging.arrests where arrest_id < 100") == 3
    assert count(witness, "select count(to_regnamespace('staging_next'))") == 0

    with witness.cursor() as cursor:
        cursor.execute(OLDER)
    # What was built as a candidate is what the live tables are reported as, once they are that.
    ran = run_forked(f"{told[1]} --who ada --keep 2", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.arrests where arrest_id > 100") == 3
    ran = run_forked("staging-assets rollback --who eve", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "release 3: staging__previous is staging now" in ran.stdout
    assert count(witness, "select count(*) from staging.arrests where arrest_id > 100") == 0

    dry = run_forked('staging-assets rollback --who "o\'hara" --dry-run', typed)
    assert dry.stdout.startswith("dagster job execute -j rollback_staging --config <(echo ")
    assert count(witness, "select count(*) from staging.arrests where arrest_id > 100") == 0
    ran = run_forked("staging-assets releases", typed)
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert [(line[0], line[3], line[4]) for line in lines] == [
        ("3", "rollback", "staging__previous"),
        ("2", "promote", "staging_next"),
        ("1", "promote", "staging_next"),
    ]
    assert [line[-1] for line in lines[:2]] == ["eve", "ada"]
    ran = run_forked("staging-assets releases --json --last 1", typed)
    (release,) = json.loads(ran.stdout)
    assert release["after"]["arrests"] == 3

    home = staging_home / "dagster"
    shown = read_history(monkeypatch, home, "staging_release")
    assert [one.metadata["action"].value for one in shown] == ["promote", "promote", "rollback"]
    assert [one.metadata["who"].value for one in shown[1:]] == ["ada", "eve"]
    assert shown[1].metadata["from"].value == "staging_next"
    assert shown[1].metadata["rows before"].value == 7
    tables = read_history(monkeypatch, home, "staging/arrests")
    assert len(tables) == 2
    assert {one.metadata["schema"].value for one in tables} == {"staging"}


def test_a_build_that_fails_a_check_promotes_nothing(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    staging_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_forked("staging-assets promote --build", typed).returncode == 0
    before = count(witness, "select 'staging.arrests'::regclass::oid::int8")
    with witness.cursor() as cursor:
        cursor.execute("delete from etl.arrests")
    ran = run_forked("staging-assets promote --build", typed)
    assert ran.returncode == 1
    assert "table_not_empty" in ran.stdout
    assert count(witness, "select 'staging.arrests'::regclass::oid::int8") == before
    assert count(witness, "select count(*) from staging.arrests") == 3
    tables = read_history(monkeypatch, staging_home / "dagster", "staging/officers")
    assert len(tables) == 1


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"promote": True, "schema": "staging"}, "staging is live, and cannot be promoted"),
        ({"promote": True, "create_only": True}, "Leave one of them out"),
        ({"promote": True, "keep": 0}, "Give a number from 1 to 20"),
    ],
)
def test_what_cannot_be_promoted_is_refused(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    config: dict[str, object],
    told: str,
) -> None:
    text = json.dumps({"ops": {"staging_build": {"config": config}}})
    command = f"dagster asset materialize --select 'staging/*' --config-json '{text}'"
    ran = run_forked(command, typed)
    assert ran.returncode == 1
    assert told in ran.stdout
    assert count(witness, "select count(to_regnamespace('staging'))") == 0


@pytest.mark.parametrize("selection", ["group:schema", "staging/schema", "staging/*"])
def test_the_asset_of_releases_is_in_nobodys_way(
    typed: dict[str, str],  # noqa: F811
    selection: str,
) -> None:
    ran = run_forked(f"dagster asset materialize --select '{selection}'", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "staging/schema" in ran.stdout
    assert "staging_release" not in ran.stdout

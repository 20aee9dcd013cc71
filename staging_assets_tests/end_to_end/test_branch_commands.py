"""`build --changed-from`: the command, its plan, and what Dagster is told."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import dagster as dg
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.cli import app as cli
from staging_assets_tests.end_to_end.test_commands import (
    LITERAL,
    count,
    typed,  # noqa: F401 - a fixture
)
from staging_assets_tests.support.forked import run_forked


def test_a_branch_is_planned_and_built_by_commands(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    staging_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran = run_forked(LITERAL, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-arrests.sql")
    script.write_text(script.read_text().replace("select n", "select n + 100"))
    for name, value in typed.items():
        monkeypatch.setenv(name, value)

    said = ["--schema", "staging_next", "--changed-from", "staging"]
    assert cli.main(["plan", *said]) == 2
    told = capsys.readouterr().out
    assert "its POPULATE script changed" in told
    assert "are staging's" in told.splitlines()[0]
    assert cli.main(["plan", "--json", *said]) == 2
    plan = json.loads(capsys.readouterr().out)
    assert plan["changed_from"] == "staging"
    assert "staging/officers" in plan["left"]
    assert count(witness, "select count(to_regnamespace('staging_next'))") == 0

    assert cli.main(["build", "--dry-run", *said]) == 0
    words = capsys.readouterr().out
    assert words.startswith("STAGING_SCHEMA=staging dagster asset materialize")
    command = words[words.index("dagster ") :].strip()
    ran = run_forked(command, {**typed, "STAGING_SCHEMA": "staging"})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging_next.arrests where arrest_id > 100") == 3
    assert count(witness, "select count(*) from staging.arrests where arrest_id > 100") == 0
    assert count(witness, "select count(*) from staging_next.officers") == 2

    assert cli.main(["show", "officers", "--schema", "staging_next"]) == 0
    assert "\nlast build, in staging:\n  20" in capsys.readouterr().out
    assert cli.main(["show", "arrests", "--schema", "staging_next"]) == 0
    assert "\nlast build:\n  20" in capsys.readouterr().out

    # What was built says nothing of the live table.
    home = staging_home / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    key = dg.AssetKey(["staging", "arrests"])
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert len(instance.fetch_materializations(key, limit=5).records) == 1
        seen = instance.fetch_observations(key, limit=5).records
    metadata = [each.asset_observation.metadata for each in seen if each.asset_observation]
    assert [one["schema"].value for one in metadata] == ["staging_next"]

    # The same, checked and promoted: what was built is now the live table.
    assert cli.main(["promote", "--build", "--changed-from", "staging", "--dry-run"]) == 0
    words = capsys.readouterr().out
    ran = run_forked(words[words.index("dagster ") :].strip(), typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.arrests where arrest_id > 100") == 3
    assert count(witness, "select count(*) from staging.officers") == 2
    assert count(witness, "select count(to_regnamespace('staging_next'))") == 0
    assert "release 1: arrests" in ran.stdout
    noted = "select count(as_left) from staging__build.__builds where node = 'arrests'"
    assert count(witness, noted) == 1
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert len(instance.fetch_materializations(key, limit=5).records) == 2
        officers = dg.AssetKey(["staging", "officers"])
        assert len(instance.fetch_materializations(officers, limit=5).records) == 1

    config = {"ops": {"staging_build": {"config": {"changed_from": "gone"}}}}
    ran = run_forked(f"{LITERAL} --config-json {shlex.quote(json.dumps(config))}", typed)
    assert ran.returncode == 1
    assert "gone: there is no such schema for staging to be a branch of" in ran.stdout + ran.stderr

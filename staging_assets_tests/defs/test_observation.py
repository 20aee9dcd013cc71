"""Sources are observed: the state of each is its data version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from staging_assets.defs import build_definitions
from staging_assets.postgres.client.server import Server
from staging_assets.settings import read_settings
from staging_assets_tests.support.changes import SOURCES, Place


def observe(place: Place) -> Mapping[str, str]:
    """Run the job; source to the data version that Dagster knows of it then."""
    staging = read_settings(
        {
            "STAGING_DATABASE_URL": place.server.dsn,
            "STAGING_SQL_DIR": str(place.folder / "sql"),
            "STAGING_DEPARTMENT": "demo",
        }
    )
    job = build_definitions(staging).resolve_job_def("observe_sources")
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance).success
        keys = ["etl/people", "etl/events", "etl/other"]
        found = {}
        for key in keys:
            records = instance.fetch_observations(dg.AssetKey(key.split("/")), limit=2).records
            assert len(records) == 1
            observation = records[0].asset_observation
            assert observation is not None
            version = observation.data_version
            assert version is not None
            found[key] = version
        return found


def test_a_source_has_another_data_version_when_it_changed(
    database: Server, tmp_path: Path
) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()  # it leaves the mark without which no two states are the same
    before = observe(place)
    assert observe(place) == before
    place.ask("insert into etl.events values (1000, 1, 'more')")
    after = observe(place)
    assert {key for key in after if after[key] != before[key]} == {"etl/events"}
    place.files["staging.yaml"] = "sources: {etl.other: always}\n"
    assert place.project
    always = observe(place)
    assert observe(place)["etl/other"] != always["etl/other"]

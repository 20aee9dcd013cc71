"""What is stale, for those who look again and again: once for each reason, and not for ever."""

from __future__ import annotations

from pathlib import Path

from staging_assets.postgres.client.server import Server
from staging_assets.scheduler import StaleNode
from staging_assets_tests.support.builds import Rebuild, build
from staging_assets_tests.support.changes import (
    ALL,
    BELOW_HUB,
    POPULATE_HUB,
    SOURCES,
    Place,
)

COUNTS = "populate_tables/demo/POPULATE-staging-counts.sql"
APART = {"apart", "apart_cleanup"}


def make(server: Server, folder: Path) -> Place:
    place = Place(server, folder / "folder")
    place.ask(SOURCES)
    return place


def marks(stale: dict[str, StaleNode]) -> dict[str, tuple[str, str]]:
    return {node: (each.own, each.tried) for node, each in stale.items()}


def run(place: Place, *nodes: str, run_id: str = "test-run") -> None:
    build(place.server, place.project, nodes or None, rebuild=Rebuild.CHANGED, run_id=run_id)


def test_it_is_what_a_run_would_build_each_time_with_another_mark(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path)
    assert set(place.stale()) == {*ALL, "schema"}
    place.build()
    assert place.stale() == {}
    place.ask("insert into etl.events values (900, 1, 'more')")
    first = place.stale()
    assert set(first) == {"events", "counts"} == set(place.plan().build)
    assert marks(place.stale()) == marks(first)
    place.ask("insert into etl.events values (901, 1, 'more')")
    second = place.stale()
    assert second["events"].own != first["events"].own
    # What stands below is stale as before: the run that is asked for takes it along.
    assert set(second) == set(first)
    place.ask("drop index staging.hub_name_idx")
    assert "hub_name_idx" in str(place.stale()["hub"].reasons)


def test_what_is_always_stale_is_so_only_for_another_reason(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path)
    place.files[POPULATE_HUB] = place.files[POPULATE_HUB].replace(
        "order by", "where now() > '1999-01-01' order by"
    )
    place.build()
    assert set(place.plan().build) == BELOW_HUB
    assert place.stale() == {}
    place.ask("insert into etl.people values (900, 'more', 1)")
    assert set(place.stale()) == BELOW_HUB
    place.build()
    # Somebody builds the one alone: what stands below it is behind.
    run(place, "hub")
    assert set(place.stale()) == {"events", "counts"}


def test_what_failed_is_held_back_until_something_changes(database: Server, tmp_path: Path) -> None:
    place = make(database, tmp_path)
    place.build()
    right = place.files[POPULATE_HUB]
    place.files[POPULATE_HUB] = right + "select 1 / 0;\n"
    before = place.stale()
    assert {node: each.failed for node, each in before.items()} == dict.fromkeys(BELOW_HUB, False)
    run(place)
    after = place.stale()
    assert {node: each.failed for node, each in after.items()} == dict.fromkeys(BELOW_HUB, True)
    place.files[POPULATE_HUB] = right + "select 2 / 0;\n"
    other = place.stale()
    assert {node: each.failed for node, each in other.items()} == dict.fromkeys(BELOW_HUB, False)
    assert other["hub"].own != after["hub"].own


def test_what_a_run_has_left_has_the_mark_it_had_and_another_one_when_others_built_above(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path)
    place.build()
    # It has never been built, so that its failure is on no record.
    place.files["create_tables/CREATE-staging-new.sql"] = "create table staging.new (n int);\n"
    place.files["populate_tables/demo/POPULATE-staging-new.sql"] = (
        "insert into staging.new select 1 / 0 from staging.hub;\n"
    )
    place.ask("insert into etl.people values (900, 'more', 1)")
    before = place.stale()
    assert set(before) == {*BELOW_HUB, "new"}
    run(place, run_id="automatic")
    assert set(place.stale()) == {"new"}
    assert marks(place.stale("automatic"))["new"] == marks(before)["new"]
    assert place.stale("automatic")["new"].above != before["new"].above
    assert marks(place.stale())["new"] != marks(before)["new"]
    run(place, "hub", run_id="by hand")
    place.ask("insert into etl.people values (901, 'more', 1)")
    run(place, "hub", run_id="by hand")
    assert marks(place.stale("automatic"))["new"] != marks(before)["new"]


def test_a_changed_cleanup_makes_its_table_stale(database: Server, tmp_path: Path) -> None:
    place = make(database, tmp_path)
    place.build()
    cleanup = "populate_tables/demo/staging-apart-cleanup.py"
    place.change(cleanup, "+ 10", "+ 11")
    assert set(place.stale()) == APART == set(place.plan().build)

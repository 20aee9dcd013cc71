"""A check is evaluated after the other tables that it looks at have been built."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

TABLES = ("arrests", "people", "zones")
FILES = {
    f"create_tables/CREATE-staging-{name}.sql": f"create table staging.{name} (id int primary key,"
    " zone_id int);"
    for name in TABLES
}
FILES["create_tables/CREATE-staging-tickets.sql"] = (
    "create table staging.tickets (id int references staging.arrests (id));"
)


def load(folder: Path, checks: str) -> StagingProject:
    return load_project(
        make_project(folder / "sql", {**FILES, "staging.yaml": checks}), "demo", KINDS
    )


@pytest.fixture(autouse=True)
def department(tmp_path: Path) -> None:
    (tmp_path / "sql" / "populate_tables" / "demo").mkdir(parents=True)


def test_without_checks_these_tables_do_not_wait_for_each_other(tmp_path: Path) -> None:
    assert load(tmp_path, "").dependencies["arrests"] == {"schema"}


@pytest.mark.parametrize(
    "check",
    [
        "relationship: zone_id -> zones.id",
        "{sql: 'select 1 from staging.zones as z where z.id < 0', name: odd}",
        "column_value: zone_id in (select id from staging.zones)",
    ],
)
def test_a_check_waits_for_the_table_that_it_looks_at(tmp_path: Path, check: str) -> None:
    project = load(tmp_path, f"checks:\n  arrests:\n    - {check}\n")
    assert project.dependencies["arrests"] == {"schema", "zones"}
    assert project.nodes.index("zones") < project.nodes.index("arrests")


def test_a_check_on_a_table_that_is_built_later_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        load(
            tmp_path,
            "checks:\n  arrests:\n    - sql: select 1 from staging.tickets\n      name: odd\n",
        )
    (problem,) = raised.value.problems
    assert (problem.line, problem.what) == (
        3,
        "the check 'odd' of arrests looks at tickets, which is built later",
    )
    assert problem.todo == "Declare it for tickets"


def test_a_check_may_name_its_own_table(tmp_path: Path) -> None:
    project = load(
        tmp_path, "checks: {arrests: [{sql: select 1 from staging.arrests, name: odd}]}\n"
    )
    assert project.dependencies["arrests"] == {"schema"}

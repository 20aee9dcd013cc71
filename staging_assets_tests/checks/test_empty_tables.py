"""A table that may rightly be empty: what is said of it, and that it helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from staging_assets.checks import find_checks, run_checks
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import build, build_all, load, tables

EMPTY = (
    "create table staging.{0} (id int, note text);",
    "insert into staging.{0} select 1 where false;",
)
CLEANUP = "def main(pgw):\n    pgw.execute('delete from staging.{0}')\n"


@pytest.mark.parametrize("name", ["notes", '"Odd Name"', '"no"'])
@pytest.mark.parametrize("cleaned", [False, True], ids=["table", "cleanup"])
def test_the_line_that_turns_the_check_off_is_said_and_works(
    database: Server, tmp_path: Path, name: str, cleaned: bool
) -> None:
    bare = name.strip('"')
    if cleaned and bare != "notes":
        pytest.skip("the spelling is tried with the table")
    create, fill = (text.format(name) for text in EMPTY)
    files = tables(**{bare: (create, fill)})
    if cleaned:
        files = tables(**{bare: (create, f"insert into staging.{name} values (1);")})
        files[f"populate_tables/demo/staging-{bare}-cleanup.py"] = CLEANUP.format(name)
    project = load(tmp_path, files)
    # A cleanup is one with its table, whose check looks at what the cleanup has left.
    said: list[str] = []
    for node in [bare, f"{bare}_cleanup"] if cleaned else [bare]:
        failed = build(database, project, checks=find_checks(project))[node]
        assert failed.status == "failed"
        said += re.findall(
            r"write under checks: in staging\.yaml (.*?: \{.*?\})", failed.message or ""
        )
        declared = "".join(f"  {line}\n" for line in said)
        project = load(tmp_path, {**files, "staging.yaml": f"checks:\n{declared}"})
    assert len(said) == len(set(said)) == (2 if cleaned else 1)
    build_all(database, project, checks=find_checks(project))
    if not cleaned:  # the table's own check says its own line
        assert all(result.passed for result in run_checks(database, project, "staging"))


def test_a_table_and_its_cleanup_have_a_check_of_the_same_name_each(
    database: Server, tmp_path: Path
) -> None:
    files = tables(
        notes=("create table staging.notes (id int);", "insert into staging.notes values (1);")
    )
    files["populate_tables/demo/staging-notes-cleanup.py"] = "def main(pgw):\n    pass\n"
    project = load(tmp_path, files)
    build_all(database, project, checks=find_checks(project))
    results = run_checks(database, project, "staging", ["notes*"])
    assert [(each.table, each.name, each.passed) for each in results] == [
        ("notes", "table_not_empty", True),
        ("notes_cleanup", "table_not_empty", True),
    ]

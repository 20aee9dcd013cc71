"""A kind of check is one object: the documentation says what it says; one more is soon added."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.checks.kinds import table_of_kinds
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.folders import make_project

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("of_schema", [True, False])
def test_the_documentation_lists_the_kinds_as_they_are(of_schema: bool) -> None:
    wanted = table_of_kinds(of_schema=of_schema)
    assert f"\n{wanted}\n\n" in (DOCS / "checks.md").read_text(), f"docs/checks.md needs\n{wanted}"


def test_a_kind_has_the_name_under_which_it_is_found() -> None:
    assert KINDS
    assert all(kind.name == name for name, kind in KINDS.items())


FOLDER = {
    "create_tables/CREATE-staging-officers.sql": (
        "create table staging.officers (id int primary key, badge text);"
    ),
    "populate_tables/lookup/lookup_tables.yaml": (
        "officers: {columns: [id, badge], rows: [[1, a], [2, a], [3, b]]}\n"
    ),
    "populate_tables/demo/readme.md": "",
}


def patch(text: str, diff: str) -> str:
    """Apply a piece of a diff that adds lines below or above a line that is there."""
    lines = [(line[:1], line[1:]) for line in diff.splitlines(keepends=True)]
    before = "".join(line for sign, line in lines if sign == " ")
    assert text.count(before) == 1, f"the guide's line is not there: {before}"
    return text.replace(before, "".join(line for _, line in lines))


def test_the_guide_adds_a_kind_that_works(database: Server, tmp_path: Path) -> None:
    guide = (DOCS / "adding-a-check-kind.md").read_text()
    (module,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (declared,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    imported, listed, holding, failing = re.findall(r"```diff\n(.*?)```", guide, re.DOTALL)
    for package in ("staging_assets", "staging_assets_tests"):
        without = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(ROOT / package, tmp_path / "copy" / package, ignore=without)
    kinds = tmp_path / "copy" / "staging_assets" / "checks" / "kinds"
    (kinds / "distinct_values.py").write_text(module)
    text = (kinds / "__init__.py").read_text()
    (kinds / "__init__.py").write_text(patch(patch(text, imported), listed))
    tests = tmp_path / "copy" / "staging_assets_tests" / "checks" / "test_kinds.py"
    tests.write_text(patch(patch(tests.read_text(), holding), failing))

    with database.connect("test", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("create schema staging")
        cursor.execute(FOLDER["create_tables/CREATE-staging-officers.sql"])
        cursor.execute("insert into staging.officers values (1, 'a'), (2, 'a'), (3, 'b')")

    def run(
        module: str, *arguments: str, checks: str = declared
    ) -> subprocess.CompletedProcess[str]:
        folder = make_project(tmp_path / "sql", {**FOLDER, "staging.yaml": checks})
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path / "copy"),
                "STAGING_SQL_DIR": str(folder),
                "STAGING_DATABASE_URL": database.dsn,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    select = ("check", "--select", "officers:*distinct*")
    holds = run("staging_assets.cli", *select)
    assert "badge_distinct_values  badge: 2 different values; at least 2 wanted" in holds.stdout
    assert holds.returncode == 0, holds.stderr
    fails = run("staging_assets.cli", *select, checks=declared.replace("badge: 2", "badge: 3"))
    assert "FAIL   officers  badge_distinct_values  badge: 2 different values" in fails.stdout
    assert fails.returncode == 2
    wrong = run("staging_assets.cli", *select, checks=declared.replace("badge: 2", "badge: many"))
    assert "staging.yaml:3:32: a whole number of at least 0 is expected here" in wrong.stderr
    misnamed = run("staging_assets.cli", *select, checks=declared.replace("badge:", "badges:"))
    assert "officers has no column 'badges'" in misnamed.stderr

    tested = run(
        "pytest", "-q", "-p", "no:cacheprovider", "-k", "different or distinct", str(tests)
    )
    assert "2 passed" in tested.stdout, tested.stdout

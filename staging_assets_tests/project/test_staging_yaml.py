"""staging.yaml; its mistakes are the cases config, config_bad_yaml and cleanup_column."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from staging_assets.checks import KINDS
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

FILES = {
    **{
        f"create_tables/CREATE-staging-{table}.sql": f"create table staging.{table} (id int, b int)"
        for table in "abc"
    },
    "populate_tables/demo/staging-a-cleanup.py": "def main(pgw): pass",
    "populate_tables/demo/POPULATE-staging-a.sql": "insert into staging.a select 1",
    "populate_tables/demo/POPULATE-staging-b.sql": "insert into staging.b select 1",
    "populate_tables/other/staging-b-cleanup.py": "def main(pgw): pass",
}

CONFIG = """
priorities: {c: 10, a: 5}
dependencies:
  a: [b]
  b_cleanup: [c]
in_place: [a]
cleanups: {a: ID, b: {column: b, department: other}}
descriptions: {a: "The a's.", schema: All of it}
owners: {a: 'team:data', b: [x@y.org, 'team:z']}
departments:
  demo:
    priorities: {a: 20}
    descriptions: {a: Ours}
  other:
    priorities: {b: 99}
"""


def load(folder: Path, config: str, department: str = "demo") -> StagingProject:
    return load_project(make_project(folder, {**FILES, "staging.yaml": config}), department, KINDS)


def test_every_key_is_read_and_the_department_wins(tmp_path: Path) -> None:
    project = load(tmp_path, CONFIG)
    assert project.config.priorities == {"c": 10, "a": 20}
    assert project.config.descriptions == {"a": "Ours", "schema": "All of it"}
    assert project.config.owners == {"a": ("team:data",), "b": ("x@y.org", "team:z")}
    assert (project.tables["a"].in_place or "").endswith("/staging.yaml:6: declared")
    assert project.cleanups["a"].column == "id"
    assert project.dependencies["a"] == {"schema", "b"}
    assert project.nodes == ("schema", "c", "b", "a", "a_cleanup")


def test_another_department_has_its_own(tmp_path: Path) -> None:
    project = load(tmp_path, CONFIG, "other")
    assert project.config.priorities == {"c": 10, "a": 5, "b": 99}
    assert project.cleanups["b"].column == "b"
    circle = CONFIG + "    dependencies: {c: [b_cleanup]}\n"
    assert load(tmp_path, circle).dependencies["c"] == {"schema"}
    way = (
        r":5:15: these wait for each other: b_cleanup -> c -> b_cleanup: "
        r"b_cleanup needs c \(.*/staging.yaml:5:15\); c needs b_cleanup \(.*:16:24\)"
    )
    with pytest.raises(ProjectError, match=way):
        load(tmp_path, circle, "other")


@pytest.mark.parametrize(
    "text", ["", "# none\n", "priorities:\n", "checks:\n", "departments:\n", "{}"]
)
def test_a_file_that_says_nothing_is_no_mistake(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, text).config.priorities == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "1:1: the file is no mapping"),
        ("in_place: a", "1:11: `in_place` is no list"),
        ("priorities: [a]", "1:13: `priorities` is no mapping"),
        ("priorities: {a: true}", "1:17: the priority of a is no whole number"),
        ("priorities: {[a]: 1}", "1:14: this key is no text"),
        ("dependencies: {a: [[b]]}", "1:20: a dependency is no text"),
        (
            "cleanups: {a: nowhere}",
            "1:15: a has no column 'nowhere', which its cleanup should fill",
        ),
        ("cleanups: {c: id}", "1:12: c has no cleanup script"),
        ("cleanups: {a: {colum: id}}", "1:16: unknown key 'colum'"),
        ("priorities: &a {a: 1}\ndescriptions: *b", "2:15: bad YAML: found undefined alias"),
        ("descriptions: {a: !!python/name:os.system x}", ""),
        ("a: b: c", "1:5: bad YAML: "),
        ("priorities: {a: 1, a: 2}", "1:20: 'a' stands here twice"),
        ("in_place: []\nin_place: []", "2:1: 'in_place' stands here twice"),
        ("dependencies: {a: [a_cleanup]}", "these wait for each other"),
        ("\x07", "1:1: bad YAML: "),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    try:
        load(tmp_path, text)
    except ProjectError as error:
        (only,) = error.problems
        assert problem in str(only)
        assert problem != ""
    else:
        assert problem == ""


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: " + "[" * 5_000, 1, 104),
        ("a: " + "[" * 5_000 + "]" * 5_000, 1, 104),
        ("[" * 100_000, 1, 101),
        ("{a: " * 100_000, 1, 401),
        ("- " * 100_000, 1, 199),
        ("? " * 100_000, 1, 199),
        ("\n".join(" " * level + "a:" for level in range(3_000)), 101, 102),
    ],
    ids=lambda value: str(value)[:8],
)
def test_thousands_of_levels_of_yaml_are_told_at_once_with_their_place(
    tmp_path: Path, text: str, line: int, column: int
) -> None:
    began = time.process_time()
    with pytest.raises(ProjectError, match="bad YAML: nested too deeply") as caught:
        load(tmp_path, text)
    assert time.process_time() - began < 1
    (problem,) = caught.value.problems
    assert problem.line == line
    assert abs(problem.column - column) < 5


def test_brackets_in_text_are_no_levels(tmp_path: Path) -> None:
    config = load(tmp_path, "descriptions: {a: '" + "[" * 5_000 + "'} # " + "{" * 5_000)
    assert config.config.descriptions == {"a": "[" * 5_000}


def test_checks_are_read_with_the_departments_own(tmp_path: Path) -> None:
    text = "checks: {a: [min_rows: 5]}\ndepartments: {demo: {checks: {a: [min_rows: 7]}}}"
    (check,) = load(tmp_path, text).config.checks
    assert check.arguments == {"minimum": 7} or 7 in check.arguments.values()
    with pytest.raises(ProjectError, match=r"staging.yaml:1:9"):
        load(tmp_path, "checks: 5")


def test_the_example_in_the_documentation_is_right() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs" / "scripts.md").read_text()
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        with TemporaryDirectory() as folder:
            copied = Path(folder) / "sql"
            shutil.copytree(root / "sql", copied)
            cleanup = copied / "populate_tables/demo/staging-arrests-cleanup.py"
            cleanup.write_text("def main(pgw): pass")
            (copied / "staging.yaml").write_text(example)
            assert load_project(copied, "demo", KINDS).nodes

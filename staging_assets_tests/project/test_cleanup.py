"""What a cleanup script names; scripts that cannot run are the case cleanup_without_main."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from staging_assets.model import Script
from staging_assets.project.load import load_project
from staging_assets.project.scripts.cleanup import read_cleanup
from staging_assets_tests.support.folders import make_project


def read(text: str) -> str | None:
    """What is wrong with a script."""
    _, problem = read_cleanup(Script(Path("/x.py"), "x.py", text))
    return None if problem is None else str(problem)


@pytest.mark.parametrize(
    "text",
    [
        "def main(pgw):\n    pass",
        "def main(pgw, limit=5, *rest, key=None, **more): pass",
        "def main(*args): pass",
        "from elsewhere import main",
        "from elsewhere import clean as main",
        "main = print",
        "try:\n    from elsewhere import main\nexcept ImportError:\n    def main(pgw): pass",
        "import re\nif True:\n    def main(pgw): pass",
    ],
)
def test_main_may_be_defined_in_any_way(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\n", "x.py:1:1: this cleanup has no main."),
        ("def other(main): pass", "x.py:1:1: this cleanup has no main."),
        ("class A:\n    def main(pgw): pass", "x.py:1:1: this cleanup has no main."),
        ("\ndef main(): pass", "x.py:2:1: main does not take one argument."),
        ("def main(pgw, department): pass", "x.py:1:1: main does not take one argument."),
        ("def main(pgw, *, department): pass", "x.py:1:1: main does not take one argument."),
        ("async def main(pgw): pass", "x.py:1:1: main is a coroutine, which nothing awaits."),
        ("def main(pgw):\n    x = = 1", "x.py:2:9: this is no Python: invalid syntax."),
        ("def main(pgw):\n    'a", "x.py:2:5: this is no Python: unterminated string literal"),
    ],
)
def test_a_script_that_cannot_run_is_a_problem_with_a_place(text: str, problem: str) -> None:
    assert (read(text) or "").startswith(problem)


def test_reading_a_script_neither_runs_it_nor_warns(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (
            read(f"open({str(tmp_path / 'x')!r}, 'w')\ndef main(pgw):\n    '\\d'\n    1 is 1")
            is None
        )
    assert not (tmp_path / "x").exists()


CLEANUP = '''"""Not about staging.documented."""


def main(pgw):
    """Nor about staging.documented."""
    pgw.execute("update staging.x set a = 1 from staging.in_string")
    table = "in_f_string"
    pgw.execute(f"delete from staging.{table} where id in (select id from {1} Staging . in_f)")
    for name in ["argument"]:
        pgw.check_table_has_nrows(name, "staging", 3)
    rows = pgw.execute(\'\'\'
        select staging.clean(name) from "staging"."Quoted" join etl.raw using (id)
        -- other_staging.documented
    \'\'\')
    # staging.documented
'''


def test_a_cleanup_waits_for_all_that_its_strings_name(tmp_path: Path) -> None:
    tables = ["x", "in_string", "in_f", "in_f_string", "argument", "documented", "body", "y"]
    files = {
        f"create_tables/CREATE-staging-{table}.sql": f"create table staging.{table} (id int)"
        for table in tables
    }
    files["create_tables/CREATE-staging-Quoted.sql"] = 'create table staging."Quoted" (id int)'
    files["create_stored_procedures/clean.sql"] = (
        "create function staging.clean(text) returns text language sql as "
        "'select name from staging.body'"
    )
    files["populate_tables/demo/staging-x-cleanup.py"] = CLEANUP
    files["populate_tables/demo/POPULATE-staging-y.sql"] = (
        "insert into staging.y select 1 from etl.raw"
    )
    project = load_project(make_project(tmp_path, files), "demo")
    assert project.dependencies["x_cleanup"] == {
        *("schema", "x", "in_string", "in_f", "in_f_string", "argument", "Quoted"),
        *("stored_procedures/clean", "body"),
    }
    assert {str(source) for source in project.sources["x_cleanup"]} == {"etl.raw"}
    assert "x_cleanup" not in project.dependencies["y"]


@pytest.mark.parametrize("text", ["-" * 50_000 + "1", "(" * 5_000 + "1" + ")" * 5_000])
def test_what_is_nested_too_deeply_is_a_problem_with_words(text: str) -> None:
    script = Script(Path("c.py"), "c.py", f"def main(pgw):\n    x = {text}\n")
    _, problem = read_cleanup(script)
    assert problem is not None
    assert re.search(r"this is no Python: .*(nested|recursion|parentheses|complex)", problem.what)

"""`staging-assets migrate`: a luigi tree in the old ways becomes a folder that builds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import BuildOptions
from staging_assets.checks import KINDS
from staging_assets.cli import app as cli
from staging_assets.cli.starting.migration.luigi import read_luigi
from staging_assets.cli.starting.migration.mending import mend_python, mend_sql
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.scheduler import run_build
from staging_assets.settings import StagingSchema
from staging_assets_tests.support.builds import ask

MODULE = """
import luigi
from pg_tools import PGTableTarget

print "loading the pipeline"
schema_in_file = "mart"

# Higher is first.
table_priorities = {
    'dogs': 1000,   # everything hangs on "dogs" } here
    "walks": 10,
}

tables_and_cleanup_scripts = {
    'walks': ['./scripts/tidy/walks.py', 'long_walk'],
    'gone': ['./scripts/tidy/gone.py', 'x'],
}


class PopulateTable(luigi.Task):
    schema = luigi.Parameter(default="mart")

    def run(self):
        print "running %s" % self.schema
"""
TREE = {
    "pipeline/populateStagingFromPets.py": MODULE,
    "luigi.cfg": "[postgres]\nhost=db.example.org\nport=5433\nuser=etl\ndatabase=pets\n"
    "password=geheim\n[core]\nlogging=x\n[CreateAllStagingTables]\nschema=mart_dev\n",
    "tables/CREATE-mart-dogs.sql": "create table mart.dogs (dog_id int primary key, name text);",
    "tables/CREATE-mart-walks.sql": "create table mart.walks (walk_id serial, dog_id int references"
    " mart.dogs, minutes int, long_walk bool);",
    "tables/CREATE-SCHEMA-mart.sql": "create schema mart;",
    "fill/pets/POPULATE-mart-dogs.sql": "insert into mart.dogs select id, name from etl.dogs"
    " where name like 'B%%';",
    "fill/pets/POPULATE-mart-walks.sql": "insert into mart.walks (dog_id, minutes)"
    " select dog_id, mart.rounded(40) from mart.dogs;",
    "procedures/rounding.sql": "create or replace function mart.rounded(i int) returns int"
    " language sql as 'select i / 10 * 10';",
    "scripts/tidy/walks.py": "import pg_tools\n\ndef main(pgw):\n    print 'tidying', 1\n"
    "    pgw.execute('update mart.walks set long_walk = minutes > 30')\n",
    "notes.sql": "select 1;",
}


def make(folder: Path) -> Path:
    for name, text in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_tree_is_taken_mended_and_what_is_left_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = make(tmp_path / "old"), tmp_path / "new"
    assert cli.main(["migrate", str(old), str(new)]) == 2
    said = capsys.readouterr().out
    assert (new / "MIGRATION.md").read_text() in said
    assert "- 2 POPULATE scripts of pets\n" in said
    assert "- fill/pets/POPULATE-mart-dogs.sql: %% is % now (line 1)\n" in said
    assert "- scripts/tidy/walks.py: print is a function now (line 4)\n" in said
    left = said.partition("## For a person\n\n")[2].partition("\n\n")[0].splitlines()
    assert left == [
        "- luigi.cfg: the password is not copied. Put it into ~/.pgpass, or PGPASSWORD.",
        "- notes.sql: it is no script by its name, and was left out",
        "- ./scripts/tidy/gone.py: the cleanup of gone is not there",
        left[-1],
    ]
    assert "there is no table 'gone'" in left[-1]
    assert (new / "settings.env").read_text() == (
        "STAGING_DEPARTMENT=pets\nSTAGING_SCHEMA_IN_FILES=mart\nSTAGING_SCHEMA=mart_dev\n"
        "PGHOST=db.example.org\nPGPORT=5433\nPGUSER=etl\nPGDATABASE=pets\n"
    )
    declared = yaml.safe_load((new / "sql" / "staging.yaml").read_text())
    assert declared["priorities"] == {"dogs": 1000, "walks": 10}
    assert declared["cleanups"]["walks"] == "long_walk"
    written = "".join(path.read_text() for path in new.rglob("*") if path.is_file())
    assert "geheim" not in written + said
    assert {name: (old / name).read_text() for name in TREE} == TREE


def test_what_was_made_builds_as_luigi_built_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    cli.main(["migrate", str(make(tmp_path / "old")), str(new)])
    config = new / "sql" / "staging.yaml"
    config.write_text(config.read_text().replace("  gone: x\n", ""))
    ask(witness, "create schema etl; create table etl.dogs (id int, name text)")
    ask(witness, "insert into etl.dogs values (1, 'Bello'), (2, 'Rex')")
    staging = StagingSchema(sql_dir=new / "sql", department="pets", schema_in_files="mart")
    project = load_project(staging, "pets", KINDS)
    options = BuildOptions(schema="mart_dev", run_id="test")
    results = list(
        run_build(database, project, project.nodes, options, cancelled=threading.Event())
    )
    assert [r.message for r in results if r.status != "built"] == []
    assert ask(witness, "select dog_id, minutes, long_walk from mart_dev.walks") == [(1, 40, True)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print 'a'\n", "print('a')\n"),
        ("if x:\n    print 'a' % b,\n", "if x:\n    print('a' % b, end=' ')\n"),
        ("print\nx = 1\nprint x, y  \n", "print()\nx = 1\nprint(x, y)\n"),
        ("print('a')\nprint (1)\n", "print('a')\nprint (1)\n"),
        ("printer = 1\nprint = 2\n", "printer = 1\nprint = 2\n"),
    ],
)
def test_print_becomes_a_call(old: str, new: str) -> None:
    mended = mend_python(old, "x.py")
    assert (mended.text, mended.left) == (new, ())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("import sys\nprint >>sys.stderr, 'a'\n", "x.py:2: write print(..., file=...)"),
        ("try:\n    x()\nexcept E, e:\n    pass\n", "x.py:3: Python 3 cannot read it"),
        ("exec 'x'\n", "x.py:1: Python 3 cannot read it"),
    ],
)
def test_what_else_was_python_2_is_left_to_a_person(text: str, left: str) -> None:
    mended = mend_python(text, "x.py")
    assert mended.text == text
    assert [each.startswith(left) for each in mended.left] == [True]


def test_percent_signs_are_told_with_their_lines() -> None:
    mended = mend_sql("a\nlike 'x%%' or b %% 2 = 0\n\n'%%'", "x.sql")
    assert mended.text == "a\nlike 'x%' or b % 2 = 0\n\n'%'"
    assert mended.done == ("x.sql: %% is % now (line 2, 4)",)
    assert mend_sql("like 'x%'", "x.sql").done == ()


def test_what_code_puts_together_is_told_with_its_line() -> None:
    text = "import luigi\ntable_priorities = dict(a=1)\nschema_in_file = os.environ['x']\n"
    luigi = read_luigi({"m.py": text}, {"luigi.cfg": "no section\n"})
    assert luigi.notes == [
        "m.py:2: table_priorities is put together by code. Say it in staging.yaml.",
        "m.py:3: schema_in_file is put together by code. Say it in staging.yaml.",
        "luigi.cfg: it cannot be read (MissingSectionHeaderError).",
    ]
    odd = "tables_and_cleanup_scripts = {'a': 3, 'b': 'b.py'}\ntable_priorities = {'a': 'x'}\n"
    luigi = read_luigi({"m.py": odd}, {})
    assert luigi.cleanups == {"b": ("b.py", None)}
    assert luigi.notes == [
        "m.py:1: the cleanup of a names no script.",
        "m.py:2: the priority of a is no number.",
    ]


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = make(tmp_path / "old")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    for new, said in (
        ("full", "is not empty"),
        ("old/new", "is inside"),
        ("full/mine/x", "Not a directory"),
    ):
        assert cli.main(["migrate", str(old), str(tmp_path / new)]) == 1
        assert said in capsys.readouterr().err
    (tmp_path / "nothing").mkdir()
    assert cli.main(["migrate", str(tmp_path / "nothing"), str(tmp_path / "n")]) == 1
    assert "there is no CREATE script" in capsys.readouterr().err

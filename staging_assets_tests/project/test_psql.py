"""psql's own language in scripts: what is taken, what is refused, and where everything stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import ScriptFolders, StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

CREATE = "create_tables/CREATE-staging-x.sql"
FILES = {CREATE: "create table staging.x (a int);", "populate_tables/demo/.keep": ""}


def load(folder: Path, files: dict[str, str], **variables: str) -> StagingProject:
    folders = ScriptFolders(make_project(folder / "sql", {**FILES, **files}), variables=variables)
    return load_project(folders, "demo")


def refused(folder: Path, files: dict[str, str], **variables: str) -> list[str]:
    """What is wrong, each with its place, without the folder."""
    with pytest.raises(ProjectError) as caught:
        load(folder, files, **variables)
    return [str(each).rpartition("sql/create_tables/")[2] for each in caught.value.problems]


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("\\gexec", "\\gexec runs the result of a query, which needs psql. Write a DO block"),
        ("\\gset x_", "\\gset puts the result of a query into variables"),
        ("\\! rm -rf x", "\\! runs a program, which needs psql. Run it before the build"),
        ("\\connect other", "\\connect connects to another database"),
        ("\\set day `date`", "the output of a program (`...`) is asked for"),
        ("\\i nowhere.sql", "there is no file 'nowhere.sql' to include"),
        ("\\i CREATE-staging-x.sql", "CREATE-staging-x.sql includes itself"),
        ("\\copy staging.x to 'x.csv'", "\\copy ... to writes a file"),
        ("\\copy (select 1) to 'x.csv'", "\\copy ... to writes a file"),
        ("\\copy staging.x from program 'cat x'", "\\copy from a program needs psql"),
        ("\\copy staging.x from 'no.csv' csv", "there is no file 'no.csv' to copy"),
        ("\\if maybe\n\\endif", "'maybe' is neither true nor false"),
        ("\\endif", "\\endif without \\if"),
        ("\\set AUTOCOMMIT off", "without AUTOCOMMIT nothing is kept"),
        ("\\encoding latin1", "\\encoding latin1: scripts are read as UTF-8"),
        ("\\lo_import 'x'", "\\lo_import needs psql"),
        ("\\surprise", "\\surprise is a command of psql and no SQL"),
        ("select :day;", "the variable :day has no value. Declare day under `variables`"),
        ("select :'day';", "the variable :'day' has no value. Declare day under"),
        ("select ${YEAR};", 'the parameter ${YEAR} has no value. Declare "${YEAR}" under'),
        ("select {{ year }};", 'the parameter {{ year }} has no value. Declare "{{ year }}"'),
        ("select 1 from @cdm.x;", 'the parameter @cdm has no value. Declare "@cdm" under'),
        ("begin;", "BEGIN begins a transaction in the script's own. End each BEGIN"),
        ("commit;", "COMMIT ends the transaction"),
        ("copy staging.x to stdout;", "COPY TO STDOUT gives its rows to psql"),
        ("copy staging.x from stdin;\n1\n", "the rows of COPY ... FROM STDIN have no end"),
    ],
)
def test_what_needs_psql_is_refused_with_its_line_and_what_to_do(
    command: str, what: str, tmp_path: Path
) -> None:
    problems = refused(tmp_path, {CREATE: f"{FILES[CREATE]}\n\n{command}\n"})
    assert len(problems) == 1
    place, _, said = problems[0].partition(": ")
    assert place.startswith("CREATE-staging-x.sql:3:")
    assert said.startswith(what)


def test_all_that_is_refused_is_told_at_once(tmp_path: Path) -> None:
    text = "create table staging.x (a int);\n\\gexec\nselect :b;\n  \\i c.sql\nselect ${d};\n"
    places = [each.split(": ")[0] for each in refused(tmp_path, {CREATE: text})]
    assert places == [f"CREATE-staging-x.sql:{at}" for at in ("2:1", "3:8", "4:3", "5:8")]


@pytest.mark.parametrize(
    "text",
    [
        "select ':day', \":day\", $$ :day \\i x $$, $q$ :'day' $q$, E'it\\':day' -- :day \\i x\n;",
        "/* :day /* \\i x */ \\gexec */ select 1;",
        "select a[1:n], (array[1,2])[lo:hi], x::text from staging.x;",
        "select json_object('k':v, 'l':'w');",
        "select 'a@b.com', '{{1,2},{3,4}}'::int[], '${HOME}', @ -5, @a from staging.x;",
        "do $$ begin raise notice '\\set'; end $$;",
    ],
)
def test_what_only_looks_like_psql_stays(text: str, tmp_path: Path) -> None:
    whole = f"create table staging.x (a int);\n{text}\n"
    assert load(tmp_path, {CREATE: whole}).tables["x"].create.text == whole


def test_a_place_in_an_included_file_is_told_there(tmp_path: Path) -> None:
    files = {
        CREATE: "\\set name x\n\\i parts/table.sql\ndrop table staging.other;\n",
        "parts/table.sql": "-- of another\ncreate table staging.:name (a int);\n\\ir more.sql\n",
        "parts/more.sql": "alter table\n  staging.third add b int;\n",
    }
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, files)
    places = [(Path(each.path).name, each.line, each.column) for each in caught.value.problems]
    assert places == [("CREATE-staging-x.sql", 3, 12), ("more.sql", 2, 3)]


def test_the_code_version_covers_all_that_is_included_and_copied(tmp_path: Path) -> None:
    files = {
        CREATE: "create table staging.x (a int);\n\\i a.sql\n\\copy staging.x from 'a.csv' csv\n"
        "copy staging.x from stdin;\n1\n\\.\n",
        "a.sql": "comment on table staging.x is 'one';",
        "a.csv": "1\n",
        "staging.yaml": "variables: {day: '1'}",
    }
    before = load(tmp_path, files).fingerprints["x"]
    assert load(tmp_path, files).fingerprints["x"] == before
    changes = {
        "a.sql": "comment on table staging.x is 'two';",
        "a.csv": "2\n",
        CREATE: files[CREATE].replace("\n1\n", "\n2\n"),
    }
    for name, text in changes.items():
        assert load(tmp_path, {**files, name: text}).fingerprints["x"] != before, name
    shown = {CREATE: "\\echo one\n" + files[CREATE]}
    again = {CREATE: "\\echo two\n" + files[CREATE]}
    one, two = (load(tmp_path, {**files, **each}).fingerprints["x"] for each in (shown, again))
    assert one == two


def test_values_come_from_the_file_its_department_and_the_value(tmp_path: Path) -> None:
    files = {
        CREATE: "create table staging.x as select :a, :'b', ${C}, '{{d}}', '{{ d }}', @e.f, @ef;",
        "staging.yaml": "variables:\n  a: 1\n  b: it's\n  ${C}: 3\n  '{{ d }}': four\n  '@e': g\n"
        "departments: {demo: {variables: {a: 2}}}\n",
    }
    text = load(tmp_path, files).tables["x"].create.text
    assert text == "create table staging.x as select 2, 'it''s', 3, 'four', 'four', g.f, @ef;"
    text = load(tmp_path, files, **{"a": "5", "${C}": "6"}).tables["x"].create.text
    assert "select 5, 'it''s', 6," in text


def test_a_value_is_found_again_where_its_parameter_stands(tmp_path: Path) -> None:
    files = {CREATE: "create table staging.x as\n  select ${C}, :d, 1 as one;"}
    script = load(tmp_path, files, **{"${C}": "a_long_value", "d": "'x'"}).tables["x"].create
    at = script.text.index("1 as one")
    assert script.origin(at)[1] == files[CREATE].index("1 as one")
    assert script.origin(script.text.index("long"))[1] == files[CREATE].index("${C}")
    assert script.origin(at)[0] == replace(script, text=files[CREATE], origins=())


def test_a_file_of_windows_is_read_alike(tmp_path: Path) -> None:
    text = "\\set t x\ncreate table staging.:t (a int);\ncopy staging.x from stdin;\n1\n\\.\n"
    folder = make_project(tmp_path / "sql", FILES)
    (folder / CREATE).write_bytes(text.replace("\n", "\r\n").encode())
    script = load_project(folder, "demo").tables["x"].create
    assert [each.text for each in script.data] == ["1\r\n"]
    assert [line.strip() for line in script.text.strip().splitlines()] == [
        "create table staging.x (a int);",
        "copy staging.x from stdin;",
    ]

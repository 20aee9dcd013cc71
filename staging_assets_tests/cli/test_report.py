"""`staging-assets report`: the history of real runs, as one file that a browser shows anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from staging_assets.cli import app as cli
from staging_assets.postgres import Server
from staging_assets_tests.conftest import missing
from staging_assets_tests.support.browser import find_chromium, opened
from staging_assets_tests.support.commands import copy_history, find_environment
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked

SECRET = "Zebedee"
FILES = {
    "create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (dog_id int primary key,"
    " name text); comment on table staging.dogs is 'Dogs & <b>bones</b>';",
    "populate_tables/demo/POPULATE-staging-dogs.sql": "insert into staging.dogs"
    f" select i, '{SECRET}' from generate_series(1, 4) as i;",
    "create_tables/CREATE-staging-walks.sql": "create table staging.walks (walk_id int,"
    " dog_id int references staging.dogs, weather text);",
    "populate_tables/demo/POPULATE-staging-walks.sql": "insert into staging.walks"
    " select dog_id * 2, dog_id, upper(name) from staging.dogs;",
    "populate_tables/demo/staging-walks-cleanup.py": "def main(pgw):\n"
    "    pgw.execute(\"update staging.walks set weather = 'fair'\")\n",
    "create_tables/CREATE-staging-shows.sql": "create table staging.shows (walk_id int);",
    "populate_tables/demo/POPULATE-staging-shows.sql": "insert into staging.shows"
    " select walk_id from staging.walks;",
    "create_tables/CREATE-staging-lookup_kinds.sql": "create table staging.lookup_kinds"
    " (code int, value text);",
    "populate_tables/lookup/lookup_tables.yaml": "lookup_kinds:\n  columns: [code, value]\n"
    "  rows: [[1, good]]\n",
    "staging.yaml": "checks:\n  dogs:\n  - row_count_between: [1, 5]\n    severity: WARN\n",
}
BUILD = "dagster asset materialize --select staging/*"
MORE = FILES["populate_tables/demo/POPULATE-staging-dogs.sql"].replace("(1, 4)", "(1, 6)")
WRONG = "insert into staging.walks select dog_id, dog_id, name::int::text from staging.dogs;"


@dataclass(frozen=True)
class Runs:
    """Three runs: one as it is to be, one with more rows and a warning, one that fails.

    Args:
        environment: of their commands.
        pages: the file that was made after each.
        told: what was said.
    """

    environment: dict[str, str]
    pages: list[Path]
    told: list[str]


def change(folder: Path, name: str, text: str) -> None:
    Path(folder, "populate_tables/demo", f"POPULATE-staging-{name}.sql").write_text(text)


@pytest.fixture(scope="module")
def runs(
    server: Server, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    place = tmp_path_factory.mktemp("report")
    folder, home = make_project(place / "sql", FILES), place / "home"
    home.mkdir()
    copy_history(run_folder, home)
    with fresh_database(server) as own:
        environment = find_environment(
            STAGING_SQL_DIR=str(folder),
            STAGING_DATABASE_URL=own.dsn,
            STAGING_HOME=str(home),
            DAGSTER_HOME=str(home / "dagster"),
            STAGING_WORKERS="2",
        )
        pages = [place / f"{turn}.html" for turn in range(3)]
        told = []
        for page in pages:
            if page == pages[1]:
                change(folder, "dogs", MORE)
            if page == pages[2]:
                change(folder, "walks", WRONG)
            done = run_forked(BUILD, environment)
            assert (done.returncode == 0) is (page != pages[2]), done.stdout + done.stderr
            with pytest.MonkeyPatch.context() as patch:
                use(patch, environment)
                assert cli.main(["report", "-o", str(page)]) == 0
            told.append(done.stdout)
        yield Runs(environment, pages, told)


def use(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name in ("STAGING_SQL_DIR", "STAGING_DATABASE_URL", "STAGING_HOME", "DAGSTER_HOME"):
        patch.setenv(name, environment[name])


def text_of(page: Path) -> str:
    """What a person reads, and nothing of the sheet."""
    html = re.sub(r"<style>.*?</style>", "", page.read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html.replace("<wbr>", "")).split())


def test_the_first_run_is_told_alone(runs: Runs) -> None:
    text = text_of(runs.pages[0])
    assert "success" in text
    assert "There is no run before this one" in text
    for part in ("Time", "The slowest", "The longest chain", "Checks", "Rows", "Graph"):
        assert part in text
    assert "dog_id staging/dogs.dog_id" in text  # column lineage
    assert "Dogs &amp; &lt;b&gt;bones&lt;/b&gt;" in text


def test_more_rows_another_script_and_a_broken_check_are_what_changed(runs: Runs) -> None:
    text = text_of(runs.pages[1])
    changed = text.partition("What changed")[2].partition("The slowest")[0]
    assert re.search(r"row_count_between of staging/dogs : .*6", changed), changed
    assert "staging/dogs 4 6 +2" in changed
    assert "Scripts that are others now staging/dogs Time" in changed
    assert "in the last 2 runs" in runs.pages[1].read_text()


def test_what_failed_is_told_with_its_message_and_what_waited_for_it(runs: Runs) -> None:
    html, text = runs.pages[2].read_text(), text_of(runs.pages[2])
    wrong = text.partition("What went wrong")[2].partition("What changed")[2]
    assert "POPULATE-staging-walks.sql" in wrong
    assert "staging/shows : it depends on walks, which was not built" in wrong
    assert re.search(r'<rect class="failed"[^>]*><title>staging/walks: ', html)
    assert '<details id="staging/walks" open>' in html


def test_no_row_and_no_secret_is_in_it(runs: Runs) -> None:
    for page in runs.pages:
        html = page.read_text()
        assert SECRET not in html
        assert SECRET.upper() not in html
        assert runs.environment["STAGING_DATABASE_URL"] not in html


def test_values_that_messages_may_show_are_left_to_the_log(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_forked(BUILD, {**runs.environment, "STAGING_SHOW_VALUES": "1"})
    assert SECRET in done.stdout
    use(monkeypatch, runs.environment)
    assert cli.main(["report", "-o", "-"]) == 0
    html = capsys.readouterr().out
    assert SECRET not in html
    assert "told to show values of rows" in html


def test_a_run_is_named_by_how_its_id_begins(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    use(monkeypatch, runs.environment)
    first = re.search(r"<code>([0-9a-f-]{36})</code>", runs.pages[0].read_text())
    assert first
    again = tmp_path / "again.html"
    assert cli.main(["report", "--run", first[1][:8], "-o", str(again)]) == 0
    assert again.read_text() == runs.pages[0].read_text()
    assert str(again) in capsys.readouterr().out
    assert cli.main(["report", "--run", "no-such-run"]) == 1
    assert "--run no-such-run: there is no such run" in capsys.readouterr().err


def test_json_has_the_same(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, runs.environment)
    first = re.search(r"<code>([0-9a-f-]{36})</code>", runs.pages[1].read_text())
    assert first
    assert cli.main(["report", "--run", first[1], "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    dogs = told["nodes"]["staging/dogs"]
    assert (told["status"], dogs["rows"], dogs["status"]) == ("success", 6, "built")
    assert dogs["bytes"] > 0
    assert dogs["worker"] in (1, 2)
    assert told["began"] <= dogs["began"] <= dogs["began"] + dogs["seconds"] <= told["ended"]
    assert "name" not in dogs["lineage"]
    assert told["nodes"]["staging/walks"]["lineage"]["weather"] == ["staging/dogs.name"]
    assert told["nodes"]["staging/walks_cleanup"]["within"] == "walks"
    (check,) = (c for c in told["checks"] if c["name"] == "row_count_between")
    assert (check["passed"], check["severity"]) == (False, "WARN")


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_asking_anybody(runs: Runs, width: int, scheme: str) -> None:
    if find_chromium() is None:
        missing("no chromium on this machine")
    with opened(width=width, color_scheme=scheme) as page:
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(runs.pages[1].as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("#time ~ .timeline svg rect").first.is_visible()
        page.get_by_role("link", name="staging/dogs").first.click()
        assert page.url.endswith("#staging/dogs")
        ground, ink = (
            page.evaluate(f"getComputedStyle(document.body).{what}")
            for what in ("backgroundColor", "color")
        )
        light = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ground, ink)]
        assert (light[0] > light[1]) is (scheme == "light")
    assert asked == [runs.pages[1].as_uri()]
    assert said == []


def test_a_folder_without_a_history_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGING_SQL_DIR", str(make_project(tmp_path / "sql", FILES)))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "none"))
    assert cli.main(["report"]) == 1
    assert capsys.readouterr().err.endswith("Build it: staging-assets build.\n")
    assert not (tmp_path / "none").exists()


def test_a_file_that_cannot_be_written_is_told(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, runs.environment)
    assert cli.main(["report", "-o", "/nowhere/report.html"]) == 1
    assert "/nowhere/report.html: No such file or directory." in capsys.readouterr().err

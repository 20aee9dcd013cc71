"""Settings: what each variable means, and that none is taken wrongly."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import staging_assets
from staging_assets.errors import SettingsError
from staging_assets.settings import (
    VARIABLES,
    ConnectionSettings,
    SessionSettings,
    Settings,
    build_table,
    check_schema_name,
    default_workers,
    read_settings,
)


def test_nothing_set_is_the_demo_on_the_embedded_server(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    settings = read_settings({}, tmp_path)
    assert settings == Settings(
        sql_dir=tmp_path / "sql",
        department="demo",
        schema="staging",
        etl_csv_dir=None,
        home=tmp_path / ".staging",
        workers=default_workers(),
        suited=True,
        demo_scale=0.01,
        wait_for_lock=0.0,
        postgres=ConnectionSettings(
            home=tmp_path / ".staging", sessions=SessionSettings("0", "10s", None, None)
        ),
    )
    assert settings.embedded


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    names = (
        "DATABASE_URL SQL_DIR DEPARTMENT SCHEMA ETL_CSV_DIR HOME WORKERS DEMO_SCALE WAIT_FOR_LOCK "
        "LOCK_TIMEOUT STATEMENT_TIMEOUT WORK_MEM MAINTENANCE_WORK_MEM"
    )
    empty = {f"STAGING_{name}": " " for name in names.split()} | {"PGHOST": ""}
    assert read_settings(empty, tmp_path) == read_settings({}, tmp_path)


def test_all_set() -> None:
    settings = read_settings(
        {
            "STAGING_DATABASE_URL": "postgres://me@db:5433/police",
            "STAGING_SQL_DIR": "/scripts",
            "STAGING_DEPARTMENT": "chicago",
            "STAGING_SCHEMA": "Staging Dev",
            "STAGING_ETL_CSV_DIR": "../data",
            "STAGING_HOME": "~/staging",
            "STAGING_WORKERS": "3",
            "STAGING_DEMO_SCALE": "0.5",
            "STAGING_WAIT_FOR_LOCK": "2min",
            "STAGING_QUEUE": "windy",
            "STAGING_LOOK_EVERY": "5min",
            "STAGING_SCHEDULE": "0 5 * * *",
            "STAGING_SCHEDULE_TIMEZONE": "America/Chicago",
            "STAGING_LOCK_TIMEOUT": "500ms",
            "STAGING_STATEMENT_TIMEOUT": "1.5h",
            "STAGING_WORK_MEM": "64MB",
            "STAGING_MAINTENANCE_WORK_MEM": "1 GB",
        },
        Path("/here/now"),
    )
    assert settings == Settings(
        sql_dir=Path("/scripts"),
        department="chicago",
        schema="Staging Dev",
        key_prefix=("Staging_Dev",),
        etl_csv_dir=Path("/here/data"),
        home=Path.home() / "staging",
        workers=3,
        demo_scale=0.5,
        wait_for_lock=120.0,
        queue="windy",
        look_every=300,
        schedule="0 5 * * *",
        schedule_timezone="America/Chicago",
        postgres=ConnectionSettings(
            url="postgresql://me@db:5433/police",
            home=Path.home() / "staging",
            sessions=SessionSettings("1.5h", "500ms", "64MB", "1 GB"),
        ),
    )
    assert not settings.embedded
    assert settings.pool == "staging_Staging_Dev_chicago_Staging_Dev_83beec48"
    assert settings.run_tags == {
        "dagster-celery/queue": "windy",
        "staging_schema": settings.pool,
    }


def test_each_schema_has_a_pool_of_its_own_and_no_queue_unless_told() -> None:
    schemas = [
        Settings(department=department, schema=schema, key_prefix=prefix)
        for department in ("north", "south")
        for schema in ("staging", "tiny")
        for prefix in ((), ("a",))
    ]
    assert len({schema.pool for schema in schemas}) == len(schemas)
    assert all(schema.run_tags == {"staging_schema": schema.pool} for schema in schemas)


def test_relative_paths_start_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"STAGING_SQL_DIR": "x/../mine"}).sql_dir == tmp_path / "mine"


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"])
def test_libpqs_variables_name_a_server_too(name: str) -> None:
    settings = read_settings({name: "x"})
    assert settings.connection.libpq_environment
    assert not settings.embedded
    assert read_settings({"PGUSER": "x", "PGPASSWORD": "y"}).embedded


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h/d",
        "postgresql+psycopg2://u:p@h/d",
        "postgresql://u:p%40ss@h/d?sslmode=require",
        "postgresql:///d?host=/run/postgresql",
        "host=h dbname=d user=u password='p w'",
        "service=police",
    ],
)
def test_urls_that_libpq_understands(url: str) -> None:
    wanted = url.replace("+psycopg2", "")
    assert read_settings({"STAGING_DATABASE_URL": url}).connection.url == wanted


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("hush", "no database URL"),
        ("mysql://u:hush@h/d", "does not start with postgresql://"),
        ("postgresql://u:hu@sh@h/d", "%40"),
        ("postgresql://u:hush/x@h/d", "%2F"),
        ("postgresql://u:hush#x@h/d", "%23"),
        ("postgresql://u:hush?x@h/d", "%3F"),
    ],
)
def test_a_url_that_cannot_be_right_is_told_without_its_text(url: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"^STAGING_DATABASE_URL: ") as caught:
        read_settings({"STAGING_DATABASE_URL": url})
    assert told in str(caught.value)
    assert "hu" not in str(caught.value)


def test_the_url_is_no_part_of_the_repr() -> None:
    assert "hush" not in repr(read_settings({"STAGING_DATABASE_URL": "postgresql://u:hush@h/d"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGING_WORKERS", "0"),
        ("STAGING_WORKERS", "two"),
        ("STAGING_WORKERS", "1000"),
        ("STAGING_DEPARTMENT", "../demo"),
        ("STAGING_DEPARTMENT", ".."),
        ("STAGING_SCHEMA", "pg_staging"),
        ("STAGING_SCHEMA", "information_schema"),
        ("STAGING_SCHEMA", "etl"),
        ("STAGING_SCHEMA", "x" * 54),
        ("STAGING_SCHEMA", "ü" * 27),
        ("STAGING_DEMO_SCALE", "0"),
        ("STAGING_DEMO_SCALE", "nan"),
        ("STAGING_DEMO_SCALE", "big"),
        ("STAGING_WAIT_FOR_LOCK", "a while"),
        ("STAGING_LOOK_EVERY", "often"),
        ("STAGING_LOCK_TIMEOUT", "10"),
        ("STAGING_LOCK_TIMEOUT", "-1s"),
        ("STAGING_STATEMENT_TIMEOUT", "10 parsecs"),
        ("STAGING_WORK_MEM", "64"),
        ("STAGING_WORK_MEM", "64mb"),
        ("STAGING_MAINTENANCE_WORK_MEM", "lots"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: {value!r} ")
    assert text.count(". ") >= 1, "it says what to do"


def test_seconds_to_wait_may_go_without_a_unit() -> None:
    assert read_settings({"STAGING_WAIT_FOR_LOCK": "90"}).wait_for_lock == 90.0
    assert read_settings({"STAGING_WAIT_FOR_LOCK": "0"}).wait_for_lock == 0.0


@pytest.mark.parametrize("name", ["staging", "Staging Dev", 'x"; drop schema public; --', "ü" * 26])
def test_any_other_name_of_a_schema_will_do(name: str) -> None:
    assert check_schema_name(name, "run config") == name


def test_workers_are_the_cores_but_at_most_eight() -> None:
    assert 1 <= default_workers() <= min(8, os.cpu_count() or 1)


def test_the_projects_own_folders_are_taken_where_there_are_none(tmp_path: Path) -> None:
    project = Path(staging_assets.__file__).parent.parent
    settings = read_settings({}, tmp_path)
    assert (settings.sql_dir, settings.home) == (project / "sql", project / ".staging")


class Recorded(dict[str, str]):
    """An environment that notes what is asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(name)
        return default


def test_the_page_of_settings_is_made_of_the_code_and_complete(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text()
    assert build_table() in page, "run make docs"
    listed = [name for variable in VARIABLES for name in variable.names]
    assert len(listed) == len(set(listed))
    environ = Recorded()
    read_settings(environ, tmp_path)
    asked = {name for name in environ.asked if not name.startswith("PG")}
    # These are Dagster's business: the log of a command, and its history.
    assert asked | {"STAGING_LOG_LEVEL", "DAGSTER_HOME", "STAGING_HISTORY"} == set(listed)


def test_links_of_the_page_of_settings_lead_somewhere() -> None:
    docs = Path(__file__).parent.parent / "docs"
    for link in re.findall(r"\]\(([^)#]+)", (docs / "settings.md").read_text()):
        assert (docs / link).exists(), link

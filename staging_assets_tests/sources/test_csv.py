"""CSV files into source tables: all of a file or nothing of it, and what went wrong is told."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError, BusyError, ProjectError
from staging_assets.model import CsvFormat, CsvOptions, Relation
from staging_assets.postgres.client.server import Server
from staging_assets.sources import find_csv_files, run_csv_load, run_csv_loads
from staging_assets_tests.support.servers import fresh_role

Ask = Callable[[str], list[tuple[object, ...]]]
ARRESTS = Relation("etl", "arrests")


@pytest.fixture
def ask(witness: Connection) -> Ask:
    def run(text: str) -> list[tuple[object, ...]]:
        with witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    return run


def write(folder: Path, content: str | bytes, name: str = "arrests.csv") -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


# what is loaded


@pytest.mark.parametrize("which", ["database", "database15"])
@pytest.mark.parametrize("name", ["arrests.csv", "arrests.csv.gz"])
def test_a_file_becomes_a_table_of_text(
    which: str, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(which)
    text = 'id,"First, name",Größe\n1,"Ann ""A""",x\n2,,""\n'
    loaded = run_csv_load(server, write(tmp_path, text, name), ARRESTS)
    assert (loaded.rows, loaded.bytes) == (2, len(text.encode()))
    assert loaded.seconds > 0
    with closing(server.connect("x")) as connection, connection.cursor() as cursor:
        cursor.execute('select id, "First, name", "Größe" from etl.arrests order by id')
        assert cursor.fetchall() == [("1", 'Ann "A"', "x"), ("2", None, "")]
        cursor.execute(
            "select distinct data_type from information_schema.columns where table_schema = 'etl'"
        )
        assert cursor.fetchall() == [("text",)]
        cursor.execute("select nspname from pg_namespace where nspname ~ 'csv'")
        assert cursor.fetchall() == [], "nothing of the load is left"


@pytest.mark.parametrize(
    "content",
    [
        "a,b\r\n1,2\r\n",
        "\ufeffa,b\n1,2\n",
        "a,b\n1,2",
        '"a","b"\n"1","2"\n',
        'a,"b"\n1,2\n',
    ],
)
def test_the_ways_to_write_the_same(
    database: Server, ask: Ask, tmp_path: Path, content: str
) -> None:
    run_csv_load(database, write(tmp_path, content), ARRESTS)
    assert ask("select a, b from etl.arrests") == [("1", "2")]


def test_quoted_line_ends_backslashes_and_percent_signs_are_data(
    database: Server, ask: Ask, tmp_path: Path
) -> None:
    content = 'a,"b\nc"\n"x\ny",\\N\n\\.,100%\n'
    assert run_csv_load(database, write(tmp_path, content), ARRESTS).rows == 2
    assert ask('select a, "b\nc" from etl.arrests order by 2') == [
        ("\\.", "100%"),
        ("x\ny", "\\N"),
    ]


def test_a_header_alone_is_an_empty_table(database: Server, ask: Ask, tmp_path: Path) -> None:
    assert run_csv_load(database, write(tmp_path, "a,b\n"), ARRESTS).rows == 0
    assert ask("select count(*) from etl.arrests") == [(0,)]


def test_any_name_will_do(database: Server, ask: Ask, tmp_path: Path) -> None:
    odd = Relation('Odd "schema', "x" * 63)
    run_csv_load(database, write(tmp_path, "select\n1\n"), odd)
    assert ask(f'select "select" from "Odd ""schema"."{"x" * 63}"') == [("1",)]


# what is replaced, and what stays


def test_a_table_is_replaced_with_other_columns(database: Server, ask: Ask, tmp_path: Path) -> None:
    run_csv_load(database, write(tmp_path, "a\n1\n"), ARRESTS)
    run_csv_load(database, write(tmp_path, "b,c\n2,3\n"), ARRESTS)
    assert ask("select * from etl.arrests") == [("2", "3")]


def test_readers_see_the_old_table_until_the_new_one_is_there(
    database: Server, ask: Ask, tmp_path: Path
) -> None:
    run_csv_load(database, write(tmp_path, "a\n" + "old\n" * 10), ARRESTS)
    path = write(tmp_path, "a\n" + "new\n" * 300_000)
    seen: set[tuple[object, ...]] = set()
    worst = 0.0
    done = threading.Event()

    def load() -> None:
        run_csv_load(database, path, ARRESTS)
        done.set()

    thread = threading.Thread(target=load)
    thread.start()
    while not done.is_set():
        began = time.monotonic()
        seen.update(ask("select min(a), max(a), count(*) from etl.arrests"))
        worst = max(worst, time.monotonic() - began)
    thread.join()
    seen.update(ask("select min(a), max(a), count(*) from etl.arrests"))
    assert seen == {("old", "old", 10), ("new", "new", 300_000)}
    assert worst < 2  # a busy machine's own pace; the lock itself is held for milliseconds


def test_what_hangs_on_the_table_stays(database: Server, ask: Ask, tmp_path: Path) -> None:
    run_csv_load(database, write(tmp_path, "id,name\n1,a\n"), ARRESTS)
    ask(
        """
        create role csv_reader;
        grant select on etl.arrests to csv_reader;
        comment on table etl.arrests is 'kept';
        alter table etl.arrests add constraint arrests_pk primary key (id);
        create index "arrests by ON name" on etl.arrests (lower(name)) where name is not null;
        create view public.arrest_names as select name from etl.arrests;
        create table public.charges (arrest text references etl.arrests (id));
        insert into public.charges values ('1');
        """
    )
    try:
        run_csv_load(database, write(tmp_path, "id,name,more\n1,b,x\n2,c,y\n"), ARRESTS)
        assert ask("select name from public.arrest_names order by 1") == [("b",), ("c",)]
        assert ask("select obj_description('etl.arrests'::regclass)") == [("kept",)]
        assert ask("select has_table_privilege('csv_reader', 'etl.arrests', 'select')") == [(True,)]
        assert ask("select indexdef from pg_indexes where tablename = 'arrests' order by 1") == [
            (
                'CREATE INDEX "arrests by ON name" ON etl.arrests USING btree (lower(name)) '
                "WHERE (name IS NOT NULL)",
            ),
            ("CREATE UNIQUE INDEX arrests_pk ON etl.arrests USING btree (id)",),
        ]
        assert ask(
            "select confrelid::regclass::text, convalidated from pg_constraint where contype = 'f'"
        ) == [("etl.arrests", True)]
    finally:
        ask("drop owned by csv_reader; drop role csv_reader")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id\n1\n", "arrest_names"),  # the view's column is gone
        ("id,name\n7,a\n", "charges"),  # the row that is referenced is gone
        ("id,name\n1,a\n1,b\n", "arrests_pk"),  # the key no longer holds
    ],
)
def test_what_no_longer_fits_is_named_and_the_old_table_stays(
    database: Server, ask: Ask, tmp_path: Path, content: str, told: str
) -> None:
    run_csv_load(database, write(tmp_path, "id,name\n1,a\n"), ARRESTS)
    ask(
        """
        alter table etl.arrests add constraint arrests_pk primary key (id);
        create view public.arrest_names as select name from etl.arrests;
        create table public.charges (arrest text references etl.arrests (id));
        insert into public.charges values ('1');
        """
    )
    with pytest.raises(BuildError, match=told):
        run_csv_load(database, write(tmp_path, content), ARRESTS)
    assert ask("select * from etl.arrests") == [("1", "a")]
    assert ask("select * from public.arrest_names") == [("a",)]
    assert ask("select 1 from pg_namespace where nspname ~ 'csv'") == []


# what goes wrong


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", r"arrests\.csv: the file is empty\. Its first line must name"),
        ("\n1\n", r"arrests\.csv:1: the first line is blank"),
        ("a,,c\n", r"arrests\.csv:1: column 2 has no name"),
        ("a,b,a\n", r"arrests\.csv:1: columns 1 and 3 are both called a"),
        ("a," + "x" * 64 + "\n", r"arrests\.csv:1: the name of column 2 is longer than 63"),
        ("a;b\n1;2\n", r"arrests\.csv:1: the columns are separated by ';'"),
        ("a\tb\n", r"arrests\.csv:1: the columns are separated by '\\t'"),
        ("a,b\r1,2\r", r"arrests\.csv:1: .*CR alone"),
        ('"a,b\n1,2\n', r"arrests\.csv:1: a quote opens in the header and is never closed"),
        ('"a"x,b\n1,2\n', r"arrests\.csv:1: the header is malformed"),
        ("Größe\n1\n".encode("latin-1"), r"arrests\.csv:1: the header is not UTF-8.*latin-1"),
        ("a,b\n".encode("utf-16"), r"arrests\.csv:1: the header is not UTF-8"),
        ("a,b\n1,2\n3\n", r'arrests\.csv:3: missing data for column "b"\. Correct the file'),
        ("a,b\n1,2\n3,4,hush\n", r"arrests\.csv:3: extra data after last expected column"),
        ("a,b\n1,2\n3,4\nö,hush\n".encode("latin-1"), r"arrests\.csv:4: invalid byte sequence"),
        (b"a,b\n1,\x00\n", r"arrests\.csv:2: invalid byte sequence .* \(a zero byte\)"),
        ('a,b\n"x\ny",2\n3,"hush\n\n', r"arrests\.csv:4: a quote opens here and is never"),
        ('a,b\n1,"hush\n2,"Bob"\n3,Cid\n', r"arrests\.csv:2: a quote opens here and is never"),
        ('a,b\n1,"x ""y"" z"\n2,5" hush\n3,4\n', r"arrests\.csv:3: a quote opens here"),
        ("a,b\n1,2\n\n", r"arrests\.csv:3: the line is blank.*blank_lines: skip"),
        ("a,b\n1,2\n3,hush\r\n", r"arrests\.csv:3: unquoted carriage return found in data"),
    ],
)
def test_a_malformed_file_is_told_with_its_line_and_the_old_table_stays(
    database: Server, ask: Ask, tmp_path: Path, content: str | bytes, told: str
) -> None:
    run_csv_load(database, write(tmp_path, "a\nold\n"), ARRESTS)
    with pytest.raises(BuildError, match=told) as caught:
        run_csv_load(database, write(tmp_path, content), ARRESTS)
    text = "".join(traceback.format_exception(caught.value))
    assert "hush" not in text
    assert "psycopg2" not in text, "the server's own error quotes the line"
    assert ask("select * from etl.arrests") == [("old",)]
    assert ask("select 1 from pg_namespace where nspname ~ 'csv'") == []


def test_a_damaged_gz_file_is_told(database: Server, ask: Ask, tmp_path: Path) -> None:
    whole = gzip.compress(("a,b\n" + "1,2\n" * 100_000).encode())
    path = tmp_path / "arrests.csv.gz"
    for content, told in (
        (whole[: len(whole) // 2], "ends too early"),
        (whole[:-8] + b"\0" * 8, "is damaged"),
        (b"a,b\n1,2\n", "is damaged or no gzip file"),
        (whole + b"rubbish", "is damaged"),
    ):
        path.write_bytes(content)
        with pytest.raises(BuildError, match=rf"arrests\.csv\.gz: the compressed file {told}"):
            run_csv_load(database, path, ARRESTS)
    assert ask("select to_regclass('etl.arrests')") == [(None,)]


def test_a_file_that_is_gone_is_told(database: Server, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"gone\.csv: the file cannot be read \(No such file"):
        run_csv_load(database, tmp_path / "gone.csv", ARRESTS)


def test_a_line_that_old_servers_take_for_the_end_is_refused(
    database15: Server, tmp_path: Path
) -> None:
    if database15.connect("x").server_version >= 180_000:
        pytest.skip("this server reads it as data")
    with pytest.raises(BuildError, match=r"one line holds nothing but \\\."):
        run_csv_load(database15, write(tmp_path, "a\n1\n\\.\n2\n"), ARRESTS)


def test_a_load_that_was_killed_is_no_obstacle(database: Server, ask: Ask, tmp_path: Path) -> None:
    run_csv_load(database, write(tmp_path, "a\nold\n"), ARRESTS)
    digest_schema = "etl__csv_"
    ask("create table public.before as select nspname from pg_namespace")
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(BuildError, match="was cancelled"):
        run_csv_load(database, write(tmp_path, "a\nnew\n"), ARRESTS, cancelled=cancelled)
    assert ask("select * from etl.arrests") == [("old",)]
    code = (
        "import sys, pickle, pathlib; from staging_assets.sources import load_csv as csv;"
        "from staging_assets.model import Relation;"
        "s = pickle.load(sys.stdin.buffer);"
        "csv.run_publish = lambda *a, **k: __import__('os')._exit(9);"
        "csv.run_csv_load(s, pathlib.Path(sys.argv[1]), Relation('etl', 'arrests'))"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(write(tmp_path, "a\nnew\n"))],
        input=pickle.dumps(database),
        check=False,
    )
    assert killed.returncode == 9
    assert ask("select * from etl.arrests") == [("old",)]
    assert ask(f"select count(*) from pg_namespace where nspname ~ '^{digest_schema}'") == [(1,)]
    end = time.monotonic() + 10
    while True:
        try:
            run_csv_load(database, write(tmp_path, "a\nnew\n"), ARRESTS)
            break
        except BusyError:  # until the server has noticed that the client is gone
            assert time.monotonic() < end
            time.sleep(0.1)
    assert ask("select * from etl.arrests") == [("new",)]
    assert ask(f"select count(*) from pg_namespace where nspname ~ '^{digest_schema}'") == [(0,)]


def test_two_loads_of_one_table_do_not_mix(database: Server, ask: Ask, tmp_path: Path) -> None:
    path = write(tmp_path, "a\n" + "1\n" * 200_000)
    outcomes: list[str] = []

    def load() -> None:
        try:
            outcomes.append(str(run_csv_load(database, path, ARRESTS).rows))
        except BusyError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "200000" in outcomes
    assert set(outcomes) <= {
        "200000",
        "etl.arrests: another process is loading it. Wait until that has ended.",
    }
    assert ask("select count(*) from etl.arrests") == [(200_000,)]


def test_memory_does_not_grow_with_the_file(database: Server, tmp_path: Path) -> None:
    path = tmp_path / "big.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"a,b\n")
        for _ in range(150):
            stream.write(b"0123456789,abcdefghijklmnopqrstuvwxyz\n" * 26_500)  # 1 MB
    code = (
        "import sys, pickle, pathlib; from staging_assets.sources.load_csv import *;"
        "from staging_assets.model import Relation;"
        "print(run_csv_load(pickle.load(sys.stdin.buffer), pathlib.Path(sys.argv[1]),"
        " Relation('etl', 'big')).rows,"
        " pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        input=pickle.dumps(database),
        stdout=subprocess.PIPE,
        check=True,
    )
    rows, kilobytes = map(int, done.stdout.split())
    assert rows == 150 * 26_500
    assert kilobytes < 120 * 1024


# which files


def test_files_are_found_by_the_name_of_their_table(tmp_path: Path) -> None:
    for name in (
        *("Arrests.csv", "use of-force (2020).CSV.GZ", "x.csv.gz", "readme.txt", ".y.csv"),
        *("Ünï.csv", "9lives.csv", "select.csv", "a.b.csv"),
    ):
        (tmp_path / name).touch()
    (tmp_path / "folder.csv").mkdir()
    found = find_csv_files(tmp_path)
    assert {name: file.path.name for name, file in found.items()} == {
        "arrests": "Arrests.csv",
        "use_of_force_2020": "use of-force (2020).CSV.GZ",
        "x": "x.csv.gz",
        "uni": "Ünï.csv",
        "9lives": "9lives.csv",
        "select": "select.csv",
        "a_b": "a.b.csv",
    }
    assert not [file.problem for file in found.values() if file.problem]


def test_a_file_whose_name_gives_no_table_has_a_problem_and_the_others_none(
    tmp_path: Path,
) -> None:
    for name in ("a b.csv", "a-b.csv.gz", "---.csv", "x" * 64 + ".csv", "good.csv"):
        (tmp_path / name).touch()
    found = find_csv_files(tmp_path)
    problems = {name: file.problem or "" for name, file in found.items()}
    assert problems.pop("good") == ""
    assert "it becomes table a_b, and so does a-b.csv.gz. Rename or" in problems.pop("a_b")
    assert "name of its table would be longer than 63 bytes" in problems.pop("x" * 64)
    [(name, problem)] = problems.items()
    assert name.startswith("unnamed_")
    assert "---.csv: the name of its table would be empty. Rename the file" in problem


def test_staging_yaml_gives_a_file_another_table(tmp_path: Path) -> None:
    for name in ("a b.csv", "a-b.csv", "---.csv", "x" * 64 + ".csv"):
        (tmp_path / name).touch()
    options = CsvOptions(
        {"delimiter": ";"},
        (
            ("a-b.csv", {"table": "other"}),
            ("---.csv", {"table": "lines"}),
            ("x*.csv", {"table": "long"}),
            ("x*.csv", {"encoding": "iso8859-1"}),
        ),
    )
    found = find_csv_files(tmp_path, options)
    assert {name: file.path.name[:3] for name, file in found.items()} == {
        **{"a_b": "a b", "other": "a-b", "lines": "---", "long": "xxx"}
    }
    assert not [file.problem for file in found.values() if file.problem]
    assert found["long"].format == CsvFormat("iso8859-1", ";", table="long")


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"nowhere:1:1: this folder .* cannot be read"):
        find_csv_files(tmp_path / "nowhere")


def test_many_loads_may_make_the_schema_at_the_same_moment(
    database: Server, ask: Ask, tmp_path: Path
) -> None:
    names = [f"t{number}" for number in range(8)]
    for name in names:
        (tmp_path / f"{name}.csv").write_text("a\n1\n")
    with ThreadPoolExecutor(len(names)) as pool:
        loads = [
            pool.submit(run_csv_load, database, tmp_path / f"{name}.csv", Relation("etl", name))
            for name in names
        ]
        assert [load.result().rows for load in loads] == [1] * len(names)
    assert ask("select count(*) from pg_tables where schemaname = 'etl'") == [(len(names),)]


@pytest.mark.parametrize("free", [1, 2])
def test_loads_wait_for_each_other_where_the_server_lets_few_in(
    database: Server, ask: Ask, tmp_path: Path, free: int
) -> None:
    for number in range(6):
        (tmp_path / f"f{number}.csv").write_text("a\n" + "1\n" * 1000)
    files = find_csv_files(tmp_path)
    with fresh_role(database, f"connection limit {free}") as limited:
        outcomes = list(run_csv_loads(limited, "etl", files, list(files), 6))
        assert [outcome.message for outcome in outcomes] == [""] * 6
        assert ask("select count(*) from etl.f0") == [(1000,)]
        assert ask("select count(*) from etl.f5") == [(1000,)]


def test_a_load_that_is_never_let_in_says_why(database: Server, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a\n1\n")
    files = find_csv_files(tmp_path)
    with fresh_role(database, "connection limit 1") as limited:
        impatient = replace(limited, patience=0.5)
        with closing(limited.connect("in the way")):
            (outcome,) = run_csv_loads(impatient, "etl", files, ["f"], 1)
    assert "too many connections for role" in outcome.message

"""What the server says goes to the log: with table and line, bounded, and without rows."""

from __future__ import annotations

from contextlib import closing

import psycopg2

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.messages.notices import MOST_MESSAGES, Notices


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, level: str, text: str) -> None:
        self.lines.append((level, text))


def run(server: Server, statement: str, log: Log) -> None:
    notices = Notices(log)
    notices.begin("arrests")
    notices.at("sql/POPULATE.sql:7")
    with closing(server.connect("test", autocommit=True)) as connection:
        connection.notices = notices  # type: ignore[assignment]
        with connection.cursor() as cursor:
            cursor.execute(statement)
    notices.end()


def test_a_notice_is_logged_with_table_and_line(database: Server) -> None:
    log = Log()
    run(database, "do $$ begin raise notice 'half way'; end $$", log)
    assert log.lines == [("info", "arrests: NOTICE: half way (sql/POPULATE.sql:7)")]


def test_a_warning_is_logged_as_one(database: Server) -> None:
    log = Log()
    run(database, "do $$ begin raise warning 'careful'; end $$", log)
    assert log.lines == [("warning", "arrests: WARNING: careful (sql/POPULATE.sql:7)")]


def test_detail_and_hint_are_dropped(database: Server) -> None:
    log = Log()
    run(
        database,
        "do $$ begin raise notice 'one' using detail = 'Smith', hint = 'Jones'; end $$",
        log,
    )
    assert log.lines == [("info", "arrests: NOTICE: one (sql/POPULATE.sql:7)")]


def test_the_first_thousand_are_logged_and_the_rest_is_counted(database: Server) -> None:
    log = Log()
    run(
        database,
        "do $$ begin for i in 1..2500 loop raise notice 'row %', i; end loop; end $$",
        log,
    )
    assert len(log.lines) == MOST_MESSAGES + 1
    assert log.lines[999] == ("info", "arrests: NOTICE: row 1000 (sql/POPULATE.sql:7)")
    assert log.lines[-1][0] == "warning"
    assert "1500 more messages" in log.lines[-1][1]


def test_counting_starts_again_for_the_next_table() -> None:
    log = Log()
    notices = Notices(log)
    for node in ("a", "b"):
        notices.begin(node)
        for _ in range(MOST_MESSAGES):
            notices.append("NOTICE:  x\n")
        notices.end()
    assert len(log.lines) == 2 * MOST_MESSAGES
    assert not any("left out" in text for _, text in log.lines)


def test_a_quiet_statement_keeps_its_warnings() -> None:
    log = Log()
    notices = Notices(log)
    notices.begin("a")
    notices.at("f:1", quiet=True)
    notices.append('NOTICE:  table "x" does not exist, skipping\n')
    notices.append("WARNING:  careful\n")
    assert [level for level, _ in log.lines] == ["warning"]


def test_psycopg2_would_have_kept_only_fifty(database: Server) -> None:
    # Why `Notices` is there at all; when this fails, it may go.
    with closing(database.connect("test", autocommit=True)) as connection:
        assert isinstance(connection, psycopg2.extensions.connection)
        with connection.cursor() as cursor:
            cursor.execute("do $$ begin for i in 1..60 loop raise notice '%', i; end loop; end $$")
        assert len(connection.notices) == 50

"""Old tables that wait for their end."""

from __future__ import annotations

from staging_assets.postgres import Server
from staging_assets.publisher import drop_retired
from staging_assets_tests.support.publishing import TABLE, Press


def test_old_tables_of_one_name_do_not_get_into_each_others_way(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run("create table staging.hub (id int primary key)")
    create = TABLE.replace("day date", "day date, hub int references staging.hub")
    press.publish(create)
    reader = server_of_each_kind.connect("reader")
    reader.cursor().execute("select * from staging.hub")
    for _ in range(3):
        press.publish(create)
    assert len(press.schemas()) == 5
    assert len(drop_retired(press.connection, "staging")) == 3
    reader.close()
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_what_can_be_dropped_is_dropped_although_something_else_has_to_stay(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(
        "create table staging.hub (id int primary key); create table staging.hub2 (id int"
        " primary key)"
    )
    for hub in ("hub", "hub2"):
        press.publish(f"create table build.of_{hub} (h int references staging.{hub})", f"of_{hub}")
    readers = [server_of_each_kind.connect("reader") for _ in range(2)]
    for reader, hub in zip(readers, ("hub", "hub2"), strict=True):
        reader.cursor().execute(f"select * from staging.{hub}")
        press.publish(f"create table build.of_{hub} (h int references staging.{hub})", f"of_{hub}")
    readers[0].close()
    assert drop_retired(press.connection, "staging") == ["staging__old"]
    assert press.one("select to_regclass('staging__old.of_hub')") is None
    assert press.one("select to_regclass('staging__old.of_hub2')") is not None
    readers[1].close()
    assert drop_retired(press.connection, "staging") == []

"""A server of each kind with a published table, and roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from staging_assets.postgres import Server
from staging_assets_tests.support.publishing import ROWS, TABLE, Press


@pytest.fixture(params=["database", "database15"])
def server_of_each_kind(request: pytest.FixtureRequest) -> Server:
    """The embedded server, and an older one."""
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.fixture
def press(server_of_each_kind: Server) -> Iterator[Press]:
    """A session that publishes; the table `staging.t` is there."""
    press = Press(server_of_each_kind)
    press.publish(TABLE + ROWS)
    yield press
    press.close()


@pytest.fixture
def roles(press: Press) -> Iterator[tuple[str, str]]:
    """Two roles of this test's own: roles belong to the whole server."""
    names = press.one("select 'r' || oid from pg_database where datname = current_database()")
    pair = (f"{names}_reader", f'{names} "Odd"')
    quoted = tuple(press.one(f"select quote_ident('{name}')") for name in pair)
    press.run("".join(f"create role {name};" for name in quoted))
    yield quoted[0], quoted[1]
    for name in quoted:
        press.run(
            f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}"
        )

"""Which server to work with: the one that the settings name, else the embedded one."""

from __future__ import annotations

from dataclasses import replace

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets.settings import SessionSettings, Settings

__all__ = ["Server", "SessionSettings", "find_server"]


def find_server(settings: Settings) -> Server:
    """Return the server of `STAGING_DATABASE_URL`, else that of libpq's environment, else ours.

    The embedded server is made and started when it does not run yet. Nothing is connected to.

    Raises DatabaseError when the embedded server cannot start.
    """
    if settings.database_url is not None:
        return Server(settings.database_url, settings.sessions)
    if settings.libpq_environment:
        return Server("", settings.sessions)
    return replace(EmbeddedServer(settings.home).start(), sessions=settings.sessions)

"""Let this process start no Postgres. Python imports a module of this name by itself."""

import sys
from pathlib import PurePath
from typing import Any

_PROGRAMS = {"postgres", "initdb", "pg_ctl", "pgbouncer"}


def refuse_servers() -> None:
    """Refuse to start any program of a server from now on; nothing takes this back."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        words = [str(word) for word in (arguments[0], *arguments[1])]
        if not _PROGRAMS.isdisjoint(PurePath(word).name for word in words):
            raise RuntimeError(
                "a server is started though none may be: mark it, pytest.mark.server"
            )


if __name__ == "sitecustomize":
    refuse_servers()

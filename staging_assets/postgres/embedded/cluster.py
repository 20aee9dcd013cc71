"""The embedded server's data directory: made once, in one piece, and its configuration.

The data can be built again from the scripts, but a published table must survive a crash: fsync
and synchronous_commit stay on. What is given up is what a server of one machine does not need:
replication, page checksums, TCP.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from staging_assets.errors import DatabaseError
from staging_assets.postgres.embedded.binaries import ServerUser

DATABASE = "staging"
SUPERUSER = "postgres"
CONFIGURATION = "staging.conf"
_MB = 2**20

_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=trust",  # who may enter the socket's folder is let in
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",  # the same order of text on every machine
    "--no-data-checksums",  # with them every first read of a new table writes WAL
    "--no-instructions",
    "--no-sync",  # one sync at the end
)


def make_cluster(data: Path, programs: Path, user: ServerUser) -> None:
    """Make the data directory if it is not there: under another name first, then renamed.

    Raises DatabaseError with what initdb said, or when the data is of another Postgres.
    """
    if (data / "PG_VERSION").exists():
        _check_version(data, programs, user)
        return
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a start that was killed
    unfinished.mkdir(mode=0o700)
    user.own(unfinished)
    _run(user, programs / "initdb", *_INITDB, "--pgdata", unfinished)
    _run(
        user,
        programs / "postgres",
        "--single",
        "-D",
        unfinished,
        "-c",
        "log_checkpoints=off",
        "template1",
        statements=f"create database {DATABASE}\n",
    )
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write(
            "\n# Written anew at every start; ALTER SYSTEM wins over it.\n"
            f"include '{CONFIGURATION}'\n"
        )
    (unfinished / CONFIGURATION).touch()
    user.own(unfinished / CONFIGURATION)
    _run(user, programs / "initdb", "--sync-only", "--pgdata", unfinished)
    unfinished.rename(data)
    _sync(data.parent)


def write_configuration(data: Path, sockets: Path, user: ServerUser) -> None:
    """Write the server's settings: for bulk builds on this machine, reachable by socket only."""
    memory, cores = _memory(), os.cpu_count() or 1
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": 100,
        "shared_buffers": _share(memory, 8, 128, 1024),
        "effective_cache_size": _share(memory, 2, 256, 65536),
        "work_mem": _share(memory, 256, 16, 64),
        "maintenance_work_mem": _share(memory, 32, 64, 512),
        "dynamic_shared_memory_type": _shared_memory_type(),
        # A load in the transaction that made the table writes no WAL.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "4GB" if _free(data) > 40 * 1024 * _MB else "1GB",
        "min_wal_size": "128MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": 1.1,
        "jit": "off",
        "max_parallel_workers": cores,
        "max_parallel_maintenance_workers": min(4, cores),
        # Builds analyze what they publish; the daemon only follows up.
        "autovacuum_naptime": "5min",
        "autovacuum_max_workers": 1,
        "client_connection_check_interval": "2s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Errors quote row values, so they do not go into the log.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
    lines = [f"{name} = '{_quote(str(value))}'" for name, value in settings.items()]
    new = data / f"{CONFIGURATION}.new"
    new.write_text("\n".join(lines) + "\n")
    new.chmod(0o600)
    user.own(new)
    new.replace(data / CONFIGURATION)


def _run(user: ServerUser, *command: str | Path, statements: str | None = None) -> None:
    options = {} if statements is None else {"stdin": None, "input": statements}
    done = user.run(*command, **options)
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-600:]
        raise DatabaseError(
            f"the embedded server: {Path(command[0]).name} failed: {said} "
            "Set STAGING_HOME to a folder on a local disk with free space."
        )


def _check_version(data: Path, programs: Path, user: ServerUser) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    version = user.run(programs / "postgres", "--version").stdout.split()[-1]
    if version.split(".")[0] != made_by:
        raise DatabaseError(
            f"the embedded server: {data} was made by PostgreSQL {made_by}, and this is {version}. "
            "Remove that folder to begin anew, or set STAGING_HOME to another one."
        )


def _memory() -> int:
    """Bytes of memory that this process may use."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            memory = min(memory, int(text))
    return memory


def _share(memory: int, part: int, least: int, most: int) -> str:
    return f"{max(least, min(most, memory // part // _MB))}MB"


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _shared_memory_type() -> str:
    """Containers often have 64 MB of /dev/shm, too little for parallel queries."""
    shared = Path("/dev/shm")  # noqa: S108
    if os.name == "posix" and os.uname().sysname == "Linux":
        return "posix" if shared.exists() and _free(shared) > 512 * _MB else "mmap"
    return "posix"


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)

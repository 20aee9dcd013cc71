"""Where the embedded server's files are: in `STAGING_HOME`, except what cannot be there.

Root's server runs as a system user, who may not be able to enter the home: its data is then kept
below /var/lib, and a file in the home says where. A socket's path is at most 107 bytes (103 on
macOS), and its folder stands in a list in the configuration: for a home with a long or an unusual
path, or on a file system without sockets, it is a private folder in /tmp.
"""

from __future__ import annotations

import re
import socket
import stat
import tempfile
from pathlib import Path

from staging_assets.postgres.postmaster import PORT
from staging_assets.postgres.programs import ELSEWHERE, ServerUser, make_elsewhere

_LONGEST_SOCKET = 103
_PRIVATE = "staging-assets-"
_PLAIN = re.compile(r"/[A-Za-z0-9_./+~-]*\Z")


def read_place(folder: Path) -> Path:
    """Return the folder that holds the data directory: this one, or the one it names."""
    try:
        return Path((folder / "place").read_text().strip())
    except OSError:
        return folder


def make_folders(home: Path, folder: Path, user: ServerUser) -> None:
    """Make the home, and a place for the data that the user can enter."""
    for path in (home, folder):
        if not path.exists():
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
            if user.other:
                path.chmod(0o755)  # whatever the umask says: the data directory is closed itself
    ignore = home / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    if read_place(folder) == folder and not user.reaches(folder):
        make_elsewhere()
        place = Path(tempfile.mkdtemp(prefix="data-", dir=ELSEWHERE))
        place.chmod(0o755)
        (folder / "place").write_text(f"{place}\n")


def choose_sockets(near: Path, previous: Path | None, user: ServerUser) -> Path:
    """Return a folder for the socket that only the user may enter; make it if need be.

    Args:
        near: the folder beside the data, taken when it will do.
        previous: the one that the last server had.
        user: who runs the server.
    """
    if _fits(near):
        near.mkdir(mode=0o700, exist_ok=True)
        near.chmod(0o700)
        user.own(near)
        if _takes_sockets(near):
            return near
    if previous is not None and _is_private(previous, user):
        return previous
    shared = Path("/tmp")  # noqa: S108 - short; mkdtemp makes a private folder in it
    made = Path(tempfile.mkdtemp(prefix=_PRIVATE, dir=shared if shared.is_dir() else None))
    user.own(made)
    return made


def _fits(folder: Path) -> bool:
    path = str(folder / f".s.PGSQL.{PORT}")
    return len(path.encode()) <= _LONGEST_SOCKET and _PLAIN.match(path) is not None


def _takes_sockets(folder: Path) -> bool:
    """Tell whether sockets can be made there; not all shared file systems let them."""
    path = folder / ".s.try"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.bind(str(path))
        except OSError:
            return False
    path.unlink(missing_ok=True)
    return True


def _is_private(folder: Path, user: ServerUser) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        folder.name.startswith(_PRIVATE)
        and stat.S_ISDIR(status.st_mode)
        and status.st_uid == user.uid
        and stat.S_IMODE(status.st_mode) == 0o700
    )

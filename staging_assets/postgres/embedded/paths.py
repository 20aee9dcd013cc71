"""Where the embedded server's files are: in `STAGING_HOME`, except what cannot be there.

Root's server runs as a system user, who may not be able to enter the home: its data is then kept
below /var/lib, and a file in the home says where. A socket's path is at most 107 bytes (103 on
macOS), and its folder stands in a list in the configuration: for a home with a long or an unusual
path, or on a file system without sockets, it is a private folder in /tmp.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from staging_assets.postgres.embedded.binaries import ELSEWHERE, ServerUser, make_elsewhere
from staging_assets.postgres.embedded.postmaster import PORT, is_postmaster, read_postmaster

_LONGEST_SOCKET = 103
_PRIVATE = "staging-assets-"
_KEPT = 7 * 86400.0
"""Seconds for which data are kept that no home leads to."""
_PLAIN = re.compile(r"/[A-Za-z0-9_./+~-]*\Z")


def read_place(folder: Path) -> Path:
    """Return the folder that holds the data directory: this one, or the one it names.

    Data that another home leads to are that one's: this home was copied from it.
    """
    named = _read_named(folder)
    if named is None:
        return folder
    owner = _read_owner(named)
    return folder if owner not in (None, folder) and _read_named(owner) == named else named


def _read_named(folder: Path | None) -> Path | None:
    """The place that a home names; None when it names none."""
    try:
        return None if folder is None else Path((folder / "place").read_text().strip())
    except OSError:
        return None


def _read_owner(place: Path) -> Path | None:
    """The folder of the home that data below /var/lib belong to; None when they are gone."""
    try:
        return Path((place / "home").read_text().strip())
    except OSError:
        return None


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
    _adopt(folder)
    if read_place(folder) == folder and not user.reaches(folder):
        make_elsewhere()
        _remove_abandoned()
        place = Path(tempfile.mkdtemp(prefix="data-", dir=ELSEWHERE))
        place.chmod(0o755)
        (place / "home").write_text(f"{folder}\n")
        (folder / "place").write_text(f"{place}\n")


def choose_sockets(folder: Path, user: ServerUser) -> Path:
    """Return an empty folder for the socket that only the user may enter; make it if need be.

    Args:
        folder: the one in the home; no server of it may live.
        user: who runs the server.
    """
    near, record = read_place(folder) / "socket", folder / "sockets"
    if _fits(near):
        near.mkdir(mode=0o700, exist_ok=True)
        near.chmod(0o700)
        user.own(near)
        if _takes_sockets(near):
            return _without_sockets(near)
    if record.exists() and _is_private(previous := Path(record.read_text()), folder, user):
        return _without_sockets(previous)
    shared = Path("/tmp")  # noqa: S108 - short; mkdtemp makes a private folder in it
    made = Path(tempfile.mkdtemp(prefix=_PRIVATE, dir=shared if shared.is_dir() else None))
    (made / "home").write_text(str(folder))
    user.own(made)
    record.write_text(str(made))
    return made


def _without_sockets(folder: Path) -> Path:
    """Remove what a killed server left: the pid in its lock may be somebody else's by now."""
    for path in folder.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)
    return folder


def _adopt(folder: Path) -> None:
    """Take the data along when the home was moved; begin anew when they are another's, or gone."""
    named = _read_named(folder)
    if named is None:
        return
    if read_place(folder) == named and _read_owner(named) is not None:
        (named / "home").write_text(f"{folder}\n")
    else:
        (folder / "place").unlink(missing_ok=True)


def _remove_abandoned(kept: float = _KEPT) -> None:
    """Remove data below /var/lib whose home is gone, when nobody has written them for a while.

    Until then the home may only have been moved. Its server ends at once.

    Args:
        kept: seconds for which they are kept.
    """
    for place in ELSEWHERE.glob("data-*"):
        owner, data = _read_owner(place), place / "data"
        if owner is None or _read_named(owner) == place:
            continue
        postmaster = read_postmaster(data)
        if postmaster is not None and is_postmaster(postmaster.pid, data):
            os.kill(postmaster.pid, signal.SIGINT)
        with suppress(OSError):
            if time.time() - (data / "global" / "pg_control").stat().st_mtime >= kept:
                shutil.rmtree(place, ignore_errors=True)


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


def _is_private(sockets: Path, folder: Path, user: ServerUser) -> bool:
    """Tell whether it is this very home's, and not that of one it was copied from."""
    try:
        status, home = sockets.lstat(), (sockets / "home").read_text()
    except OSError:
        return False
    return (
        home == str(folder)
        and sockets.name.startswith(_PRIVATE)
        and stat.S_ISDIR(status.st_mode)
        and status.st_uid == user.uid
        and stat.S_IMODE(status.st_mode) == 0o700
    )

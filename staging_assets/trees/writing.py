"""Files that are written all or not at all, and never over others."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from staging_assets.errors import SettingsError


def write_all(folder: Path, files: Mapping[str, str | Path], what: str) -> None:
    """Write files into a folder; what was written is removed again if one cannot be.

    Args:
        folder: it is made if it is not there.
        files: path below it to text, or to the file that is copied there.
        what: the command, for messages.

    Raises SettingsError when one is there already, or cannot be written.
    """
    there = [name for name in files if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise SettingsError(
            f"{what}: {', '.join(str(folder / name) for name in there[:3])}{more} "
            "is there already. Name another folder; nothing was written."
        )
    made: list[Path] = []
    try:
        for name, text in files.items():
            place = folder / name
            new = [each for each in (place.parent, *place.parent.parents) if not each.exists()]
            made += reversed(new)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                made.append(place)
                if isinstance(text, Path):
                    with text.open("rb") as source:
                        shutil.copyfileobj(source, file)
                else:
                    file.write(text.encode("utf-8"))
    except BaseException as error:
        for each in reversed(made):
            _remove(each)
        if not isinstance(error, OSError):
            raise
        raise SettingsError(
            f"{what}: {error.filename or folder}: {error.strerror}. Name another folder; "
            "nothing was written."
        ) from None


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError:
        pass  # somebody else has put something into the folder meanwhile

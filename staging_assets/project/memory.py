"""A folder's model as it was found the last time, in one file of the project's home.

To find out what scripts say takes ten times as long as to read their files. So the model is kept
with a hash of all that it was made from: the text of every file, what was asked for, and the code
that reads. The file is no more than a shortcut. It may be removed, and whatever is wrong with it
only means that the scripts are read again.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from staging_assets.model import SchemaNames, Script, ScriptPlaces, StagingProject
from staging_assets.project.declarations.checks.kinds import Kinds
from staging_assets.project.file_reader import Files, Named

READERS = ("errors.py", "model", "parser", "project", "checks")
"""The code that decides what a folder means: another version may find something else in it."""

_PACKAGE = Path(__file__).parents[1]
_HASH = 32
"""Bytes of a hash."""
_MINE = 0o022
"""Rights of others to write: with any of them, what is in a file may be anybody's."""
_PLAIN = {("pathlib", "PosixPath"), ("decimal", "Decimal"), ("datetime", "date")}


class ProjectMemory:
    """Finds the model of a folder as it was kept, and keeps it.

    Args:
        home: the folder of the file; None, or one that is not there: nothing is kept.
        folders: where the files are.
        files: what was read of them, and nothing else yet.
        department: which of the departments.
        schemas: what the scripts call the schemas.
        kinds: the kinds of checks that may be declared.
    """

    def __init__(
        self,
        home: Path | None,
        folders: ScriptPlaces,
        files: Files,
        *,
        department: str,
        schemas: SchemaNames,
        kinds: Kinds,
    ) -> None:
        self._file: Path | None = None
        self._files = files
        ours = all(type(kind).__module__.startswith(f"{_PACKAGE.name}.") for kind in kinds.values())
        if home is None or files.problems or not ours or not home.is_dir():
            return
        self._file = home / f"project-{department}.pickle"
        asked = [
            *(str(folders.sql_dir), department, schemas.staging, schemas.etl),
            *(text for pair in sorted(folders.variables.items()) for text in pair),
            "kinds",
            *(f"{n} {type(k).__module__} {type(k).__qualname__}" for n, k in kinds.items()),
        ]
        self._key = _hash([*_find_readers(), "asked", *asked, "files", *_tell_files(files)])

    def find(self) -> StagingProject | None:
        """The model of these very files; None when it has not been kept."""
        if self._file is None:
            return None
        try:
            with self._file.open("rb") as opened:
                status = os.fstat(opened.fileno())
                if status.st_uid != os.geteuid() or status.st_mode & _MINE:
                    return None
                if opened.read(_HASH) != self._key:
                    return None
                digest, kept = opened.read(_HASH), opened.read()
            if hashlib.sha256(kept).digest() != digest:
                return None
            found = _Reader(io.BytesIO(kept)).load()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the scripts are there
            return None
        return found if isinstance(found, StagingProject) else None

    def save(self, project: StagingProject) -> None:
        """Keep a model; where that cannot be written, nothing is kept.

        Scripts that name further files are read each time: those files may change, too.
        """
        if self._file is None or self._files.included.asked:
            return
        kept = pickle.dumps(project, pickle.HIGHEST_PROTOCOL)
        with suppress(OSError):
            number, name = tempfile.mkstemp(prefix=f"{self._file.name}.", dir=self._file.parent)
            beside = Path(name)
            try:
                with os.fdopen(number, "wb") as opened:
                    opened.write(self._key + hashlib.sha256(kept).digest() + kept)
                beside.replace(self._file)
            except OSError:
                beside.unlink()
                raise


class _Reader(pickle.Unpickler):
    """Makes objects of the model alone, whatever the file says."""

    def find_class(self, module: str, name: str) -> Any:
        of_model = module.startswith(f"{_PACKAGE.name}.model.")
        of_lineage = module == f"{_PACKAGE.name}.project.lineage.lineage"
        if "." not in name and (of_model or of_lineage or (module, name) in _PLAIN):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _find_readers() -> Iterator[str]:
    yield f"{sys.version} yaml {version('pyyaml')}"
    for name in READERS:
        place = _PACKAGE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield str(path)
            yield path.read_text(encoding="utf-8")


def _tell_files(files: Files) -> Iterator[str]:
    """All that is known of the files before their text is looked at."""
    named: dict[str, Sequence[Named]] = {
        "creates": files.creates,
        "populates": files.populates,
        "cleanups": files.cleanups,
    }
    for what, scripts in named.items():
        yield what
        for each in scripts:
            yield each.table
            yield from _tell_script(each.script)
    several: dict[str, Sequence[Script]] = {
        "others": files.others,
        "procedures": files.procedures,
        "lookups": files.lookups,
        "config": [files.config] if files.config else [],
    }
    for what, others in several.items():
        yield what
        for script in others:
            yield from _tell_script(script)
    yield "departments"
    yield from files.departments
    yield "cleaned"
    yield from sorted(files.cleaned)
    yield "shadowed"
    for pair in files.shadowed:
        yield from pair


def _tell_script(script: Script) -> tuple[str, str, str]:
    return str(script.path), script.label, script.text


def _hash(texts: Sequence[str]) -> bytes:
    """One hash of several texts, each for itself."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()

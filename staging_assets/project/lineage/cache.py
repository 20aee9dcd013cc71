"""Column lineage that earlier runs have found, in one file of the project's home.

Finding it takes milliseconds a table, and sqlglot's import a quarter of a second: as much as a
small build. The file is no more than a shortcut. It may be removed, and whatever is wrong with it
only means that the lineage is found again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from staging_assets.model import ColumnSource, Relation, StagingProject

_READERS = ("lineage.py", "column_sources.py")
"""What finds lineage: another version of these may find another one."""

_Told = dict[str, list[list[str]]]
_Lineage = Mapping[str, frozenset[ColumnSource]]


class LineageCache:
    """Finds the lineage of tables, and remembers it.

    Args:
        project: the folder of scripts.
        folder: where the file is, or will be.
    """

    def __init__(self, project: StagingProject, folder: Path) -> None:
        self._project = project
        self._file = folder / f"lineage-{project.department}.json"
        self._new: dict[str, _Told] = {}

    def find(self, node: str) -> _Lineage:
        """Column to the columns its values come from; empty for what is no filled table."""
        table = self._project.tables.get(node)
        if table is None or table.populate is None:
            return {}
        key = self._find_key(node)
        told = self._known.get(key)
        if told is not None:
            with suppress(TypeError, ValueError, AttributeError):
                return _read(told)
        self._new[key] = {
            column: sorted(
                [source.relation.schema, source.relation.name, source.column] for source in sources
            )
            for column, sources in table.lineage.items()
        }
        return table.lineage

    def save(self) -> None:
        """Keep what this run has found; where that cannot be written, nothing is kept."""
        if not self._new:
            return
        filled = [name for name, table in self._project.tables.items() if table.populate]
        current = {self._find_key(name) for name in filled}
        kept = {key: told for key, told in self._known.items() if key in current}
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps({**kept, **self._new}), encoding="utf-8")
            beside.replace(self._file)
        self._new = {}

    @cached_property
    def _known(self) -> Mapping[str, _Told]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    @cached_property
    def _reader(self) -> str:
        texts = [Path(__file__).with_name(name).read_bytes() for name in _READERS]
        return sha256(b"".join([version("sqlglot").encode(), *texts])).hexdigest()

    def _find_key(self, node: str) -> str:
        """A hash of all that decides a table's lineage: scripts, what it reads, and the reader."""
        read = sorted(self._project.dependencies[node] & self._project.tables.keys())
        columns = [
            [name, *(column.name for column in self._project.tables[name].columns)] for name in read
        ]
        told = json.dumps([self._reader, node, self._project.fingerprints[node], columns])
        return sha256(told.encode()).hexdigest()


def _read(told: _Told) -> _Lineage:
    return {
        column: frozenset(
            ColumnSource(Relation(schema, name), of_it) for schema, name, of_it in sources
        )
        for column, sources in told.items()
    }

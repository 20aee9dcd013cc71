"""Where scripts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from staging_assets.model.names import ETL, STAGING


class ScriptPlaces(Protocol):
    """What says where scripts are: `ScriptFolders`, or a `StagingSchema`."""

    @property
    def sql_dir(self) -> Path:
        """The folder that holds `staging.yaml`, and what is not said otherwise."""
        ...

    @property
    def create_dirs(self) -> tuple[Path, ...]:
        """Folders of CREATE scripts, the first one wins; empty: `create_tables` in `sql_dir`."""
        ...

    @property
    def procedures_dirs(self) -> tuple[Path, ...]:
        """The same for `create_stored_procedures`."""
        ...

    @property
    def populate_dirs(self) -> tuple[Path, ...]:
        """The same for `populate_tables`, which holds the departments' folders."""
        ...

    @property
    def lookup_files(self) -> tuple[Path, ...]:
        """Lookup files, whose rows are added up; empty: `lookup/lookup_tables.yaml` there."""
        ...

    @property
    def schema_in_files(self) -> str:
        """What scripts, and their names, call the schema that is built."""
        ...

    @property
    def etl_schema(self) -> str:
        """What the schema is called in the database that is `etl` in scripts."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """Values of parameters in scripts, which win over those of `staging.yaml`."""
        ...


@dataclass(frozen=True)
class ScriptFolders:
    """Where scripts are, when nothing else says it: see `ScriptPlaces`."""

    sql_dir: Path
    create_dirs: tuple[Path, ...] = ()
    procedures_dirs: tuple[Path, ...] = ()
    populate_dirs: tuple[Path, ...] = ()
    lookup_files: tuple[Path, ...] = ()
    schema_in_files: str = STAGING
    etl_schema: str = ETL
    variables: Mapping[str, str] = field(default_factory=dict)

"""From a folder of files to a model: no Dagster, no database.

`scripts/` reads each kind of script, `declarations/` the YAML, `lineage/` finds column lineage.
`load_project` is the way in; what it gives is `StagingProject` in `model`.
"""

from staging_assets.project.dump import Dump, DumpStatement, read_dump
from staging_assets.project.extensions import find_extensions, tell_lacking
from staging_assets.project.gc_pause import no_garbage_search
from staging_assets.project.lineage.cache import LineageCache
from staging_assets.project.load import load_project

__all__ = [
    "Dump",
    "DumpStatement",
    "LineageCache",
    "find_extensions",
    "load_project",
    "no_garbage_search",
    "read_dump",
    "tell_lacking",
]

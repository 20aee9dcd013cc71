"""A source that is not there and could be loaded: the failure says by which command."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

from staging_assets.builder import NodeResult
from staging_assets.defs.translation.translator import build_source_key
from staging_assets.model import ETL, Relation, StagingProject
from staging_assets.settings import StagingSchema
from staging_assets.sources import find_csv_files

_UNDEFINED_TABLE = "42P01"
_NAMED = re.compile(r'relation "([^"]+)" does not exist')


def explain_missing_sources(
    results: Generator[NodeResult, None, None], staging: StagingSchema, project: StagingProject
) -> Generator[NodeResult, None, None]:
    """Pass results on; a failure for want of a CSV file's table gets the command that loads it.

    Args:
        results: of a build; closed with this.
        staging, project: what is built.
    """
    try:
        for result in results:
            if result.status == "failed" and result.sqlstate == _UNDEFINED_TABLE:
                yield replace(
                    result, message=f"{result.message}{_find_advice(result, staging, project)}"
                )
            else:
                yield result
    finally:
        results.close()


def _find_advice(result: NodeResult, staging: StagingSchema, project: StagingProject) -> str:
    named = _NAMED.search(result.message or "")
    schema, _, table = (named[1] if named else "").rpartition(".")
    folder = staging.etl_csv_dir
    if folder is None or schema not in (ETL, staging.etl_schema):
        return ""
    if table not in find_csv_files(folder, project.config.csv):
        return ""
    key = build_source_key(staging, Relation(ETL, table)).to_user_string()
    return f"\nA CSV file has its rows. Load it: dagster asset materialize --select {key}"

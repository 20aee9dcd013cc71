"""The one place that turns a node of the model into a Dagster `AssetSpec`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from staging_assets.model import (
    SCHEMA_NODE,
    STAGING,
    ColumnSource,
    Kind,
    Relation,
    Script,
    StagingProject,
    Table,
)

_WHAT = {
    Kind.SCHEMA: "The staging schema itself.",
    Kind.LOOKUP: "A lookup table.",
    Kind.PROCEDURES: "Stored procedures.",
    Kind.TABLE: "A staging table.",
    Kind.CLEANUP: "Finishes columns of a staging table.",
}


def build_key(node: str) -> dg.AssetKey:
    """The asset key of a node: `stored_procedures/dates` is staging/stored_procedures/dates."""
    return dg.AssetKey([STAGING, *node.split("/")])


def find_node(key: dg.AssetKey) -> str:
    """The node of an asset key: the way back from `build_key`."""
    return "/".join(key.path[1:])


def build_source_key(source: Relation) -> dg.AssetKey:
    """The asset key of a relation outside staging, such as etl/arrests."""
    return dg.AssetKey([source.schema, source.name])


def build_specs(project: StagingProject) -> list[dg.AssetSpec]:
    """One spec a node, in build order (which Dagster wants from a multi-asset).

    Args:
        project: the folder of scripts.
    """
    return [build_spec(project, node) for node in project.nodes]


def build_spec(project: StagingProject, node: str) -> dg.AssetSpec:
    """The spec of one node.

    Args:
        project: the folder of scripts.
        node: one of `project.nodes`.
    """
    kind = project.kind(node)
    owners = project.config.owners.get(node, ())
    return dg.AssetSpec(
        key=build_key(node),
        deps=[*_build_dependencies(project, node)],
        description=_build_description(project, node, kind),
        group_name=kind.value,
        code_version=project.fingerprints.get(node, "")[:16] or None,
        kinds={"postgres", "python"} if kind is Kind.CLEANUP else {"postgres", "sql"},
        owners=list(owners) or None,
        metadata=_build_metadata(project, node),
        skippable=True,
    )


def _build_dependencies(project: StagingProject, node: str) -> list[dg.AssetKey]:
    """Upstream keys. An edge to the schema that other edges imply is left out of the picture."""
    upstream = project.dependencies[node]
    shown = upstream - {SCHEMA_NODE} or upstream
    return [
        *(build_key(other) for other in sorted(shown)),
        *(build_source_key(source) for source in sorted(project.sources.get(node, ()))),
    ]


def _build_description(project: StagingProject, node: str, kind: Kind) -> str:
    declared = project.config.descriptions.get(node)
    if declared:
        return declared
    table = project.tables.get(node)
    if table is not None and table.comment:
        return table.comment
    return _WHAT[kind]


def _find_scripts(project: StagingProject, node: str) -> dict[str, Script | None]:
    """What the scripts of a node are called in its metadata, and the scripts."""
    if node in project.tables:
        table = project.tables[node]
        return {"create script": table.create, "populate script": table.populate}
    found = project.node(node)
    if found.kind is Kind.PROCEDURES:
        return {"script": project.procedures[found.name].script}
    if found.kind is Kind.CLEANUP:
        return {"script": project.cleanups[found.name].script}
    return {}


def _build_metadata(project: StagingProject, node: str) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {
        name: dg.MetadataValue.path(script.path)
        for name, script in _find_scripts(project, node).items()
        if script is not None
    }
    table = project.tables.get(node)
    if table is None:
        return metadata
    metadata["dagster/table_name"] = f"{STAGING}.{node}"
    if table.columns:
        metadata["dagster/column_schema"] = _build_column_schema(table)
    return metadata


def _build_column_schema(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=column.comment,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def build_column_lineage(
    lineage: Mapping[str, frozenset[ColumnSource]],
) -> dg.TableColumnLineage:
    """Where each column's values come from.

    It goes with a table's materialization and not into its spec, because to find it takes
    milliseconds a table, which every command that loads the definitions would have to wait for.

    Args:
        lineage: column to the columns its values come from.
    """
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(
                    asset_key=build_source_key(source.relation), column_name=source.column
                )
                for source in sorted(sources, key=lambda source: (source.relation, source.column))
            ]
            for column, sources in lineage.items()
        }
    )

"""What a node becomes in Dagster: the documented default, and the place to change it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg

from staging_assets.model import (
    SCHEMA_NODE,
    STAGING,
    Kind,
    Node,
    Relation,
    Script,
    StagingProject,
    Table,
)
from staging_assets.settings import StagingSchema

_MOST_TEXT = 20_000
"""Characters of a script that go into the catalogue: it is sent whole to the browser."""

_WHAT = {
    Kind.SCHEMA: "The staging schema itself.",
    Kind.LOOKUP: "A lookup table.",
    Kind.PROCEDURES: "Stored procedures.",
    Kind.TABLE: "A staging table.",
    Kind.CLEANUP: "Finishes columns of a staging table.",
}


@dataclass(frozen=True)
class StagingNode:
    """A node, with all that is known of it: what a translator is given.

    Args:
        staging: the staging schema it belongs to.
        project: the folder of scripts.
        text: the part of its asset key after `staging/`, such as `arrests_cleanup`.
        shown: whether somebody may look at it in the catalogue: a command that only builds does
            without the scripts' text.
        condition: when Dagster's automation builds it, once that is switched on.
    """

    staging: StagingSchema
    project: StagingProject
    text: str
    shown: bool = True
    condition: dg.AutomationCondition[dg.AssetKey] | None = None

    @cached_property
    def node(self) -> Node:
        """What it is, and whose."""
        return self.project.node(self.text)

    @property
    def kind(self) -> Kind:
        """Schema, lookup, procedures, table or cleanup."""
        return self.node.kind

    @property
    def table(self) -> Table | None:
        """The table, when it is one."""
        return self.project.tables.get(self.text)

    @property
    def key(self) -> dg.AssetKey:
        """The asset key by default: its prefix, `staging`, and the parts of the node."""
        return self._build_key(self.text)

    @property
    def scripts(self) -> Mapping[str, Script]:
        """What its scripts are called in its metadata, and the scripts."""
        return self.project.find_scripts(self.text)

    @property
    def deps(self) -> list[dg.AssetKey]:
        """Upstream keys. An edge to the schema that other edges imply is left out."""
        upstream = self.project.dependencies[self.text]
        shown = upstream - {SCHEMA_NODE} or upstream
        return [
            *(self._build_key(other) for other in sorted(shown)),
            *(
                build_source_key(self.staging, source)
                for source in sorted(self.project.sources.get(self.text, ()))
            ),
        ]

    def _build_key(self, text: str) -> dg.AssetKey:
        return dg.AssetKey([*self.staging.key_prefix, STAGING, *text.split("/")])


def build_source_key(staging: StagingSchema, source: Relation) -> dg.AssetKey:
    """The asset key of a relation that scripts read and do not make, such as `etl/arrests`.

    Args:
        staging: whose scripts.
        source: as they call it. Where they call their own schema otherwise, `staging` may be
            that of somebody else, whose tables are not among `staging/*`.
    """
    schema = "staging_source" if source.schema == STAGING else source.schema
    return dg.AssetKey([*staging.key_prefix, schema, source.name])


class StagingTranslator:
    """Turns a node into a Dagster asset spec. Subclass it to change what Dagster shows.

    ```python
    class ByTeam(StagingTranslator):
        def get_asset_spec(self, node: StagingNode) -> dg.AssetSpec:
            spec = super().get_asset_spec(node)
            return spec.replace_attributes(group_name="police", owners=["team:data"])
    ```

    A key that is changed here is changed for the downstreams as well.
    """

    def get_asset_spec(self, node: StagingNode) -> dg.AssetSpec:
        """The spec of one node.

        Args:
            node: the node.

        By default: the key is the staging schema's prefix, `staging` and the node; the group is
        the kind's; the description is that of `staging.yaml`, else the table's comment; the code
        version is a hash of the node's own scripts; owners, tags and kinds are those of
        `staging.yaml`; metadata has the scripts' text, and where they are; the automation
        condition is that it has become stale.
        """
        project = node.project
        owners = project.config.owners.get(node.text, ())
        return dg.AssetSpec(
            key=node.key,
            deps=node.deps,
            description=_build_description(node),
            group_name=node.staging.group_name(node.kind.value),
            code_version=project.fingerprints.get(node.text, "")[:16] or None,
            kinds=set(project.config.kinds.get(node.text, ()))
            or {"postgres", "python" if node.kind is Kind.CLEANUP else "sql"},
            tags=project.config.tags.get(node.text),
            owners=list(owners) or None,
            metadata=_build_metadata(node),
            automation_condition=node.condition,
            skippable=True,
        )


def _build_description(node: StagingNode) -> str:
    declared = node.project.config.descriptions.get(node.text)
    if declared:
        return declared
    if node.table is not None and node.table.comment:
        return node.table.comment
    return _WHAT[node.kind]


def _build_metadata(node: StagingNode) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {}
    if node.shown:
        for name, script in node.scripts.items():
            metadata[name] = dg.MetadataValue.md(_build_text(script))
        references = _find_references(node)
        if references:
            metadata["dagster/code_references"] = references
        given_way = [
            other
            for script in node.scripts.values()
            for other in node.project.find_given_way(script.label)
        ]
        if given_way:
            metadata["scripts that give way"] = ", ".join(given_way)
    table = node.table
    if table is None:
        return metadata
    metadata["dagster/table_name"] = f"{node.staging.schema}.{node.text}"
    metadata["dagster/storage_kind"] = "postgres"
    if table.columns:
        metadata["dagster/column_schema"] = _build_column_schema(table)
    return metadata


def _build_text(script: Script) -> str:
    """The script as Dagster's page shows it, cut where it is very long."""
    text = script.text
    if len(text) > _MOST_TEXT:
        text = f"{text[:_MOST_TEXT]}\n... {len(text) - _MOST_TEXT:,} more characters"
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    language = "python" if script.path.suffix == ".py" else "sql"
    return f"{script.label}\n\n{fence}{language}\n{text.rstrip()}\n{fence}"


def _find_references(node: StagingNode) -> dg.CodeReferencesMetadataValue | None:
    """The files that make the node, and the line at which they begin to speak of it."""
    found = [(str(script.path), 1, name) for name, script in node.scripts.items()]
    lookup = node.table.lookup if node.table is not None else None
    if lookup is not None and lookup.path is not None:
        found.append((str(lookup.path), lookup.line, "lookup rows"))
    if not found:
        return None
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.LocalFileCodeReference(file_path=path, line_number=line, label=label)
            for path, line, label in found
        ]
    )


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

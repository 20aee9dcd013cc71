"""Turns the nodes of a model into Dagster's asset specs, by way of a translator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import dagster as dg

from staging_assets.defs.translation.translator import (
    StagingNode,
    StagingTranslator,
    build_source_key,
)
from staging_assets.model import ColumnSource, Relation, StagingProject
from staging_assets.settings import StagingSchema

Condition = dg.AutomationCondition[dg.AssetKey]


@dataclass(frozen=True)
class AssetSpecs:
    """The specs of one staging schema, and which key stands for which node.

    Args:
        by_node: node to its spec, in build order (which Dagster wants from a multi-asset).
        staging: whose they are.
    """

    by_node: Mapping[str, dg.AssetSpec]
    staging: StagingSchema

    def key(self, node: str) -> dg.AssetKey:
        """The asset key of a node. Raises KeyError when there is no such node."""
        return self.by_node[node].key

    @property
    def keys(self) -> list[dg.AssetKey]:
        """All of them."""
        return [spec.key for spec in self.by_node.values()]

    def find_relation_key(self, relation: Relation) -> dg.AssetKey:
        """The key of what a script reads: a staging table, or a source."""
        if relation.schema == self.staging.schema_in_files and relation.name in self.by_node:
            return self.key(relation.name)
        return build_source_key(self.staging, relation)


def build_specs(
    staging: StagingSchema,
    project: StagingProject,
    translator: StagingTranslator | None = None,
    *,
    shown: bool = True,
    conditions: Mapping[str, Condition] = MappingProxyType({}),
) -> AssetSpecs:
    """One spec a node; what a translator calls otherwise is called so by its downstreams too.

    Args:
        staging: whose nodes they are.
        project: its folder of scripts.
        translator: what turns a node into a spec; the documented default when None.
        shown: whether somebody may look at them in the catalogue.
        conditions: node to its automation condition.
    """
    translate = (translator or StagingTranslator()).get_asset_spec
    nodes = {
        text: StagingNode(staging, project, text, shown, conditions.get(text))
        for text in project.nodes
    }
    with warnings.catch_warnings():
        # Dagster says of each reference to a file that these may change.
        warnings.simplefilter("ignore", dg.BetaWarning)
        translated = {text: translate(node) for text, node in nodes.items()}
    renamed = {
        node.key: translated[text].key
        for text, node in nodes.items()
        if node.key != translated[text].key
    }
    if renamed:
        translated = {text: rename_sources(spec, renamed) for text, spec in translated.items()}
    return AssetSpecs(translated, staging)


def rename_sources(spec: dg.AssetSpec, renamed: Mapping[dg.AssetKey, dg.AssetKey]) -> dg.AssetSpec:
    """A spec that depends on other keys.

    Args:
        spec: of an asset.
        renamed: key that it depends on to the key in its place.
    """
    if not renamed:
        return spec
    deps = [
        dg.AssetDep(
            renamed.get(dep.asset_key, dep.asset_key), partition_mapping=dep.partition_mapping
        )
        for dep in spec.deps
    ]
    return spec.replace_attributes(deps=deps)


def build_column_lineage(
    specs: AssetSpecs,
    lineage: Mapping[str, frozenset[ColumnSource]],
    renamed: Mapping[dg.AssetKey, dg.AssetKey] = MappingProxyType({}),
) -> dg.TableColumnLineage:
    """Where each column's values come from.

    It goes with a table's materialization and not into its spec, because to find it takes
    milliseconds a table, which every command that loads the definitions would have to wait for.

    Args:
        specs: what the keys of the sources are.
        lineage: column to the columns its values come from.
        renamed: key in the specs to the key that whoever embeds the assets has given it since.
    """

    def find_key(relation: Relation) -> dg.AssetKey:
        key = specs.find_relation_key(relation)
        return renamed.get(key, key)

    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=find_key(source.relation), column_name=source.column)
                for source in sorted(sources, key=lambda source: (source.relation, source.column))
            ]
            for column, sources in lineage.items()
        }
    )

"""Links from the catalogue to the scripts, where they are kept."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from staging_assets.settings import StagingSchema

Asset = dg.AssetsDefinition | dg.AssetSpec


def link_to_git(staging: StagingSchema, assets: Sequence[Asset]) -> list[Asset]:
    """Let references to files lead to the repository's page.

    Args:
        staging: with the address of the repository, and its branch.
        assets: those whose specs refer to files. A file outside the repository that holds the
            folder of scripts gets a link that leads nowhere.
    """
    root = _find_root(staging.sql_dir)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        linked = dg.link_code_references_to_git(
            assets_defs=list(assets),
            git_url=staging.git_url,
            git_branch=staging.git_branch,
            file_path_mapping=dg.AnchorBasedFilePathMapping(
                local_file_anchor=root / ".git", file_anchor_path_in_repository=".git"
            ),
        )
    return [asset for asset in linked if isinstance(asset, (dg.AssetsDefinition, dg.AssetSpec))]


def _find_root(folder: Path) -> Path:
    """The folder that holds `.git`; the one above the scripts where none does."""
    above = (folder, *folder.parents)
    return next((each for each in above if (each / ".git").exists()), folder.parent)

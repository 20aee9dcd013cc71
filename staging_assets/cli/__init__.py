"""The command `staging-assets`: what people and pipelines call outside Dagster's own command."""

from staging_assets.cli.app import main

__all__ = ["main"]

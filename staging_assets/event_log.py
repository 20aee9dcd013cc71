"""The former place of the event log, which stands in configuration files: kept for one release."""

from staging_assets.defs.dagster_patches.event_log import LocalEventLogStorage

__all__ = ["LocalEventLogStorage"]

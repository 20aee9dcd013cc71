"""Put the new in the place of the old in one short transaction, and lose nothing.

A table (`run_publish`; `run_in_place` for one that is filled where it stands) or a whole schema
(`run_promote`, `run_rollback`) changes places with the one that readers use. What hung on the old
one, keys, views, grants, comments, policies, hangs on the new one afterwards. What cannot be done
at once is owed: old tables go as soon as nobody is in the way (`drop_retired`), foreign keys of
other tables are validated (`run_validate`), if need be by the next run.
"""

from staging_assets.publisher.in_place import run_in_place
from staging_assets.publisher.owed_keys import run_validate
from staging_assets.publisher.promotion.promotable import check_there, find_build_command
from staging_assets.publisher.promotion.releases import Author, Release, read_releases
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.retired import drop_retired, has_retired_sql, retired_comment
from staging_assets.publisher.schema import run_promote, run_rollback
from staging_assets.publisher.table import run_publish

__all__ = [
    "Author",
    "PublishRequest",
    "Release",
    "check_there",
    "drop_retired",
    "find_build_command",
    "has_retired_sql",
    "read_releases",
    "retired_comment",
    "run_in_place",
    "run_promote",
    "run_publish",
    "run_rollback",
    "run_validate",
]

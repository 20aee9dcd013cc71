"""Projects made of what there is: dumps, and other files of SQL.

`run_import` is the way in. `sorting.py` says which file each statement goes to, `files.py` puts the
files together, and `writing.py` writes them all, or none.
"""

from staging_assets.trees.files import Made
from staging_assets.trees.importing import ImportOptions, build_report, run_import

__all__ = ["ImportOptions", "Made", "build_report", "run_import"]

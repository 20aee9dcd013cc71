"""Files that make several tables, or speak of tables that other files make: one script a table.

Each statement goes to the table that it is about, in the order of the files; what it is about is
read from what it names. So an asset's code version covers its own statements alone.
"""

from staging_assets.project.scripts.several.divide import Divided, divide
from staging_assets.project.scripts.several.subjects import (
    find_made,
    find_own,
    is_about,
    is_additive,
)

__all__ = ["Divided", "divide", "find_made", "find_own", "is_about", "is_additive"]

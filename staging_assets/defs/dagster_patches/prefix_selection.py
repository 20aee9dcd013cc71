"""Lets `prefix/*` select every asset under a prefix, wherever Dagster reads a selection.

Stock Dagster reads `staging/*` as "the asset `staging/` and all that is downstream of it" and
fails, because its grammar takes a trailing `*` for graph traversal. Every command that takes a
selection loads the definitions first and then calls `AssetSelection.from_string`, a public method:
so this module teaches that method one more form while the definitions load, and that what is typed
has to select something, and leaves every other selection to Dagster. A plain key is read here as
well, to the same end: Dagster loads its grammar first, which takes as long as to build a table.
"""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any

import dagster as dg

from staging_assets.defs.dagster_patches.typed_selection import TypedSelection, find_typed

_PREFIX = re.compile(r"""\s*(["']?)(?P<prefix>[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)*)/\*\1\s*\Z""")
_KEY = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)+\Z")


def find_prefix(selection: str) -> list[str] | None:
    """The parts of `prefix` when a selection is `prefix/*`, else None.

    >>> find_prefix("staging/*")
    ['staging']
    >>> find_prefix("staging/stored_procedures/*")
    ['staging', 'stored_procedures']
    >>> find_prefix("staging/officers_hub*") is None
    True
    """
    match = _PREFIX.match(selection)
    return match["prefix"].split("/") if match else None


def install_prefix_selection() -> None:
    """Make `AssetSelection.from_string` take `prefix/*`; calling it again changes nothing."""
    stock = dg.AssetSelection.from_string
    if getattr(stock, "takes_prefixes", False):
        return

    @functools.wraps(stock)
    def from_string(
        cls: type[dg.AssetSelection], string: str, *args: Any, **kwargs: Any
    ) -> dg.AssetSelection:
        prefix = find_prefix(string)
        meant: dg.AssetSelection
        if prefix is not None:
            meant = dg.AssetSelection.key_prefixes(prefix)
        elif _KEY.match(string):
            meant = dg.AssetSelection.assets(string.split("/"))
        else:
            with warnings.catch_warnings():
                # Dagster warns about a parameter that Dagster's own grammar passes.
                warnings.filterwarnings("ignore", message="Parameter `include_sources`")
                meant = stock(string, *args, **kwargs)
        return TypedSelection(string, meant) if string in find_typed() else meant

    from_string.takes_prefixes = True  # type: ignore[attr-defined]
    setattr(dg.AssetSelection, "from_string", classmethod(from_string))  # noqa: B010

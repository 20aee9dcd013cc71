"""Lets tables, procedure scripts and checks be called as Postgres allows.

Dagster makes the name of a step's output of an asset's key, and takes letters, digits and `_` only:
`-` becomes `_`, and `a$b`, `a b` or an accent is refused. Checks of two tables whose names and
columns run together (`a` with `b_c`, `a_b` with `c`) get one name, which is refused too. Such
outputs get a name of their own here; keys and names of checks stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, wraps
from hashlib import sha256

import dagster as dg

_PLAIN = re.compile(r"[A-Za-z0-9_]+\Z")
_TAKEN: set[tuple[str, ...]] = set()
"""Assets (their path) and checks (the path and the name) whose usual output another one has."""


def find_output_names(
    keys: Iterable[dg.AssetKey], checks: Iterable[dg.AssetCheckSpec] = ()
) -> None:
    """See to it that each asset and check of a step has an output of its own.

    Where all names are plain and different, as they mostly are, Dagster is left as it is.

    Args:
        keys: of the assets.
        checks: of these assets.
    """
    names = [(tuple(key.path), key.to_python_identifier()) for key in keys]
    names += [((*check.asset_key.path, check.name), _find_usual(check)) for check in checks]
    used: dict[str, tuple[str, ...]] = {}
    for path, name in names:
        if used.setdefault(name, path) != path:
            _TAKEN.add(path)
    if _TAKEN or not all(_PLAIN.match(name) for _, name in names):
        _install()


def make_name(usual: str, path: tuple[str, ...]) -> str:
    """A name that Dagster takes, of the one that it would give and what it stands for."""
    digest = sha256("\0".join(path).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{re.sub('[^A-Za-z0-9_]', '_', usual)}_{digest[:8]}"


def find_stand_ins(specs: Iterable[dg.AssetSpec]) -> dict[dg.AssetKey, dg.AssetKey]:
    """Plain keys for what a step reads and does not make, where Dagster cannot name the input.

    They are for the time of the definition: `with_attributes(asset_key_replacements=...)` puts the
    real keys back.

    Args:
        specs: of the assets that the step makes.

    Returns real key to stand-in.
    """
    listed = list(specs)
    made = {spec.key for spec in listed}
    read = {dep.asset_key for spec in listed for dep in spec.deps} - made
    stand_ins: dict[dg.AssetKey, dg.AssetKey] = {}
    used: set[str] = set()
    for key in sorted(read):
        usual = re.sub("[-.]", "_", "_".join(key.path))
        if not is_plain(usual) or usual in used:
            stand_ins[key] = dg.AssetKey(make_name(usual, tuple(key.path)))
        used.add(usual)
    return stand_ins


def is_plain(name: str) -> bool:
    """Whether Dagster takes a name for an input or output."""
    return _PLAIN.match(name) is not None


def _find_usual(check: dg.AssetCheckSpec) -> str:
    return check.get_python_identifier()


@cache
def _install() -> None:
    of_asset = dg.AssetKey.to_python_identifier
    of_check = dg.AssetCheckSpec.get_python_identifier

    @wraps(of_asset)
    def to_python_identifier(self: dg.AssetKey, suffix: str | None = None) -> str:
        name = of_asset(self, suffix)
        path = tuple(self.path)
        return name if is_plain(name) and path not in _TAKEN else make_name(name, path)

    @wraps(of_check)
    def get_python_identifier(self: dg.AssetCheckSpec) -> str:
        name = of_check(self)
        path = (*self.asset_key.path, self.name)
        return name if is_plain(name) and path not in _TAKEN else make_name(name, path)

    setattr(dg.AssetKey, "to_python_identifier", to_python_identifier)  # noqa: B010
    setattr(dg.AssetCheckSpec, "get_python_identifier", get_python_identifier)  # noqa: B010

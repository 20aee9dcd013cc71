"""`staging-assets init`: a project of one's own, which builds at once."""

from __future__ import annotations

import re
from pathlib import Path

import click

from staging_assets.errors import SettingsError

_TEMPLATE = Path(__file__).parent / "template"
_SPELLED = {"gitignore": ".gitignore", "github": ".github"}
"""Names that begin with a dot where they are written."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Begin a project in DIR: two tables, a test, CI and a README.

    Nothing that is there is written over.
    """
    files = {_find_place(folder, source): source for source in sorted(_TEMPLATE.rglob("*"))}
    texts = {
        place: source
        for place, source in files.items()
        if source.is_file() and source.parent.name != "__pycache__"
    }
    there = [place for place in texts if place.exists()]
    if there:
        listed = ", ".join(str(place) for place in there[:3])
        raise SettingsError(f"init {folder}: {listed} is there already. Name another folder.")
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "staging"
    try:
        for place, source in texts.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8").replace("{name}", name)
            place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"init {folder}: {error.filename}: {error.strerror}. Name a folder that can be written."
        ) from None
    print(
        f"{len(texts)} files are in {folder}. Now:\n\n    cd {folder}\n    staging-assets build\n"
    )
    return 0


def _find_place(folder: Path, source: Path) -> Path:
    parts = source.relative_to(_TEMPLATE).parts
    return folder.joinpath(*(_SPELLED.get(part, part) for part in parts))

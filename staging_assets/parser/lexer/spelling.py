"""Names and texts as SQL, always quoted, so that no name can be taken for anything else."""

from __future__ import annotations

from staging_assets.model import Relation


def spell(relation: Relation) -> str:
    """`"schema"."name"`."""
    return f"{spell_name(relation.schema)}.{spell_name(relation.name)}"


def spell_name(name: str) -> str:
    """One identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def spell_text(text: str) -> str:
    """A string literal; every session of ours has standard_conforming_strings on."""
    return "'" + text.replace("'", "''") + "'"

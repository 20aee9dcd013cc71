"""The extensions of Postgres that scripts want: created in them, or known by what they use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from staging_assets.model import Script, StagingProject
from staging_assets.parser import find_place

_BROUGHT: Mapping[str, str] = {
    "postgis": r"geometry|geography|st_[a-z]\w+|addgeometrycolumn",
    "uuid-ossp": r"uuid_generate_v\w+",
    "pgcrypto": r"gen_salt|crypt|digest|pgp_(?:sym|pub)_\w+|gen_random_bytes",
    "timescaledb": r"create_hypertable|time_bucket",
    "plpython3u": r"plpython3?u",
    "plperl": r"plperlu?",
    "pg_cron": r"cron",
    "xml2": r"xpath_table|xslt_process",
}
"""Extension to the functions, types and languages that it brings."""
_BROUGHT_BY_ANY = re.compile("|".join(_BROUGHT.values()))
_INSTEAD: Mapping[str, str] = {
    "uuid-ossp": "use gen_random_uuid(), which needs no extension",
    "pgcrypto": "use gen_random_uuid(), md5() and sha256(), which need no extension",
}
_CREATE = re.compile(r'\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?("[^"]+"|[\w-]+)', re.I)
_LANGUAGE = re.compile(r"\blanguage\s+'?(pl(?:python|perl)\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class WantedExtension:
    """One extension that scripts want.

    Args:
        name: of it.
        place: where the first script wants it: `file:line:column`.
        by: what of it is used there; empty where the script creates it.
    """

    name: str
    place: str
    by: str = ""


def find_extensions(project: StagingProject) -> list[WantedExtension]:
    """The extensions that the scripts want, each once, by name.

    Args:
        project: the folder of scripts.
    """
    found: dict[str, WantedExtension] = {}
    for wanted in sorted(_find_wanted(project), key=lambda each: bool(each.by)):
        found.setdefault(wanted.name, wanted)
    return [found[name] for name in sorted(found)]


def tell_lacking(project: StagingProject, available: Collection[str], server: str) -> list[str]:
    """What the scripts want and a server has not got, with what to do, as lines for people.

    Args:
        project: the folder of scripts.
        available: the extensions that the server has.
        server: what it is called, such as `the embedded server`.
    """
    lines = []
    for wanted in find_extensions(project):
        if wanted.name not in available:
            by = f", which brings {wanted.by}," if wanted.by else ""
            instead = _INSTEAD.get(wanted.name, "")
            todo = f"{instead[0].upper()}{instead[1:]}, or name" if instead else "Name"
            lines.append(
                f"{wanted.place}: the extension {wanted.name}{by} is not to be had on {server}. "
                f"{todo} a server that has it: STAGING_DATABASE_URL."
            )
    return lines


def _find_wanted(project: StagingProject) -> Iterator[WantedExtension]:
    for node in project.nodes:
        scripts = project.find_scripts(node)
        for what, script in scripts.items():
            if what == "script" and node in project.contents and script.path.suffix == ".py":
                continue
            folded = script.text.lower()
            for found in _CREATE.finditer(script.text) if "extension" in folded else ():
                name = found[1].strip('"').lower()
                yield WantedExtension(name, _say_place(script, found.start()))
            for found in _LANGUAGE.finditer(script.text) if "language" in folded else ():
                yield from _find_brought(script, found[1], found.start(1))
        called = {each.name for each in project.contents[node].calls}
        table = project.tables.get(node)
        typed = {column.type for column in table.columns} if table else set()
        names = called | {match[0] for each in typed if (match := re.match(r"\w+", each))}
        brought = sorted(name for name in names if _BROUGHT_BY_ANY.fullmatch(name.lower()))
        for script in scripts.values():
            for name in brought:
                at = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", script.text, re.I)
                if at is not None:
                    yield from _find_brought(script, name, at.start())


def _find_brought(script: Script, name: str, offset: int) -> Iterator[WantedExtension]:
    for extension, pattern in _BROUGHT.items():
        if re.fullmatch(pattern, name.lower()):
            yield WantedExtension(extension, _say_place(script, offset), name)


def _say_place(script: Script, offset: int) -> str:
    return str(find_place(script, offset))

"""Puts tables between the marks of a page, and touches nothing else in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from benchmarks.contestants.common import ROOT

DOCS = ROOT / "docs"
_MARKED = re.compile(
    r"(?P<start><!-- measured: (?P<name>\w+) -->\n).*?(?P<end><!-- end of \w+ -->)", re.DOTALL
)


def write_page(page: Path, blocks: Mapping[str, str]) -> list[str]:
    """Replace what stands between the marks `<!-- measured: NAME -->` and `<!-- end of NAME -->`.

    Args:
        blocks: name of a mark to its text; what has no text keeps what it has.

    Returns the names of marks that kept what they had. Raises ValueError where a block has no mark.
    """
    text, kept, written = page.read_text(), [], set()

    def put(found: re.Match[str]) -> str:
        name = found["name"]
        if not blocks.get(name):
            kept.append(name)
            return found[0]
        written.add(name)
        return f"{found['start']}{blocks[name]}\n{found['end']}"

    text = _MARKED.sub(put, text)
    missing = sorted(name for name, block in blocks.items() if block and name not in written)
    if missing:
        marks = ", ".join(f"<!-- measured: {name} -->" for name in missing)
        raise ValueError(f"{page}: there is no {marks}. Put the marks where the tables belong.")
    page.write_text(text)
    return kept

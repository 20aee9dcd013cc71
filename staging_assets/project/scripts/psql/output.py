"""The text that is put together, and where each part of it is written."""

from __future__ import annotations

import itertools
from dataclasses import replace

from staging_assets.model import CopyData, Origin, Script


class Output:
    """What psql would send of a script."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._origins: list[Origin] = []
        self.length = 0
        self.data: list[CopyData] = []

    def add(self, script: Script, start: int, end: int) -> None:
        """Add a part of a text; offsets are 0-based, in characters."""
        if start >= end:
            return
        if not script.origins:
            self._origins.append(Origin(self.length, script, start))
        first = script.find_origin(start) if script.origins else 0
        for origin in itertools.islice(script.origins, first, None):
            if origin.start >= end:
                break
            inside = max(start, origin.start)
            moved = origin.offset + (0 if origin.fixed else inside - origin.start)
            place = self.length + inside - start
            self._origins.append(replace(origin, start=place, offset=moved))
        self._parts.append(script.text[start:end])
        self.length += end - start

    def add_fixed(self, text: str, script: Script, offset: int) -> None:
        """Add a text that stands for one place of a script."""
        file, at = script.origin(offset)
        self._origins.append(Origin(self.length, file, at, fixed=True))
        self._parts.append(text)
        self.length += len(text)

    def finish(self, script: Script, blank: list[tuple[int, int]]) -> Script:
        """The script with this text.

        Args:
            script: what was read.
            blank: starts and ends of parts of the text that are left out.
        """
        text = "".join(self._parts)
        for start, end in blank:
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
        return replace(script, text=text, origins=tuple(self._origins), data=tuple(self.data))

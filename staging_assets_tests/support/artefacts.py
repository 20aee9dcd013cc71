"""What tests have seen, for people: screenshots and terminal recordings.

They are kept where `STAGING_TEST_ARTEFACTS` names a folder. A recording is an asciicast (version
2), which `asciinema play` shows.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path


def find_place(suffix: str) -> Path | None:
    """Where the running test may put a file; None when nothing is kept.

    Args:
        suffix: such as `.png`.
    """
    folder = os.environ.get("STAGING_TEST_ARTEFACTS", "")
    if not folder:
        return None
    test = os.environ.get("PYTEST_CURRENT_TEST", "test").rpartition(" ")[0].rpartition("/")[2]
    name = re.sub(r"[^\w.-]+", "-", test).strip("-")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    count = len(list(place.glob(f"{name}*{suffix}")))
    return place / f"{name}{f'-{count + 1}' if count else ''}{suffix}"


def keep_recording(words: Sequence[str], parts: Sequence[tuple[float, str]]) -> None:
    """Keep what a command has written to a terminal.

    Args:
        words: the command.
        parts: seconds since its beginning, and what was written then.
    """
    place = find_place(".cast")
    if place is not None:
        head = {"version": 2, "width": 80, "height": 24, "command": " ".join(words)}
        lines = [head, *([at, "o", text] for at, text in parts)]
        place.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

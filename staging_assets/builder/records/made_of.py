"""What a build was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class MadeOf:
    """All that decided what a node is.

    Args:
        parts: its own scripts, rows and cleanup, each a fingerprint.
        above: the nodes that it depends on, and which content each had; None where nothing was
            known of it.
        sources: what it reads from outside, and the state of each before it was read.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, str | None] = field(default_factory=dict)
    sources: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def hash(self) -> str:
        """The same for what is made of the same."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]


def read_made_of(kept: Mapping[str, Any] | None) -> MadeOf | None:
    """Read what `to_json` has made, parsed; None where nothing that can be read was kept."""
    if kept is None:
        return None
    try:
        return MadeOf(kept["parts"], kept["above"], kept["sources"])
    except (KeyError, TypeError):
        return None


def is_always(state: Any) -> bool:
    """Whether a state never compares equal."""
    return isinstance(state, dict) and "always" in state


def find_always(state: Any) -> str:
    """Why a state never compares equal."""
    return str(state["always"])

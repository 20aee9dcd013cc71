"""The module `pg_tools`, which old cleanup scripts import: it is there while they run.

Several cleanups run at once, each in a thread of its own; `PGWrangler(...)`, whatever it is given,
is the wrangler of the script that calls it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

NAME = "pg_tools"
_current = threading.local()
_lock = threading.Lock()
_running = 0
_before: ModuleType | None = None


@contextmanager
def offering_pg_tools(wrangler: Any, wrangler_class: type) -> Iterator[None]:
    """Let `import pg_tools` find a module of ours until this ends; one that is installed waits.

    Args:
        wrangler: what `PGWrangler()` is in this thread.
        wrangler_class: of the wrangler, for `isinstance`.
    """
    global _running, _before  # noqa: PLW0603 - modules are global, and so is their number
    with _lock:
        if _running == 0:
            _before = sys.modules.get(NAME)
            sys.modules[NAME] = _make_module(wrangler_class)
        _running += 1
    outer = getattr(_current, "wrangler", None)
    _current.wrangler = wrangler
    try:
        yield
    finally:
        _current.wrangler = outer
        with _lock:
            _running -= 1
            if _running == 0:
                sys.modules.pop(NAME, None)
                if _before is not None:
                    sys.modules[NAME] = _before


class _OfThisScript(type):
    """Makes `PGWrangler(...)` the wrangler of the running script, and that an instance of it."""

    def __call__(cls, *_: Any, **__: Any) -> Any:
        wrangler = getattr(_current, "wrangler", None)
        if wrangler is None:
            raise RuntimeError("PGWrangler is there while a cleanup runs, in its own thread only")
        return wrangler

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)  # type: ignore[attr-defined]


def _make_module(wrangler_class: type) -> ModuleType:
    module = ModuleType(NAME, "What pg_tools was, by staging_assets.")
    wrangler = _OfThisScript("PGWrangler", (), {"real": wrangler_class})
    setattr(module, "PGWrangler", wrangler)  # noqa: B010 - a module has no such attribute yet
    setattr(module, "PostgresWrangler", wrangler)  # noqa: B010
    # `import pg_tools.pg_tools` and `from pg_tools import pg_tools` are found in old scripts.
    setattr(module, NAME, module)
    return module

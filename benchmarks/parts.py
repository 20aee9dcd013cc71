"""What a stack of this project's command is about: its part of the work, and whose code it is in.

A frame is spelled `function (file:line)`, as py-spy does, with files told from the folder of
packages on. The names of functions inside Dagster are its own and may change with a release; what
is not recognised any more is counted as Dagster's, else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAIN = "MainThread"
_WAITS = ("threading.py", "queue.py")
_DEFINITIONS = "<module> (staging_assets/definitions.py"

START = "the interpreter starts"
END = "the interpreter ends"
WAITING = "waiting for the threads that build"
IMPORT_OURS = "import of this project"
DEFINITIONS = "definitions load"
REST = "Dagster, else"

# The first that matches counts: what is inside another part stands before it.
_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("checks of the whole schema", ("Step._run_late_checks (",)),
    ("column lineage", ("(staging_assets/project/lineage/lineage.py", "build_column_lineage (")),
    (
        "log output",
        ("StreamHandler.emit (", "(staging_assets/defs/reporting/console.py", "(coloredlogs/"),
    ),
    ("planned events", ("._log_asset_planned_events (",)),
    ("the run's plan and record", ("create_run_for_job (",)),
    ("data versions, read back for each check", ("DataVersionCache.",)),
    ("event storing", (".store_event (", ".handle_new_event (")),
    (
        "instance and storage opening",
        ("(dagster/_core/instance/factory.py", "InstanceRef.", "get_instance_for_cli"),
    ),
    ("import of dagster", ("<module> (dagster/", "<module> (dagster_shared/")),
    ("our plan and its results", ("run_build (", "(staging_assets/scheduler/")),
    ("our step, else", ("(staging_assets/",)),
    ("capture of what the step prints", ("(dagster/_core/execution/compute_logs.py",)),
    ("Dagster, around the step's events", ("core_dagster_event_sequence_for_step (",)),
    ("repository and job, from the definitions", ("(dagster/_core/definitions/",)),
)
_WORKER_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("checks of the table", ("(staging_assets/checks/run.py",)),
    ("fill", ("_run_fill (", "run_load_lookup (")),
    ("keys and indexes", ("(staging_assets/builder/shadow/add_keys.py",)),
    ("create", ("run_create (",)),
    ("publish", ("run_publish (",)),
)


def find_part(frames: Sequence[str]) -> str:
    """The part that a stack of the main thread belongs to; frames outermost first.

    No frame at all means that the interpreter is ending: before it has started, the thread has
    no name either.
    """
    if not frames:
        return END
    if any(frame.startswith(_DEFINITIONS) for frame in frames):
        return _find_loading(frames)
    for part, marks in _PARTS:
        if _has(frames, marks):
            waits = part.startswith("our ") and _is_waiting(frames)
            return WAITING if waits else part
    return REST


def find_worker_part(frames: Sequence[str]) -> str:
    """The part that a stack of a thread that builds belongs to."""
    if _is_waiting(frames):
        return "waiting for work"
    return next((part for part, marks in _WORKER_PARTS if _has(frames, marks)), "else")


def find_package(frames: Sequence[str]) -> str:
    """Whose code a stack is in: the package of its innermost frame that is in one."""
    for frame in reversed(frames):
        found = re.search(r"\(([A-Za-z_]\w*)/", frame)
        if found and found[1] not in _STANDARD:
            return found[1]
    return "the interpreter and its library"


def _find_loading(frames: Sequence[str]) -> str:
    last = max(n for n, frame in enumerate(frames) if frame.startswith(_DEFINITIONS))
    imports = any("<frozen importlib" in frame for frame in frames[last + 1 :])
    return IMPORT_OURS if imports else DEFINITIONS


def _is_waiting(frames: Sequence[str]) -> bool:
    return bool(frames) and any(f"({name}:" in frames[-1] for name in _WAITS)


def _has(frames: Sequence[str], marks: Sequence[str]) -> bool:
    return any(mark in frame for frame in frames for mark in marks)


_STANDARD = {"logging", "importlib", "concurrent", "collections", "json", "asyncio", "email"}
_STANDARD |= {"ctypes", "encodings", "http", "multiprocessing", "re", "sqlite3", "urllib", "xml"}

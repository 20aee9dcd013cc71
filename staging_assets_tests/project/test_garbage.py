"""Python's search for garbage rests while a folder is read, and goes on afterwards."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.project.gc_pause import no_garbage_search
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_commands import FOLDER
from staging_assets_tests.support.folders import make_project


def test_there_is_no_search_meanwhile_and_then_as_before() -> None:
    assert gc.isenabled()
    with no_garbage_search():
        assert not gc.isenabled()
        with no_garbage_search():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_reading_a_folder_starts_no_search(tmp_path: Path) -> None:
    folder = make_project(tmp_path, FOLDER)
    searches: list[str] = []
    threshold = gc.get_threshold()

    def note(phase: str, _: object) -> None:
        searches.append(phase)

    gc.set_threshold(50)
    gc.callbacks.append(note)
    try:
        load_project(folder, "demo")
        during = len(searches)
        kept = [[number] for number in range(1_000)]
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*threshold)
    # At most one just before and one just after; those later show that they are noticed.
    assert during <= 4
    assert len(searches) > 10
    assert len(kept) == 1_000


def test_the_search_goes_on_after_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        load_project(tmp_path / "nothing", "demo")
    assert gc.isenabled()

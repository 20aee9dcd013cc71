"""A browser that looks at pages, in tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from staging_assets_tests.support.artefacts import find_place

if TYPE_CHECKING:
    from playwright.sync_api import Page

# No sandbox, because tests may run as root; no background traffic, because tests need no network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The program, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def opened(*, width: int = 1400, height: int = 900, **options: Any) -> Iterator[Page]:
    """An empty page, with a minute's patience.

    Args:
        width, height: of the window, in pixels.
        options: of playwright's `new_page`.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height}, **options)
        page.set_default_timeout(60_000)
        yield page
        if (place := find_place(".png")) is not None:
            page.screenshot(path=place)
        browser.close()

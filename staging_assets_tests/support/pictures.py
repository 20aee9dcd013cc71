"""Makes the pictures of the README anew: `make pictures`.

The demo department is built three times in a folder of its own, with somewhat more sources each
time, so that there is something to see; then a browser looks at the catalogue and at the report.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from staging_assets_tests.support.browser import opened
from staging_assets_tests.support.commands import BIN, ROOT, find_environment
from staging_assets_tests.support.webserver import answers, find_free_port, running, wait_until

IMAGES = ROOT / "docs" / "images"
CATALOGUE, REPORT, TIMELINE = (
    IMAGES / f"{name}.png" for name in ("catalogue", "report", "timeline")
)
SCALES = ("0.0100", "0.0104", "0.0110")


def main() -> None:
    """Make them all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as place:
        environment = find_environment(STAGING_HOME=place, STAGING_WORKERS="4")
        try:
            for scale in SCALES:
                again = "drop schema if exists etl cascade"
                run(environment, "db", "start")
                run(environment, "db", "psql", "-qc", again)
                run({**environment, "STAGING_DEMO_SCALE": scale}, "build")
            page = Path(place, "report.html")
            run(environment, "report", "-o", str(page))
            take_report(page)
            take_catalogue(environment, Path(place, "dev.log"))
        finally:
            run(environment, "db", "stop")
    for made in (CATALOGUE, TIMELINE, REPORT):
        print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1024:.0f} kB")


def run(environment: dict[str, str], *words: str) -> None:
    """Run `staging-assets`, and stop when that fails."""
    done = subprocess.run(
        [BIN / "staging-assets", *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"staging-assets {' '.join(words)}:\n{done.stdout}{done.stderr}")


def take_report(html: Path) -> None:
    """The upper part of the report."""
    with opened(width=1000, height=960) as page:
        page.goto(html.as_uri())
        page.screenshot(path=REPORT)


def take_catalogue(environment: dict[str, str], log: Path) -> None:
    """The page of a table in the catalogue, and the timeline among a run's events."""
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(BIN / "staging-assets"), "dev", "--port", str(port)]
    with running(command, environment, ROOT, log), opened(width=1280, height=760) as page:
        wait_until(lambda: answers(address), "the page", log=log)
        page.goto(f"{address}/assets/staging/arrests")
        page.get_by_text("Hide navigation").click()
        page.get_by_text("Row count").wait_for()
        page.get_by_text("The department's own id").wait_for()
        page.mouse.move(0, 0)
        page.wait_for_timeout(2_000)  # until everything has faded in
        page.screenshot(path=CATALOGUE)
        page.goto(f"{address}/assets/staging/schema?view=events")
        page.get_by_text("Show Markdown").first.click()
        page.get_by_alt_text("what each worker built, and when").wait_for()
        page.wait_for_timeout(1_000)
        page.get_by_role("dialog").screenshot(path=TIMELINE)


if __name__ == "__main__":
    main()

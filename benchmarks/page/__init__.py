"""docs/performance.md: its tables, made of what was measured."""

from benchmarks.page.blocks import build_blocks
from benchmarks.page.targets import Target, find_targets
from benchmarks.page.write import DOCS, write_page

__all__ = ["DOCS", "Target", "build_blocks", "find_targets", "write_page"]

"""SVG as text: elements, and the sheet that a picture brings along where it stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

ALONE = """
text{font:11px system-ui,sans-serif;fill:#1f2328}
.page{fill:#fff}.line{stroke:#d0d7de}.lane{fill:#f3f5f7}.quiet{fill:#59636e}
.built{fill:#4c78c8}.chain{fill:#1d4e9e}.failed{fill:#c9372c}.on{fill:#fff}
"""
"""The colours of a picture that no page gives any: those of paper, whatever is around it."""


def element(name: str, *inside: str, text: str = "", **attributes: str | float) -> str:
    """One element; an underscore at the end of an attribute's name, and others in it, are SVG's.

    Args:
        name: of the element.
        inside: elements in it, as they are.
        text: in it; escaped.
        attributes: escaped; numbers are rounded to a tenth of a unit.
    """
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}={_spell(value)}" for key, value in attributes.items()
    )
    content = "".join(inside) + escape(text, quote=False)
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def picture(
    width: float, height: float, parts: Iterable[str], *, label: str, alone: bool = False
) -> str:
    """A whole picture.

    Args:
        width, height: in pixels.
        parts: elements.
        label: what it shows, for who cannot see it.
        alone: whether it stands in no page, and brings its own colours and ground.
    """
    sheet = element("style", text=ALONE.replace("\n", "")) if alone else ""
    ground = element("rect", class_="page", width=width, height=height) if alone else ""
    return element(
        "svg",
        sheet,
        ground,
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        role="img",
        aria_label=label,
    )


def _spell(value: str | float) -> str:
    return f'"{escape(value) if isinstance(value, str) else _number(value)}"'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

"""Pictures as text, so that a page needs no second file."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

LIGHT_INK, DARK_INK = "#222222", "#e4e7eb"
WIDEST = 900  # pixels: sharp at the width of the page, a tenth of the bytes of the file
BUDGET_BYTES = 24_000_000  # pictures of cells in one page: more makes a telephone's browser slow


@dataclass(frozen=True)
class TwoInks:
    """One drawing for light and for dark pages, as data URIs, and its width in CSS pixels."""

    light: str
    dark: str
    width: int
    height: int


def in_two_inks(draw: Callable[[str], Figure]) -> TwoInks:
    """Draw a figure for light and for dark pages.

    Args:
        draw: from the colour of the ink to a figure with a clear background.
    """
    figures = [draw(ink) for ink in (LIGHT_INK, DARK_INK)]
    width, height = (round(96 * inches) for inches in figures[0].get_size_inches())
    light, dark = map(_svg, figures)
    return TwoInks(light, dark, width, height)


def _svg(figure: Figure) -> str:
    text = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "iadtln"}):  # the same picture is the same text
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return uri(text.getvalue(), "svg+xml")


def uri(content: bytes, kind: str) -> str:
    """A data URI of a picture.

    Example:
        >>> uri(b"<svg/>", "svg+xml")
        'data:image/svg+xml;base64,PHN2Zy8+'
    """
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def in_webp(picture: Image.Image) -> str:
    """A picture as a data URI, made smaller if it is wider than 900 pixels."""
    small = io.BytesIO()
    picture.thumbnail((WIDEST, 2 * WIDEST), Image.Resampling.LANCZOS)
    picture.convert("RGB").save(small, "webp", quality=80, method=4)
    return uri(small.getvalue(), "webp")


class Album:
    """Pictures of runs made small, until a budget is used up.

    Attributes:
        left_out: files that did not fit.
    """

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self.remaining = budget_bytes
        self.left_out: list[Path] = []

    def add(self, path: Path) -> str | None:
        """A picture as a data URI, at most 900 pixels wide.

        Args:
            path: of a picture; it may be missing.

        Returns:
            None if it is missing, is no picture, or does not fit.
        """
        if not path.exists():
            return None
        try:
            with Image.open(path) as picture:
                text = in_webp(picture)
        except OSError:  # half a file of a killed run
            return None
        if len(text) > self.remaining:
            self.left_out.append(path)
            return None
        self.remaining -= len(text)
        return text

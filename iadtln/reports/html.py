"""What all pages share: the frame that they are put in, and numbers for people."""

from collections.abc import Callable, Mapping
from math import isnan
from pathlib import Path

import jinja2

from iadtln.benchmark.words import NOTHING, counted
from iadtln.files import written_whole


def write_page(
    path: Path, template: str, filters: Mapping[str, Callable[..., object]], **content: object
) -> Path:
    """Write a page that needs no second file, whole or not at all.

    Args:
        path: of the HTML file.
        template: its file, which extends ``base.html.j2``.
        filters: more of them than ``number``.
        content: what the template is told.

    Returns:
        The path.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("iadtln.reports", "template"),
        autoescape=True,  # an error message or the name of a file may hold anything
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, **filters}
    environment.globals |= {"counted": counted}
    text = environment.get_template(template).render(content)
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8")
    return path


def number(value: float | None, digits: int = 2) -> str:
    """A number for people; a dash for none.

    Example:
        >>> number(3.14159), number(float("nan"))
        ('3.14', '—')
    """
    return NOTHING if value is None or isnan(value) else f"{value:.{digits}f}"

"""What all pages share: the frame that they are put in."""

from collections.abc import Callable, Mapping
from pathlib import Path

import jinja2

from iadtln.benchmark.words import counted, number
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

"""A small catalogue of bearings whose geometry somebody has published."""

import csv
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from iadtln.signals.bearing import BearingGeometry

TABLE = Path(__file__).with_name("bearings.csv")


@dataclass(frozen=True)
class Bearing:
    """One line of the catalogue.

    Args:
        name: what its maker calls it.
        maker: who made it; the same name of another maker may have other balls.
        mounted_in: machine or data set that it is known from.
        geometry: diameters in the unit of the source, which the orders do not depend on.
        source: who published the geometry.
    """

    name: str
    maker: str
    mounted_in: str
    geometry: BearingGeometry
    source: str

    @property
    def title(self) -> str:
        """Maker, name and where it is known from, for tables and messages."""
        named = self.name if self.maker in self.name.split() else f"{self.maker} {self.name}"
        return f"{named} ({self.mounted_in})"


@lru_cache(maxsize=1)
def catalogue() -> tuple[Bearing, ...]:
    """Return all bearings of the catalogue, in the order of the file ``bearings.csv``."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Bearing(
                row["name"],
                row["maker"],
                row["mounted_in"],
                BearingGeometry(
                    int(row["num_balls"]),
                    float(row["ball_diameter"]),
                    float(row["pitch_diameter"]),
                    float(row["contact_angle_degrees"]),
                ),
                row["source"],
            )
            for row in csv.DictReader(file)
        )


def find_bearing(name: str) -> Bearing:
    """The bearing of a name, or of the beginning of one; case, blanks and hyphens do not count.

    Args:
        name: such as ``6205-2RS`` or ``SKF 6205``.

    Raises:
        ValueError: If the catalogue knows no such bearing, or several.

    Example:
        >>> find_bearing("6205-2rs").geometry.num_balls
        9
    """
    wanted = _plain(name)
    found = [bearing for bearing in catalogue() if wanted and _begins(bearing, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "; ".join(bearing.title for bearing in found)
        raise ValueError(f"'{name}' fits several bearings: {listed}; give more of the name")
    known = {_plain(bearing.name): bearing for bearing in catalogue()}
    near = [known[key].title for key in get_close_matches(wanted, known, n=3, cutoff=0.5)]
    hint = f"near it: {'; '.join(near)}" if near else "it holds " + listed_names()
    raise ValueError(
        f"the catalogue knows no bearing '{name}'; {hint}; or give the geometry itself "
        "(number of balls, ball diameter, pitch diameter, contact angle)"
    )


def listed_names() -> str:
    """The names of all bearings of the catalogue, in one line."""
    return ", ".join(bearing.title for bearing in catalogue())


def parse_geometry(text: str) -> BearingGeometry:
    """Geometry from numbers with commas between: balls, ball and pitch diameter, contact angle.

    Args:
        text: three numbers, or four with the contact angle in degrees.

    Raises:
        ValueError: If these are not the numbers of a bearing.

    Example:
        >>> parse_geometry("9, 7.94, 39.04").orders().bpfo.__round__(3)
        3.585
    """
    try:
        balls, *lengths = (float(part) for part in text.split(","))
    except ValueError:
        balls, lengths = 0.0, []
    if len(lengths) not in (2, 3) or balls != int(balls):
        raise ValueError(
            "expected a geometry as 'balls,ball diameter,pitch diameter' and perhaps ',contact "
            f"angle in degrees', such as 9,7.94,39.04; got '{text}'"
        )
    return BearingGeometry(int(balls), *lengths)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _begins(bearing: Bearing, wanted: str) -> bool:
    named, maker = _plain(bearing.name), _plain(bearing.maker)
    return any(full.startswith(wanted) for full in (named, maker + named))

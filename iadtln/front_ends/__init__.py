"""What stands between recordings and the network: module and callback in one, a file each."""

from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.raw import Raw

__all__ = ["FrontEnd", "Raw"]

"""A benchmark as one page that opens anywhere, offline."""

from iadtln.reports.page import write_report

__all__ = ["write_report"]

"""What can be wrong with recordings, each as one sentence: where, what was expected, what to do."""

from pathlib import Path


class DataError(ValueError):
    """A recording or a set of recordings cannot be used as asked."""


class MissingFileError(DataError, FileNotFoundError):
    """A file of the data set is not where it was looked for."""


class UnreadableFileError(DataError):
    """A file is truncated, in another format, or needs a library that is not installed."""


class LockedFileError(DataError, PermissionError):
    """A file is there, but this user may not read it."""


class TooLargeError(DataError, MemoryError):
    """A file holds, or its header claims, more than there is memory."""


class MissingVariableError(DataError):
    """A file holds no variable (column, channel) of the expected name."""


class NonFiniteSignalError(DataError):
    """A signal holds NaN or infinite samples."""


class ConstantChannelError(DataError):
    """A channel never changes: a dead sensor or a wrong column."""


class TooShortError(DataError):
    """A recording, or its part in a split, is shorter than one window."""


class SamplingRateError(DataError):
    """Recordings that should share a sampling rate or a speed do not, or one is not known."""


class LabelMismatchError(DataError):
    """The two domains do not hold the same classes."""


class EmptyDomainError(DataError):
    """A domain has no recordings, or none with labels where labels are needed."""


class LeakageError(DataError):
    """A raw sample, recording or bearing would stand on two sides of a split."""


def where(source: str | Path, recording_id: str) -> str:
    """Name a recording for an error message."""
    return f"recording '{recording_id}' ({source})" if source else f"recording '{recording_id}'"

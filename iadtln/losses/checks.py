"""What every comparison of two domains must be given."""

from torch import Tensor


def require_same_width(source: Tensor, target: Tensor) -> None:
    """Raise unless both are ``(batch, features)`` with the same number of features.

    Args:
        source: rows of the source domain.
        target: rows of the target domain; the batches may differ in size.

    Raises:
        ValueError: If one is not a matrix or the widths differ.
    """
    if source.ndim != 2 or target.ndim != 2 or source.shape[1] != target.shape[1]:
        raise ValueError(
            "source and target features must have the same width, "
            f"got {tuple(source.shape)} and {tuple(target.shape)}"
        )


def require_rows(source: Tensor, target: Tensor, at_least: int, why: str) -> None:
    """Raise unless both batches have enough rows.

    Args:
        source: rows of the source domain.
        target: rows of the target domain.
        at_least: the smallest number of rows that works.
        why: what needs them, the subject of the error's sentence.

    Raises:
        ValueError: If a batch is smaller.
    """
    if min(len(source), len(target)) < at_least:
        raise ValueError(
            f"{why} needs at least {at_least} rows per domain, got {len(source)} source and "
            f"{len(target)} target rows: use a larger batch or drop the last, smaller one"
        )

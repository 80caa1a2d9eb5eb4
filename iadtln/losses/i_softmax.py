"""I-Softmax: cross entropy with a margin for the true class."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iadtln.losses.precision import full_precision


def i_softmax(logits: Tensor, label: Tensor, shift: float = 0.0, scale: float = 1.0) -> Tensor:
    r"""Cross entropy after the logit :math:`z_c` of the true class was made worse.

    .. math:: z_c \to \begin{cases} z_c / y - x & z_c > 0 \\ y z_c - x & z_c \le 0 \end{cases}

    The network must overcome the loss of ``shift`` and ``scale`` to be as sure as before, which
    pulls the classes apart. With ``shift=0, scale=1`` it is the softmax cross entropy.

    Args:
        logits: shape ``(batch, classes)``.
        label: class numbers, shape ``(batch,)``.
        shift: the paper's :math:`x \ge 0`.
        scale: the paper's :math:`y \ge 1`.

    Returns:
        A scalar, the mean over the batch.

    Raises:
        ValueError: If a margin is out of range or the shapes do not fit.

    Example:
        >>> logits, label = torch.tensor([[4.0, 1.0]]), torch.tensor([0])
        >>> i_softmax(logits, label, shift=1.0, scale=2.0)  # 4 / 2 - 1 = 1: no better than class 1
        tensor(0.6931)

    Reference: Yang et al., Scientific Reports 2025, eq. 9; Qian et al., DDTLN, 2023.
    """
    _require_margins(shift, scale)
    if logits.ndim != 2 or label.shape != logits.shape[:1]:
        raise ValueError(
            "logits must be (batch, classes) and label (batch,), "
            f"got {tuple(logits.shape)} and {tuple(label.shape)}"
        )
    column = label[:, None]
    true = logits.gather(1, column)
    reduced = torch.where(true > 0, true / scale, true * scale) - shift
    return F.cross_entropy(logits.scatter(1, column, reduced), label)


class ISoftmax(nn.Module):
    """Classification loss with a margin; only for training, predictions use the plain logits.

    Args:
        shift: the margin x of the paper, at least 0: subtracted from the logit of the true class.
            The paper uses 16 for CWRU and JNU, 0 for gears; 0 is no margin.
        scale: the margin y of the paper, at least 1: divides a positive logit of the true class
            and multiplies a negative one. The paper uses 3; 1 is no margin. Without both margins
            this is the softmax cross entropy.

    Reference: Yang et al., Scientific Reports 2025, eq. 9.
    """

    def __init__(self, shift: float = 0.0, scale: float = 1.0) -> None:
        super().__init__()
        _require_margins(shift, scale)
        self.shift = shift
        self.scale = scale

    @full_precision
    def forward(self, logits: Tensor, label: Tensor) -> Tensor:
        """Return the mean loss of ``logits (batch, classes)`` for ``label (batch,)``."""
        return i_softmax(logits, label, self.shift, self.scale)


def _require_margins(shift: float, scale: float) -> None:
    if not (shift >= 0 and scale >= 1):
        raise ValueError(
            f"I-Softmax needs shift >= 0 and scale >= 1, got shift={shift} and scale={scale}"
        )

"""When to raise an alarm: thresholds with a set rate of false ones, from what was healthy."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
import torch
from scipy import optimize, special, stats
from torch import Tensor

NODES = 400  # of the quadrature over what a baseline does not know of mean and deviation
SHORTEST = 10  # values in a baseline; of fewer nobody knows a deviation


def first_alarm(values: Tensor, threshold: float, consecutive: int, begin: int = 0) -> int | None:
    """The first snapshot at which so many values in a row lie above a threshold.

    Nothing later than that snapshot is looked at, so a person would have been told then.

    Args:
        values: shape ``(snapshots,)``.
        threshold: to be passed.
        consecutive: how many in a row; the last of them is the alarm.
        begin: number of the first snapshot that counts.

    Returns:
        The number of the snapshot, or None.

    Example:
        >>> first_alarm(torch.tensor([0.0, 9.0, 0.0, 7.0, 8.0, 9.0]), 5.0, consecutive=2)
        4
    """
    above = values[begin:] > threshold
    if len(above) < consecutive:
        return None
    runs = above.unfold(0, consecutive, 1).all(-1)  # (starts of a run,)
    hits = runs.nonzero()
    return int(hits[0]) + consecutive - 1 + begin if len(hits) else None


def false_alarm_probability(baseline: int, rank: int, consecutive: int) -> float:
    r"""Probability that new healthy values all pass the r-th greatest of the baseline.

    All orders of :math:`n` old and :math:`k` new values are equally probable, whatever their
    distribution; in those that count, the :math:`k` new and :math:`r - 1` old ones are on top:

    .. math:: P = \prod_{i=0}^{k-1} \frac{r + i}{n + 1 + i}

    Args:
        baseline: :math:`n`, healthy values.
        rank: :math:`r` of the threshold, 1 for the greatest.
        consecutive: :math:`k`, new values.

    Example:
        >>> false_alarm_probability(baseline=99, rank=1, consecutive=1)
        0.01
    """
    steps = np.arange(consecutive)
    return float(np.prod((rank + steps) / (baseline + 1 + steps)))


class Alarm(ABC):
    """Threshold from the first snapshots, and so many values in a row above it.

    Args:
        baseline: first snapshots, taken as healthy; a number and not a share of the life, which
            nobody knows while the machine runs.
        false_alarm_rate: probability that a healthy machine is in alarm at a given snapshot: with
            1e-4, once in 10,000 snapshots, on average over machines. It holds for each indicator
            by itself, and if its values do not depend on each other.
        consecutive: values in a row above the threshold that make an alarm.
        skip: snapshots before the baseline that are left out, while the machine runs in.
        margin: the threshold lies at least this share above the median of the baseline: small
            drifts are no damage. It only makes false alarms rarer.

    Raises:
        ValueError: If one of them is out of range.
    """

    def __init__(
        self,
        baseline: int = 100,
        false_alarm_rate: float = 1e-4,
        consecutive: int = 5,
        skip: int = 0,
        margin: float = 0.0,
    ) -> None:
        if baseline < SHORTEST or consecutive < 1 or skip < 0 or not 0 < false_alarm_rate < 1:
            raise ValueError(
                f"expected baseline >= {SHORTEST}, consecutive >= 1, skip >= 0 and a "
                "false_alarm_rate between 0 and 1, got "
                f"{baseline}, {consecutive}, {skip} and {false_alarm_rate}"
            )
        if margin < 0:
            raise ValueError(f"expected a margin of 0 or more, got {margin}")
        self.baseline, self.skip, self.margin = baseline, skip, margin
        self.false_alarm_rate, self.consecutive = false_alarm_rate, consecutive

    @property
    def begin(self) -> int:
        """Number of the first snapshot that is watched."""
        return self.skip + self.baseline

    def healthy(self, values: Tensor) -> Tensor:
        """The baseline's part of the values."""
        return values[self.skip : self.begin]

    @abstractmethod
    def threshold(self, healthy: Tensor) -> Tensor:
        """The value above which ``consecutive`` new ones lie at the false-alarm rate.

        Args:
            healthy: shape ``(..., baseline)``.

        Returns:
            Shape ``(...)``.
        """

    def __call__(self, values: Tensor) -> tuple[float, int | None]:
        """Look for the onset of an alarm.

        Args:
            values: of one indicator in order of time, finite, shape ``(snapshots,)``.

        Returns:
            The threshold, NaN while the baseline is not complete, and the number of the snapshot at
            which an alarm is raised, or None.
        """
        if len(values) < self.begin:
            return float("nan"), None
        healthy = self.healthy(values)
        middle = float(healthy.quantile(0.5))  # median() takes the lower of two
        threshold = max(float(self.threshold(healthy)), middle + self.margin * abs(middle))
        return threshold, first_alarm(values, threshold, self.consecutive, self.begin)


class RankAlarm(Alarm):
    """Threshold is one of the greatest healthy values: no distribution is assumed.

    The rate of false alarms is exact for every distribution (see ``false_alarm_probability``), and
    at most the one set, as ranks are whole numbers.

    Args:
        baseline: first snapshots, taken as healthy.
        false_alarm_rate: probability that a healthy machine is in alarm at a given snapshot, for
            each indicator by itself, if its values do not depend on each other.
        consecutive: values in a row above the threshold that make an alarm; more of them allow a
            lower threshold and delay the alarm.
        skip: snapshots before the baseline that are left out, while the machine runs in.
        margin: the threshold lies at least this share above the median of the baseline: small
            drifts are no damage. It only makes false alarms rarer.

    Raises:
        ValueError: If so small a rate needs a longer baseline or more values in a row.
    """

    def __init__(
        self,
        baseline: int = 100,
        false_alarm_rate: float = 1e-4,
        consecutive: int = 5,
        skip: int = 0,
        margin: float = 0.0,
    ) -> None:
        super().__init__(baseline, false_alarm_rate, consecutive, skip, margin)
        least = false_alarm_probability(baseline, 1, consecutive)
        if least > false_alarm_rate:
            raise ValueError(
                f"a baseline of {baseline} snapshots and {consecutive} values in a row allow a "
                f"false_alarm_rate of {least:.2g} at the least, got {false_alarm_rate:g}; lengthen "
                "one of them, or use NormalAlarm"
            )

    @cached_property
    def rank(self) -> int:
        """The threshold's place among the healthy values, 1 for the greatest."""
        return max(
            rank
            for rank in range(1, self.baseline + 1)
            if false_alarm_probability(self.baseline, rank, self.consecutive)
            <= self.false_alarm_rate
        )

    def threshold(self, healthy: Tensor) -> Tensor:
        """The healthy value of this rank, shape ``(...)``."""
        return healthy.sort(-1, descending=True).values[..., self.rank - 1]


class NormalAlarm(Alarm):
    r"""Threshold at so many deviations above the healthy mean, for normally distributed values.

    With the mean and deviation of the baseline known only from its :math:`n` values, the factor
    :math:`c` solves

    .. math:: E\Bigl[\bigl(1 - \Phi(c\,s + m)\bigr)^k\Bigr] = \alpha, \qquad
        m \sim N(0, \tfrac{1}{n}), \; s^2 \sim \tfrac{\chi^2_{n-1}}{n-1},

    for one value in a row the factor :math:`t_{n-1, 1-\alpha} \sqrt{1 + 1/n}` of Student's
    prediction limit. It reaches smaller rates than ranks do, and is wrong where values are skew.

    Args:
        baseline: first snapshots, taken as healthy.
        false_alarm_rate: probability that a healthy machine is in alarm at a given snapshot, for
            each indicator by itself, if its values are normal and do not depend on each other.
        consecutive: values in a row above the threshold that make an alarm.
        skip: snapshots before the baseline that are left out, while the machine runs in.
        margin: the threshold lies at least this share above the median of the baseline: small
            drifts are no damage. It only makes false alarms rarer.
    """

    @cached_property
    def factor(self) -> float:
        """Deviations between the healthy mean and the threshold, c."""
        n, rate = self.baseline, self.false_alarm_rate
        student = float(stats.t.isf(rate, n - 1) * np.sqrt(1 + 1 / n))
        if self.consecutive == 1:
            return student
        # trapezium rule; small rates come from small deviations, so it goes over their logarithm
        tail = 1e-9 * rate  # left out at each end
        mean = np.linspace(stats.norm.ppf(tail), stats.norm.isf(tail), NODES)
        ends = stats.chi2.ppf(tail, n - 1), stats.chi2.isf(tail, n - 1)
        square = np.geomspace(*ends, NODES)[:, None]
        weight = stats.chi2.pdf(square, n - 1) * square * stats.norm.pdf(mean)
        weight, mean = weight / weight.sum(), mean / np.sqrt(n)
        deviation = np.sqrt(square / (n - 1))

        def excess(c: float) -> float:
            tails = stats.norm.logsf(c * deviation + mean) * self.consecutive
            return float(special.logsumexp(tails, b=weight) - np.log(rate))

        return float(optimize.brentq(excess, -50.0, student))  # one in a row is more probable

    def threshold(self, healthy: Tensor) -> Tensor:
        """So many deviations above the mean, shape ``(...)``."""
        return healthy.mean(-1) + self.factor * healthy.std(-1)


def autocorrelation(healthy: Tensor) -> float:
    """Correlation of each value with the next, about the mean: 0 if they do not depend.

    Args:
        healthy: shape ``(snapshots,)``.

    Returns:
        Zero for a constant.
    """
    centred = healthy - healthy.mean()
    power = centred.square().sum()
    return float(torch.where(power == 0, 0.0, (centred[1:] * centred[:-1]).sum() / power))

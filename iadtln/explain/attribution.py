"""Which samples of a window a network's answer rests on: integrated gradients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

Network = Callable[[Tensor], Tensor]


class Attribution(NamedTuple):
    """Shares of a logit.

    Args:
        shares: of each sample, the shape of the input; positive speaks for the class.
        gap: what the shares lack of the logit's rise from the baseline, shape ``(batch,)``; small
            if there are enough steps.
    """

    shares: Tensor
    gap: Tensor


class Method(Protocol):
    """What is used of captum's methods, which carry few types."""

    def attribute(self, signal: Tensor, **options: object) -> tuple[Tensor, Tensor]:
        """Return shares and what they lack."""


def integrated_gradients(
    network: Network,
    signal: Tensor,
    target: Tensor,
    *,
    baseline: Tensor | None = None,
    steps: int = 64,
    batch_size: int = 256,
) -> Attribution:
    r"""Share of each sample in the logit of a class, along the way from a baseline.

    .. math:: a_i = (x_i - x'_i) \int_0^1
        \frac{\partial f(x' + \alpha (x - x'))}{\partial x_i} d\alpha, \qquad
        \sum_i a_i = f(x) - f(x')

    Of a network behind a front end that standardises, attribute the front end's output: such a
    front end makes all points of the way alike, so that its gradients along it are zero.

    Args:
        network: inputs to logits, in evaluation mode.
        signal: inputs, shape ``(batch, channels, time)``.
        target: number of the class of each, shape ``(batch,)``.
        baseline: :math:`x'`, of the shape of ``signal``; silence by default.
        steps: points of the Gauss-Legendre rule.
        batch_size: points that go through the network at a time.

    Raises:
        ModuleNotFoundError: If captum is not installed.

    Reference: Sundararajan et al., Axiomatic attribution for deep networks, ICML 2017, eq. 1.
    """
    method = captum_method()(network)
    start = torch.zeros_like(signal) if baseline is None else baseline
    shares, gap = method.attribute(
        signal.detach(),
        baselines=start,
        target=target,
        n_steps=steps,
        method="gausslegendre",
        internal_batch_size=max(batch_size, len(signal)),
        return_convergence_delta=True,
    )
    return Attribution(shares.detach(), gap.detach())


def captum_method() -> Callable[[Network], Method]:
    """Captum's integrated gradients, fetched when asked for: it is an extra.

    Raises:
        ModuleNotFoundError: With what to install.
    """
    try:
        from captum.attr import IntegratedGradients  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the network's side of an explanation needs captum, which is not installed; install "
            "it with: pip install 'iadtln[explain]'"
        ) from error
    method: Callable[[Network], Method] = IntegratedGradients
    return method


@contextmanager
def behind_front_end(network: nn.Module, classifier: nn.Module) -> Iterator[Network]:
    """The network without what is hooked before it, for inputs that are past the front end.

    Args:
        network: windows to features; a front end hangs on it as a hook.
        classifier: features to logits.

    Yields:
        A function from network inputs to logits, in evaluation mode.
    """
    training = network.training

    def logits(signal: Tensor) -> Tensor:
        result: Tensor = classifier(network.forward(signal))  # forward runs no hooks
        return result

    network.eval()
    try:
        yield logits
    finally:
        network.train(training)

"""What the channels of a network do: gates of squeeze-excitation, answers of the first layer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from iadtln.networks import ConvBlock, SqueezeExcitation
from iadtln.networks.pulse_cnn import channel_score

Forward = Callable[[Tensor], Tensor]


def gates(network: nn.Module, forward: Forward, signal: Tensor) -> dict[str, Tensor]:
    """How far each squeeze-excitation of a network opens its channels for each window.

    Args:
        network: that holds them.
        forward: what runs it, such as the network itself.
        signal: inputs of ``forward``, shape ``(batch, channels, time)``.

    Returns:
        Factors between 0 and 1 of shape ``(batch, channels)``, by the name of the module; empty for
        a network without any.
    """
    wanted: dict[str, nn.Module] = {
        name: module.gate
        for name, module in network.named_modules()
        if isinstance(module, SqueezeExcitation)
    }
    return outputs_of(wanted, forward, signal)


def mean_by_class(values: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Mean of the rows of each class.

    Args:
        values: shape ``(batch, channels)``.
        label: class number of each row, shape ``(batch,)``.
        num_classes: number of classes.

    Returns:
        Shape ``(num_classes, channels)``; NaN for a class without rows.
    """
    member = (label[:, None] == torch.arange(num_classes, device=label.device)).to(values.dtype)
    return member.T @ values / member.sum(0)[:, None]


def first_layer_score(network: nn.Module, forward: Forward, signal: Tensor) -> Tensor | None:
    """Which samples the first layer answers to: the paper's score over its channels.

    Args:
        network: whose first convolution is meant.
        forward: what runs it.
        signal: its inputs, shape ``(batch, channels, time)``.

    Returns:
        Between 0 and 1, shape ``(batch, time)``; None for a network without a convolution that
        this knows.
    """
    found = (m for m in network.modules() if isinstance(m, ConvBlock | nn.ReLU))
    first = next(found, None)
    if first is None:
        return None
    activations = outputs_of({"first": first}, forward, signal)["first"]
    if activations.ndim != 3:
        return None
    return channel_score(activations, signal.shape[-1])


def outputs_of(
    modules: dict[str, nn.Module], forward: Forward, signal: Tensor
) -> dict[str, Tensor]:
    """What some modules give while a signal goes through a network, without gradients.

    Args:
        modules: by any name.
        forward: runs the network.
        signal: its inputs.
    """
    caught: dict[str, Tensor] = {}

    def catch(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda module, inputs, output: caught.update({name: output.detach()})

    handles = [module.register_forward_hook(catch(name)) for name, module in modules.items()]
    try:
        with torch.no_grad():
            forward(signal)
    finally:
        for handle in handles:
            handle.remove()
    return caught

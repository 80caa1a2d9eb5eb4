r"""Variational mode decomposition: a signal as a sum of narrow bands that find their own places.

The published algorithm mirrors the signal at both ends and updates complex spectra
:math:`\hat u_k`. Started from zero, each of them stays the signal's spectrum :math:`\hat f` times a
real gain :math:`c_k`, because every update is linear in :math:`\hat f` with real factors. So only
gains are iterated here, on the bins 0 to N - 1 of the mirrored signal of 2 N samples, and one
inverse transform at the end makes modes of them.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

CHUNK = 2**22  # gains held at once, so that memory does not grow with the batch
DROP_EVERY = 10  # updates between two looks at which windows have finished: each waits for a GPU

Stop = Literal["absolute", "relative"]


class VariationalModes(NamedTuple):
    """What ``vmd`` found.

    Args:
        modes: shape ``(..., modes, time)``; they add up to about the signal.
        centre_frequencies: centre of gravity of each mode's power, in cycles per sample,
            shape ``(..., modes)``.
        iterations: updates that were made, shape ``(...)``.
    """

    modes: Tensor
    centre_frequencies: Tensor
    iterations: Tensor


def vmd(
    signal: Tensor,
    modes: int = 5,
    alpha: float | Tensor = 2000.0,
    tau: float = 0.0,
    tolerance: float = 1e-7,
    max_iterations: int = 500,
    stop: Stop = "absolute",
) -> VariationalModes:
    r"""Split signals into modes, each about one centre frequency.

    From :math:`u_k = 0`, :math:`\lambda = 0` and :math:`\omega_k = k / 2K`, in each iteration for
    every mode in turn, with the newest :math:`u_i` and the last iteration's :math:`\omega_k`,

    .. math::
        u_k = \frac{f - \sum_{i \ne k} u_i - \lambda / 2}{1 + \alpha (\omega - \omega_k)^2} \qquad
        \omega_k = \frac{\sum \omega |u_k|^2}{\sum |u_k|^2} \qquad
        \lambda \leftarrow \lambda + \tau \Bigl(\sum_k u_k - f\Bigr)

    until the change falls to the tolerance. As in the public codes it is the iterate *before* the
    last that is returned. Unlike them, the signal is mirrored whole, so an odd length loses no
    sample; the component at half the sampling rate, which a mirrored signal does not have, is not
    made up; a mode without energy keeps its frequency; and the first update, whose change is a
    step from zero, never ends the search, so that a faint signal is not returned as zeros.

    On the CPU the gains are iterated by numba, in as many threads as PyTorch may use; elsewhere by
    PyTorch. Gradients pass through the modes with the gains held fixed.

    Args:
        signal: float32 or float64, shape ``(..., time)``.
        modes: how many, :math:`K`.
        alpha: penalty on the bandwidth, of all signals or, as a tensor that broadcasts with the
            leading dimensions, of each. The paper's :math:`\alpha` is half of this number.
        tau: step of the multipliers; 0 leaves noise out of the sum of the modes.
        tolerance: change at which to stop.
        max_iterations: iterates at most, the start among them as in the public codes: one update
            fewer is made.
        stop: ``absolute``: the change is :math:`\sum_k \lVert \Delta u_k \rVert^2 / 2N`, which
            depends on the signal's unit (the public codes); ``relative``:
            :math:`\sum_k \lVert \Delta u_k \rVert^2 / \lVert u_k \rVert^2` (the paper).

    Returns:
        Modes in the order of their start, low frequencies first; centre frequencies; iterations.

    Raises:
        ValueError: If the signal is no real floating-point one of two samples or more, or an
            option is out of its range.

    Example:
        >>> time = torch.arange(400) / 400
        >>> tones = torch.cos(2 * torch.pi * 20 * time) + torch.cos(2 * torch.pi * 100 * time)
        >>> vmd(tones, modes=2).centre_frequencies
        tensor([0.0500, 0.2500])

    Reference: Dragomiretskiy and Zosso, Variational mode decomposition, IEEE TSP 2014, algorithm 2.
    """
    time = signal.shape[-1] if signal.ndim else 0
    penalty = torch.as_tensor(alpha, dtype=signal.dtype, device=signal.device)
    _check(signal, time, modes, penalty, max_iterations, stop)
    batch = (signal[..., 0] + penalty).shape
    rows = signal.expand(*batch, time).reshape(-1, time)
    penalty = penalty.expand(batch).reshape(-1)
    split = rows.new_empty(len(rows), modes, time)
    centres = rows.new_empty(len(rows), modes)
    iterations = torch.empty(len(rows), dtype=torch.long, device=rows.device)
    size = max(1, CHUNK // (modes * time))
    for first in range(0, len(rows), size):
        part = slice(first, first + size)
        spectrum = _mirrored_spectrum(rows[part])
        power = spectrum.detach().abs().square()
        options = (penalty[part], modes, tau, tolerance, max_iterations, stop)
        gains, centres[part], iterations[part] = _solve(power, *options)
        filtered = torch.fft.irfft(gains * spectrum[:, None], n=2 * time)
        split[part] = filtered[..., :time]
    return VariationalModes(
        split.reshape(*batch, modes, time),
        centres.reshape(*batch, modes),
        iterations.reshape(batch),
    )


def _check(
    signal: Tensor, time: int, modes: int, alpha: Tensor, max_iterations: int, stop: str
) -> None:
    if signal.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"expected a signal of float32 or float64, got {signal.dtype}; convert it")
    if time < 2:
        raise ValueError(f"expected signals of at least 2 samples, got shape {tuple(signal.shape)}")
    if modes < 1:
        raise ValueError(f"expected at least one mode, got modes={modes}")
    if not bool((alpha >= 0).all()):
        raise ValueError(f"expected alpha of at least 0, got {alpha.min():g}")
    if max_iterations < 3:
        raise ValueError(
            "expected max_iterations of at least 3 (the start, an iterate to return and one to "
            f"compare it with), got {max_iterations}"
        )
    if stop not in ("absolute", "relative"):
        raise ValueError(f"expected stop to be 'absolute' or 'relative', got {stop!r}")


def _mirrored_spectrum(rows: Tensor) -> Tensor:
    """Bins 0 to N - 1 of the signal followed by its mirror image; the bin at N is zero."""
    spectrum: Tensor = torch.fft.rfft(torch.cat([rows, rows.flip(-1)], dim=-1))
    return spectrum[:, :-1]


def _solve(
    power: Tensor,
    alpha: Tensor,
    modes: int,
    tau: float,
    tolerance: float,
    max_iterations: int,
    stop: Stop,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gains, centre frequencies and iterations, by whichever path suits the device."""
    if power.device.type == "cpu":
        from iadtln.signals.vmd_numba import wiener_gains  # here: numba takes a second to load

        return wiener_gains(power, alpha, modes, tau, tolerance, max_iterations, stop)
    return _wiener_gains(power, alpha, modes, tau, tolerance, max_iterations, stop)


class _Iterate(NamedTuple):
    """Where the windows stand; the first dimension of each field counts them."""

    gains: Tensor  # (rows, modes, bins)
    centres: Tensor  # (rows, modes)
    energy: Tensor  # (rows, modes)
    dual: Tensor  # (rows, bins), the multipliers divided by the spectrum
    updates: Tensor  # (rows,), the one that tells when to stop among them


@torch.no_grad()
def _wiener_gains(
    power: Tensor,
    alpha: Tensor,
    modes: int,
    tau: float,
    tolerance: float,
    max_iterations: int,
    stop: Stop,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gains, centre frequencies and iterations in PyTorch; ``vmd_numba`` has the same."""
    solved, state = _start(power, modes), _start(power, modes)
    place = torch.arange(len(power), device=power.device)
    running = torch.ones_like(place, dtype=torch.bool)
    for update in range(1, max_iterations - 1):
        new, change = _advance(state, power, alpha, tau)
        if update > 1:
            running &= _total(change, state.energy, power.shape[-1], stop) > tolerance
        # a window that has settled keeps the iterate before the one that showed it
        state = _Iterate(
            *(torch.where(_like(running, a), a, b) for a, b in zip(new, state, strict=True))
        )
        if update % DROP_EVERY == 0 and not bool(running.all()):
            _store(solved, place, state)
            state = _Iterate(*(field[running] for field in state))
            power, alpha, place = power[running], alpha[running], place[running]
            running = running[running]
    _store(solved, place, state)
    return solved.gains, solved.centres, solved.updates


def _start(power: Tensor, modes: int) -> _Iterate:
    rows, bins = power.shape
    centres = 0.5 / modes * torch.arange(modes, dtype=power.dtype, device=power.device)
    return _Iterate(
        gains=power.new_zeros(rows, modes, bins),
        centres=centres.repeat(rows, 1),
        energy=power.new_zeros(rows, modes),
        dual=power.new_zeros(rows, bins),
        updates=torch.ones(rows, dtype=torch.long, device=power.device),
    )


def _advance(state: _Iterate, power: Tensor, alpha: Tensor, tau: float) -> tuple[_Iterate, Tensor]:
    """One update of every mode, and the power of each mode's change, ``(rows, modes)``."""
    bins = power.shape[-1]
    frequency = torch.arange(bins, dtype=power.dtype, device=power.device) / (2 * bins)
    gains = (frequency - state.centres[..., None]).square_()
    gains.mul_(alpha[:, None, None]).add_(1.0).reciprocal_()  # the Wiener filters
    residual = 1.0 - state.gains.sum(1) - state.dual / 2
    for mode in range(gains.shape[1]):
        residual += state.gains[:, mode]
        gains[:, mode] *= residual
        residual -= gains[:, mode]
    change = (gains - state.gains).square_().mul_(power[:, None]).sum(-1)
    density = gains.square().mul_(power[:, None])
    energy = density.sum(-1)
    moment = density.mul_(frequency).sum(-1)
    centres = torch.where(energy > 0, moment / energy, state.centres)
    dual = state.dual + tau * (gains.sum(1) - 1.0)
    return _Iterate(gains, centres, energy, dual, state.updates + 1), change


def _total(change: Tensor, energy: Tensor, bins: int, stop: Stop) -> Tensor:
    """Change of all modes together, as ``stop`` measures it, shape ``(rows,)``."""
    if stop == "absolute":
        # eps as in the public codes: a tolerance of zero is never reached
        return change.sum(-1) / (2 * bins) + torch.finfo(torch.float64).eps
    return torch.where(change > 0, change / energy, 0.0).sum(-1)


def _like(mask: Tensor, field: Tensor) -> Tensor:
    return mask.reshape(-1, *[1] * (field.ndim - 1))


def _store(solved: _Iterate, place: Tensor, state: _Iterate) -> None:
    for whole, part in zip(solved, state, strict=True):
        whole[place] = part

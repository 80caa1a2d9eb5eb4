"""Milliseconds a window of signal processing, ours beside the reference libraries.

    python benchmarks/front_ends.py [--threads 1 2] [--rounds 3] [--only mckd fmd] [--output FILE]

Ours works on a batch of 64 windows, the references on one window after another, as they are made
for. All take turns in one process, so that whatever else the machine does hits each of them. CPU
time counts (of all threads), wall time stands beside it. See benchmarks/README.md.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from dense_mckd import dense_mckd
from torch import Tensor
from turns import BATCH, Array, Case, both, compare, one_by_one, windows

from iadtln.signals.fmd import fmd
from iadtln.signals.kurtogram import kurtogram
from iadtln.signals.mckd import mckd
from iadtln.signals.mckd_population import mckd_population, prepare_records
from iadtln.signals.permutation_entropy import permutation_entropy
from iadtln.signals.resampling import resample_by_angle
from iadtln.signals.vmd import vmd

MEMBERS = 50


def mckd_cases() -> Iterator[Case]:
    for samples in (2048, 8192):
        signal = windows(samples)
        forms = both(lambda x: mckd(x, 100, 100, 3, 30), signal)
        forms["dense NumPy"] = one_by_one(lambda x: dense_mckd(x, 100, 100, 3, 30), signal, 4)
        yield Case("MCKD, L 100, T 100, M 3, 30 iterations", samples, forms)


def population_cases() -> Iterator[Case]:
    generator = torch.Generator().manual_seed(0)
    for samples in (8192, 32768):
        taps = torch.randint(2, 701, (MEMBERS,), generator=generator)
        period = torch.randint(800, 1401, (MEMBERS,), generator=generator)
        signal = windows(samples, 1)[0]

        def ours(
            dtype: torch.dtype, x: Tensor = signal, n: Tensor = taps, t: Tensor = period
        ) -> object:
            return mckd_population(prepare_records(x.to(dtype)), n, t)

        def dense(x: Tensor = signal, n: Tensor = taps, t: Tensor = period) -> object:
            return [dense_mckd(x.numpy(), int(n[i]), int(t[i]), 1, 30) for i in range(5)]

        yield Case(
            f"MCKD, population of {MEMBERS} on one record, L <= 700",
            samples,
            {
                "ours float32": (lambda ours=ours: ours(torch.float32), MEMBERS),
                "ours float64": (lambda ours=ours: ours(torch.float64), MEMBERS),
                "dense NumPy": (dense, 5),
            },
        )


def fmd_cases() -> Iterator[Case]:
    import pysdkit

    def reference(row: Array) -> object:
        options = {"fs": 20000, "mode_num": 3, "filter_size": 60, "cut_num": 7, "max_iter_num": 20}
        return pysdkit.FMD(**options).fit_transform(row)

    for samples in (2048, 8192):
        signal = windows(samples)
        forms = both(lambda x: fmd(x, 60, 7, 3, 20), signal)
        yield Case(
            "FMD, n 3, K 7, L 60", samples, {**forms, "PySDKit": one_by_one(reference, signal, 1)}
        )


def vmd_cases() -> Iterator[Case]:
    import fast_vmdpy
    import vmdpy

    for samples in (2048, 8192):
        signal = windows(samples)
        yield Case(
            "VMD, K 5, alpha 2000, tolerance 1e-7",
            samples,
            {
                **both(lambda x: vmd(x, 5, 2000.0), signal),
                "fast-vmdpy": one_by_one(
                    lambda x: fast_vmdpy.VMD(x, 2000.0, 0.0, 5, False, 1, 1e-7), signal, 4
                ),
                "vmdpy": one_by_one(lambda x: vmdpy.VMD(x, 2000.0, 0.0, 5, 0, 1, 1e-7), signal, 1),
            },
        )


def entropy_cases() -> Iterator[Case]:
    import antropy

    for samples in (2048, 8192):
        signal = windows(samples)
        forms = both(lambda x: permutation_entropy(x, 6), signal)
        forms["antropy"] = one_by_one(
            lambda x: antropy.perm_entropy(x, 6, normalize=True), signal, BATCH
        )
        yield Case("permutation entropy, m 6", samples, forms)


def kurtogram_cases() -> Iterator[Case]:
    from pysdkit.utils._kurtogram import fast_kurtogram

    for samples in (2048, 8192):
        signal = windows(samples)
        forms = both(lambda x: kurtogram(x, 4), signal)
        forms["PySDKit"] = one_by_one(lambda x: fast_kurtogram(x, 4), signal, 16)
        yield Case("fast kurtogram, level 4", samples, forms)


def order_cases() -> Iterator[Case]:
    try:
        from rota.angle import angular_resample
    except ImportError:  # GPL: not among the extras, pip install rota-order to compare
        return
    for samples in (2048, 8192):
        signal, rpm = windows(samples), 60.0 * np.linspace(25.0, 35.0, samples)
        forms = both(lambda x, rpm=rpm: resample_by_angle(x, 12000.0, rpm, 128.0), signal)
        forms["rota-order"] = one_by_one(
            lambda x, rpm=rpm: angular_resample(x, 12000.0, rpm, samples_per_rev=128, upsample=6),
            signal,
            BATCH,
        )
        yield Case("order tracking, 25 to 35 Hz, 128 a turn, error 1e-4", samples, forms)


CASES: dict[str, Callable[[], Iterator[Case]]] = {
    "mckd": mckd_cases,
    "population": population_cases,
    "fmd": fmd_cases,
    "vmd": vmd_cases,
    "entropy": entropy_cases,
    "kurtogram": kurtogram_cases,
    "order": order_cases,
}


if __name__ == "__main__":
    compare(CASES, "front_ends", __doc__.splitlines()[0])

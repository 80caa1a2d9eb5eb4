"""Milliseconds a window of entropies, ours beside the reference libraries.

    python benchmarks/features.py [--threads 1 2] [--rounds 3] [--only slope fuzzy] [--output FILE]

Windows of 1024 samples, a batch of 64 for ours, one after another for the references; VMD on one
record of 20,480 samples. neurokit2 takes part where it is installed. See benchmarks/README.md.
"""

import contextlib
import importlib
import io
from collections.abc import Callable, Iterator

from turns import BATCH, Array, Case, both, compare, one_by_one, windows

from iadtln.signals import (
    cmse,
    dispersion_entropy,
    ecmse,
    fuzzy_entropy,
    permutation_entropy,
    slope_entropy,
    vmd,
    weighted_permutation_entropy,
)

SAMPLES = 1024


def silent(function: Callable[[Array], object]) -> Callable[[Array], object]:
    """A reference that prints dots while it works."""

    def call(row: Array) -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return function(row)

    return call


def neurokit(name: str, number: int, **options: object) -> dict[str, object]:
    """A form of neurokit2, if that is installed."""
    try:
        function = getattr(importlib.import_module("neurokit2"), name)
    except ImportError:
        return {}
    signal = windows(SAMPLES)
    return {"neurokit2": one_by_one(lambda x: function(x, **options), signal, number)}


def slope_cases() -> Iterator[Case]:
    import EntropyHub

    signal = windows(SAMPLES)
    forms = both(lambda x: slope_entropy(x, 4, 1.0, 0.0875), signal)
    forms["EntropyHub"] = one_by_one(
        lambda x: EntropyHub.SlopEn(x, m=4, Lvls=(5, 45)), signal, BATCH // 4
    )
    forms |= neurokit("entropy_slope", BATCH // 4, dimension=4)
    yield Case("slope entropy, m 4", SAMPLES, forms)


def cmse_cases() -> Iterator[Case]:
    import EntropyHub

    signal = windows(SAMPLES)
    setting = EntropyHub.MSobject("SlopEn", m=4, Lvls=(5, 45))
    reference = silent(lambda x: EntropyHub.cMSEn(x, setting, Scales=8))
    forms = both(lambda x: cmse(x, 8, 4, 1.0, 0.0875), signal)  # 45 and 5 degrees
    yield Case(
        "CMSE, 8 scales, m 4", SAMPLES, {**forms, "EntropyHub": one_by_one(reference, signal, 4)}
    )
    forms = both(lambda x: ecmse(x, 8, 4, 1.0, 0.0875), signal)  # no library has it
    yield Case(
        "ECMSE, 8 scales, m 4, beside CMSE of EntropyHub",
        SAMPLES,
        {**forms, "EntropyHub": one_by_one(reference, signal, 4)},
    )


def fuzzy_cases() -> Iterator[Case]:
    import EntropyHub

    signal = windows(SAMPLES)
    forms = both(lambda x: fuzzy_entropy(x, 2), signal)
    forms["EntropyHub"] = one_by_one(
        lambda x: EntropyHub.FuzzEn(x, m=2, r=((0.15 * x.std()) ** 2, 2.0)), signal, 4
    )
    forms |= neurokit("entropy_fuzzy", 4, dimension=2)
    yield Case("fuzzy entropy, m 2", SAMPLES, forms)


def permutation_cases() -> Iterator[Case]:
    import antropy
    import ordpy

    signal = windows(SAMPLES)
    forms = both(lambda x: permutation_entropy(x, 4), signal)
    forms["antropy"] = one_by_one(
        lambda x: antropy.perm_entropy(x, 4, normalize=True), signal, BATCH
    )
    yield Case("permutation entropy, m 4", SAMPLES, forms)
    forms = both(lambda x: weighted_permutation_entropy(x, 4), signal)
    forms["ordpy"] = one_by_one(
        lambda x: ordpy.weighted_permutation_entropy(x, dx=4), signal, BATCH // 4
    )
    yield Case("weighted permutation entropy, m 4", SAMPLES, forms)


def dispersion_cases() -> Iterator[Case]:
    import EntropyHub

    signal = windows(SAMPLES)
    forms = both(lambda x: dispersion_entropy(x, 3, 5), signal)
    forms["EntropyHub"] = one_by_one(
        silent(lambda x: EntropyHub.DispEn(x, m=3, c=5)), signal, BATCH // 8
    )
    yield Case("dispersion entropy, m 3, 5 classes", SAMPLES, forms)


def vmd_cases() -> Iterator[Case]:
    import fast_vmdpy

    signal = windows(20480, 1)
    forms = both(lambda x: vmd(x, 10, 2000.0), signal)
    forms["fast-vmdpy"] = one_by_one(
        lambda x: fast_vmdpy.VMD(x, 2000.0, 0.0, 10, False, 1, 1e-7), signal, 1
    )
    yield Case("VMD, K 10, alpha 2000, tolerance 1e-7", 20480, forms)


CASES: dict[str, Callable[[], Iterator[Case]]] = {
    "slope": slope_cases,
    "cmse": cmse_cases,
    "fuzzy": fuzzy_cases,
    "permutation": permutation_cases,
    "dispersion": dispersion_cases,
    "vmd": vmd_cases,
}

if __name__ == "__main__":
    compare(CASES, "features", __doc__.splitlines()[0])

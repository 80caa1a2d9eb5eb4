"""Would several seeds in one network be faster? Training steps of S networks, apart and as one.

    python benchmarks/stacked.py [--seeds 1 2 4 8] [--device cpu] [--output FILE.json]

The convolutions of the SE-CNN, S times: one network after another, and all as one network of S
groups (`Conv1d(groups=S)`, batch norm over S times the channels), forward and backward. Grouped
features and gradients must equal those of the single networks first. Why `benchmark` runs its seeds
in processes of their own: benchmarks/README.md.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

CHANNELS, KERNELS = (1, 16, 32, 64, 128), (15, 3, 3, 3)
BATCH, SAMPLES = 64, 1024  # 32 source and 32 target windows of configs/benchmarks/overview.yaml
ROUNDS = 7


def network(seeds: int) -> nn.Sequential:
    """Convolutions, batch norms and pooling of the SE-CNN for so many seeds."""
    layers: list[nn.Module] = []
    for before, after, kernel in zip(CHANNELS, CHANNELS[1:], KERNELS, strict=False):
        before, after = before * seeds, after * seeds
        layers += [
            nn.Conv1d(before, after, kernel, padding="same", groups=seeds),
            nn.BatchNorm1d(after),
            nn.ReLU(),
            nn.MaxPool1d(2) if after == 32 * seeds else nn.Identity(),
        ]
    return nn.Sequential(*layers, nn.AdaptiveMaxPool1d(4))


def stacked(singles: list[nn.Sequential]) -> nn.Sequential:
    """One grouped network with the weights of all."""
    whole = network(len(singles))
    state = {
        name: torch.cat([single.state_dict()[name] for single in singles]) if value.ndim else value
        for name, value in whole.state_dict().items()
    }
    whole.load_state_dict(state)
    return whole


def step(model: nn.Module, windows: Tensor, low: bool) -> Tensor:
    """Forward and backward; the features."""
    with torch.autocast(windows.device.type, torch.bfloat16, enabled=low):
        features: Tensor = model(windows)
    model.zero_grad()
    torch.autograd.backward(features.float().square().sum())
    return features


def require_equal(singles: list[nn.Sequential], whole: nn.Module, windows: Tensor) -> None:
    """Check that a stacked network is its single ones, in features and gradients."""
    apart = torch.cat([step(one, windows, low=False) for one in singles], dim=1)
    together = step(whole, windows.repeat(1, len(singles), 1), low=False)
    torch.testing.assert_close(together, apart, rtol=1e-3, atol=1e-4)
    ours = first_gradient(whole)
    theirs = torch.cat([first_gradient(one) for one in singles])
    torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-2 * float(theirs.abs().max()))


def first_gradient(model: nn.Module) -> Tensor:
    """Of the first convolution's weights: all layers had a part in it."""
    gradient = next(model.parameters()).grad
    assert gradient is not None
    return gradient


def milliseconds(work: Callable[[], object], device: str) -> float:
    """The quickest of some rounds: other programs may use the same machine."""
    found = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        if device != "cpu":
            torch.accelerator.synchronize()
        found.append(time.perf_counter() - begin)
    return 1000 * min(found)


def measure(seeds: int, device: str, low: bool) -> dict[str, object]:
    """Milliseconds a step and seed, both ways."""
    singles = [network(1) for _ in range(seeds)]
    whole = stacked(singles).to(device)
    singles = [one.to(device) for one in singles]
    windows = torch.randn(BATCH, 1, SAMPLES, device=device)
    many = windows.repeat(1, seeds, 1)
    require_equal(singles, whole, windows)
    apart = milliseconds(lambda: [step(one, windows, low) for one in singles], device) / seeds
    together = milliseconds(lambda: step(whole, many, low), device) / seeds
    return {
        "seeds": seeds,
        "precision": "bf16" if low else "float32",
        "apart, ms a seed": round(apart, 2),
        "stacked, ms a seed": round(together, 2),
        "times as fast": round(apart / together, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--device", default="cpu", help="such as cuda")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results/stacked.json"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [measure(n, options.device, low) for low in (False, True) for n in options.seeds]
    for row in rows:
        print(row)
    machine = {
        "device": options.device,
        "threads": options.threads,
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
    }
    options.output.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

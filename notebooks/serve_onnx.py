"""Diagnose a recording with an exported model: numpy and onnxruntime, nothing else.

python serve_onnx.py model.onnx RECORDING [--rate 12000]; the model card lies beside the model.
"""

import argparse
import json
import wave
from pathlib import Path

import numpy as np
import onnxruntime

READS = "a .wav of 8, 16 or 32-bit integers, a .npy, or a .csv of numbers without a header"


def read(path: Path) -> tuple[np.ndarray, float | None]:
    """Signal (channels, time) of a file that READS names, and the rate if the file knows it."""
    suffix = path.suffix.lower()
    if suffix == ".wav":
        with wave.open(str(path)) as file:
            kind = {1: "u1", 2: "<i2", 4: "<i4"}.get(file.getsampwidth())
            if kind is None:
                raise ValueError(f"{8 * file.getsampwidth()} bits")
            samples = np.frombuffer(file.readframes(file.getnframes()), kind).astype(np.float32)
            samples -= 128.0 if kind == "u1" else 0.0
            signal = samples.reshape(-1, file.getnchannels()) / 2.0 ** (8 * file.getsampwidth() - 1)
            return signal.T, file.getframerate()
    if suffix not in (".npy", ".csv"):
        raise ValueError(f"a '{suffix}' file")
    table = np.load(path) if suffix == ".npy" else np.loadtxt(path, delimiter=",", ndmin=2)
    rows = np.atleast_2d(table).astype(np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("samples that are not finite")
    return (rows.T if rows.shape[0] > rows.shape[1] else rows), None  # time is the longer side


def main() -> None:
    """Cut windows, run the model, print what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--rate", type=float, help="of the recording, if the file does not say")
    parser.add_argument("--prepared", action="store_true", help="the card's steps have been done")
    options = parser.parse_args()
    card = json.loads((options.model.parent / "model_card.json").read_text(encoding="utf-8"))
    expected, (_, channels, length) = card["input"]["sampling_rate"], card["input"]["shape"]
    for step in card["before"]:
        print(f"must have been done to the recording: {step['name']} {step['settings']}")
    if not (card["alone_is_enough"] or options.prepared):
        parser.exit(2, "the model alone is not enough: do this first, then say --prepared\n")
    try:
        signal, rate = read(options.recording)
    except (OSError, EOFError, ValueError, TypeError, wave.Error) as error:
        what = f"{type(error).__name__}: {error}"
        parser.exit(2, f"{options.recording}: expected {READS}, got {what}\n")
    rate, unit = options.rate or rate, "samples per second"
    if card["input"]["axis"] == "angle":
        rate, unit = options.rate, "samples per revolution"  # a .wav knows those per second
    if rate is None:
        print(f"taking for granted that the recording has {expected:g} {unit}")
    elif rate != expected:
        parser.exit(2, f"the model knows {expected:g} {unit}, got {rate:g}: resample\n")
    if signal.ndim != 2 or len(signal) != channels or signal.shape[1] < length:
        parser.exit(2, f"expected {channels} channel(s) of {length} samples, got {signal.shape}\n")
    print(f"unit of the samples: {card['input']['scale']}")
    count = signal.shape[1] // length
    windows = signal[:, : count * length].reshape(channels, count, length).swapaxes(0, 1)
    session = onnxruntime.InferenceSession(str(options.model))
    parts = [windows[start : start + 64] for start in range(0, count, 64)]
    outputs = [session.run(["probabilities"], {"signal": np.ascontiguousarray(p)}) for p in parts]
    probability = np.concatenate([one for (one,) in outputs])
    votes = np.bincount(probability.argmax(1), minlength=len(card["classes"])) / count
    print(f"{options.recording.name}: {card['classes'][votes.argmax()]} ({count} windows)")
    for name, share, mean in zip(card["classes"], votes, probability.mean(0), strict=True):
        print(f"{name:>8} {share:7.1%} of the windows, mean probability {mean:.3f}")


if __name__ == "__main__":
    main()

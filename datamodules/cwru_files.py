"""The files of the Case Western Reserve University bearing data: official numbers, how to read one.

Outer-race faults are the ones centred at 6 o'clock, in the load zone. Numbers from the tables at
https://engineering.case.edu/bearingdatacenter (12k drive end, 48k drive end, 12k fan end, normal).
"""

from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pooch
import torch
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from datamodules.errors import MissingFileError, MissingVariableError
from datamodules.formats import Tracks, read_mat
from datamodules.readers import require_file
from datamodules.recording import Recording

Sensor: TypeAlias = Literal["DE", "FE"]
Position: TypeAlias = Literal["drive", "fan"]
Numbers: TypeAlias = dict[tuple[str, str], tuple[int | None, ...]]  # (type, size) -> 0, 1, 2, 3 hp

NOMINAL_RPM = (1797.0, 1772.0, 1750.0, 1730.0)  # at 0, 1, 2 and 3 hp
NORMAL = (97, 98, 99, 100)  # recorded at 48 kHz only
NORMAL_3HP_SAMPLES = 485643  # of the official 100.mat; a shorter one is not the original

DRIVE_12K: Numbers = {
    ("IF", "007"): (105, 106, 107, 108),
    ("IF", "014"): (169, 170, 171, 172),
    ("IF", "021"): (209, 210, 211, 212),
    ("BF", "007"): (118, 119, 120, 121),
    ("BF", "014"): (185, 186, 187, 188),
    ("BF", "021"): (222, 223, 224, 225),
    ("OF", "007"): (130, 131, 132, 133),
    ("OF", "014"): (197, 198, 199, 200),
    ("OF", "021"): (234, 235, 236, 237),
}
DRIVE_48K: Numbers = {
    ("IF", "007"): (109, 110, 111, 112),
    ("IF", "014"): (174, 175, 176, 177),  # 174.mat holds X173
    ("IF", "021"): (213, 214, 215, 217),  # there is no 216; 217.mat holds X215 too
    ("BF", "007"): (122, 123, 124, 125),
    ("BF", "014"): (189, 190, 191, 192),
    ("BF", "021"): (226, 227, 228, 229),
    ("OF", "007"): (135, 136, 137, 138),
    ("OF", "014"): (201, 202, 203, 204),
    ("OF", "021"): (238, 239, 240, 241),
}
FAN_12K: Numbers = {
    ("IF", "007"): (278, 279, 280, 281),
    ("IF", "014"): (274, 275, 276, 277),
    ("IF", "021"): (270, 271, 272, 273),
    ("BF", "007"): (282, 283, 284, 285),
    ("BF", "014"): (286, 287, 288, 289),
    ("BF", "021"): (290, 291, 292, 293),
    ("OF", "007"): (294, 295, 296, 297),
    ("OF", "014"): (313, None, None, None),  # measured at 0 hp only
    ("OF", "021"): (315, None, None, None),
}
FAULTS: dict[tuple[Position, int], Numbers] = {
    ("drive", 12000): DRIVE_12K,
    ("drive", 48000): DRIVE_48K,
    ("fan", 12000): FAN_12K,
}
SHA256 = {  # of the files we had at hand; others are fetched without a check
    97: "16bf48babcf1c7ac224bc1a81cd9eafdb27e42d5cf559761907e067e8eeadf3c",
    105: "f80b0ea04fd06b372a0eaec7c056543ea37e4bb4727a5b173d2a5bacd2aa9cab",
    106: "e5cec7cdd138e6cd1deb9ed8634e5aaa9bc1bd7094ddc075bff606580eb6e883",
    107: "111ba8996a115684661a13c913bd74d8029a59294492f88aec7b03e175fdd388",
    108: "d415f0e65128bfa0b118c2051c988fb0dc6ce3e4c8aa45fdc5ad1d0967462e7d",
    109: "daddef5f784879becdf8fefbe2453f11c3cfc8d061a2a671da2f546d1bb48460",
    118: "b00628f8dd8d1d930af77fa465d1e5cdb385fe259489053f91f3680bda7f640e",
    119: "bc72d9df7668219e004a0f711232b23ec0aed393eb9bd8f9f5483426f6b51330",
    120: "e0b7a584c49af52335ff0904a97d4afcf02d045625c582de63a7c85ce10b489c",
    121: "52f686e984ba8e9b04a047a57416271cdb322cee57ee105dce58926a24b966cb",
    122: "f392129bf3b43360b964d4e5b3479d0797d1647af8359934b0f56b9abab4739a",
    130: "35a095307d0971477049b343a1b5981dde465a58fb7f233ad89b035068c1717d",
    131: "7883f7b83beadc54b2f301767f9145ce07055707182fb0278fdf0a6bb53ce3cb",
    132: "17a69ed5d2270b42532e678e35bbe2fa04a2cc413cf2bf9e88c7692de8662d18",
    133: "53f076cb0d905cf46bffaee7736abce8224ffed777deed03c0c863d762a90c71",
    135: "5a1c3ceec1f2b58af9e01051e425aa9d31dd018f58a8d31cda25bbdb1ac6dca9",
    169: "f5448673725c4ea2735fe7d3fe4b16ad82b217eac6b62c4bf351c4549b0a5229",
    170: "bcb73a5208b67265468232a2e342f53719850901671d0ee28494f3af97621f46",
    171: "63d0fdc1a68e64610ddfaf56a9c224d6137ab7b5c0d318eea1d542b9e5ffc029",
    172: "f75170ceef70d5da475671de0d2e52a0acd9b3883ad422b6deaf2907d888ba24",
    174: "ca7113a900d9217aa5632e0dad4f8791caed4d314321daa011719e1bc99f3026",
    185: "5bea2c60f177215ba3ec4ae287faf745d7e14aed1a12efe9e37b27c27044bafc",
    186: "1b3b6f3ad38e891feaa8026fe957b34f62f9082785089cc74f6878acdfe88ec5",
    187: "0f1338cce89beb5c8d8e5e154579bc576354e7c7d1617ebd1759662c6f3100b2",
    188: "1981614324d653c2522bea68fd4fd87e337495b117d12596db67abd1e10e7443",
    197: "fa571b47cd942f9514a920b403fb7c053cd442bb2963a360a96d0f61432f03e9",
    198: "dbd58e4585ca8f8332c708b15936987ec0990ca701359fd2483dae2719df5b49",
    199: "ca4e6407fdb68845a6973da6028477911a62d018580063749fe956441be95cf2",
    200: "2526483d2701220a700df8e6c9db0c527641b0887225907f4096610dd7120f4b",
    209: "9f723d6d9d2eba714c6dc50f99321dffa73d8b1e4d3605675b2c2251511eff80",
    210: "596692397e77e129a00f7b7a61c4c3ffd6c7a59979b89039e7f70a7431cce1c7",
    211: "8296a02ee489c2d16cbd9fc278ca2e29b22475cec70ebe840558c78b6b743dc1",
    212: "bfe13761f545a26b217db897a12d27e16fec74306aa86ade8dbdc8ebe587c253",
    222: "fcc0ee740fa123b1f4683f555458891719efb2857afd9fdee63e8fde0ed14469",
    223: "7287410fd2217e3b332c5ab4732a68963be046d7d17bd40efa41cabe6a0514e5",
    224: "8a16894c2ff4d6bcdb9f4c345c0d5f13737b3bd6d15015d6b566c86e7a3ee7b7",
    225: "ece92fa141af03473fdfca80d00d9112472a20340224514e79979c6ddc97a6cf",
    234: "ebcbdb96612e8085bbdbf81f0e5e8e8a8d1a693d1ec559c4894f7792771aa9b2",
    235: "667e4bf1f213f92d10dca71d494ad002d8fd22bfd8004b31a4c71ccf0d764b66",
    236: "c411d6d9826cba8073430555dc833e05fcbe4c38535f3eb7f03c525ea6797589",
    237: "233d1edb2daa963658369119e389e30f02aca551dd7bb028ab33e7ba63edfd20",
}


def address(number: int) -> str:
    """Official address of a file.

    Example:
        >>> address(97)
        'https://engineering.case.edu/sites/default/files/97.mat'
    """
    return f"https://engineering.case.edu/sites/default/files/{number}.mat"


def download_cwru(number: int, root: Path) -> None:
    """Fetch one official file into ``root`` unless it is there.

    Raises:
        MissingFileError: If it cannot be fetched.
    """
    if (root / f"{number}.mat").is_file():
        return
    try:
        pooch.retrieve(address(number), SHA256.get(number), f"{number}.mat", root)
    except (OSError, ValueError) as error:  # no network, or another file behind the address
        raise MissingFileError(
            f"expected to fetch {address(number)} into '{root}', got {error}; "
            f"save it there by hand as {number}.mat"
        ) from error


def read_cwru(
    path: Path,
    number: int,
    *,
    sensor: Sensor,
    sampling_rate: int,
    load: int,
    label: str,
    domain: str,
    bearing_id: str,
) -> Recording:
    """Read one recording, decimated to ``sampling_rate`` if it is a normal one.

    Raises:
        MissingFileError: If the file is missing.
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it does not hold one signal of that ``sensor``.
    """
    require_file(path, f"get it from {address(number)}, set download: true, or leave its class out")
    variables = read_mat(path)
    name = pick_variable(variables, number, sensor, path)
    signal, notes = variables[name].astype(np.float64), _notes(path, number, name, variables)
    if number in NORMAL and sampling_rate == 12000:
        signal = decimate_by_4(signal)
        notes.append(f"{path.name}: recorded at 48 kHz, decimated to 12 kHz")
    return Recording(
        signal=torch.from_numpy(signal.astype(np.float32))[None],
        sampling_rate=float(sampling_rate),
        rpm=float(variables.get(_speed(name), NOMINAL_RPM[load])),
        label=label,
        domain=domain,
        recording_id=f"{number}_{sensor}",
        bearing_id=bearing_id,
        source=str(path),
        notes=tuple(notes),
    )


def _speed(name: str) -> str:
    return f"{name.split('_')[0]}RPM"


def _notes(path: Path, number: int, name: str, variables: Tracks) -> list[str]:
    """What a person should know about a file before believing its results."""
    notes = []
    if not name.startswith(f"X{number:03d}_"):
        notes.append(f"{path.name}: holds no variable X{number:03d}, took {name}")
    if _speed(name) not in variables:
        notes.append(f"{path.name}: no speed stored, took the nominal one")
    if number == NORMAL[3] and variables[name].size < NORMAL_3HP_SAMPLES:
        notes.append(
            f"{path.name}: {variables[name].size} of the official {NORMAL_3HP_SAMPLES} samples: "
            "cut or reconstructed, not the original"
        )
    return notes


def pick_variable(variables: Tracks, number: int, sensor: Sensor, path: Path) -> str:
    """Name of a signal: by the file's number, else the only one of that sensor.

    174.mat holds X173, 99.mat also X098, 217.mat X215: the number comes first, then the suffix.
    """
    suffix = f"_{sensor}_time"
    if f"X{number:03d}{suffix}" in variables:
        return f"X{number:03d}{suffix}"
    candidates = [name for name in variables if name.endswith(suffix)]
    if len(candidates) == 1:
        return candidates[0]
    found = ", ".join(variables) or "no variables"
    raise MissingVariableError(
        f"'{path}': expected a variable 'X{number:03d}{suffix}' or exactly one '*{suffix}', "
        f"found {found}; fetch the official file again, or choose the other sensor"
    )


def decimate_by_4(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 48 to 12 kHz, without delay, with the edge that the 12 kHz recordings show.

    Those fall by about 10 dB at 5.6 kHz and 40 dB above 5.75 kHz. A filter that lets the normal
    recording through up to 6 kHz would mark this class by its bandwidth.
    """
    edge = firwin(401, 5600.0, fs=48000.0, window=("kaiser", 6.0))  # 5.35 to 5.85 kHz, 60 dB
    # scipy takes a filter for the window; scipy-stubs does not know
    return np.asarray(resample_poly(signal, 1, 4, window=edge))  # type: ignore[call-overload]

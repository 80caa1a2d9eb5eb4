"""The data and the network of a run, opened once more; where they are gone, why."""

from dataclasses import dataclass

from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor

from datamodules import DataError, PairedDataModule
from datamodules.recording import Recording
from iadtln.checkpoints import read_state
from iadtln.diagnosis import Diagnosis, load_weights
from iadtln.doctor.run_files import built, model_of
from iadtln.doctor.trained import presumed
from iadtln.front_ends import FrontEnd
from iadtln.review.left import Left, first_line

GONE = (DataError, MisconfigurationException, OSError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class Opened:
    """What can be looked at again.

    Args:
        data: of the run, in windows.
        model: with its front end, in evaluation mode; None for a run without a network.
    """

    data: PairedDataModule
    model: Diagnosis | None

    def recording(self, name: str) -> Recording | None:
        """A recording of the target as the network's windows were cut from it."""
        found = (one for one in self.data.pair.target.recordings if one.recording_id == name)
        return next(found, None)


def open_run(left: Left) -> Opened | None:
    """Read the data of a run and load its network.

    Args:
        left: what the run left; what cannot be opened is noted there.

    Returns:
        None where the data are gone.
    """
    state = _weights(left)
    try:
        front_end: FrontEnd | None = None
        if "front_end" in left.config:
            front_end = built(FrontEnd, "front_end", left.config["front_end"])
        data: PairedDataModule = built(PairedDataModule, "data", left.config["data"])
        if front_end is not None:
            front_end.checkpoint = left.checkpoint if state else None
            data.transforms += front_end.bring_transforms()
        data.setup("fit")
    except GONE as error:
        left.absent.append(
            "data summary, guard, signals of the worst windows and channels: the data of the run "
            f"cannot be read ({_why(error)})"
        )
        return None
    return Opened(data, _model(left, data, front_end, state))


def _model(
    left: Left, data: PairedDataModule, front_end: FrontEnd | None, state: dict[str, Tensor] | None
) -> Diagnosis | None:
    if state is None or left.checkpoint is None or front_end is None:
        return None
    try:
        content = {**left.config, "network": left.config["model"]["network"]}
        model = model_of(content, front_end, presumed(data, None), state)
        load_weights(model, left.checkpoint)
    except GONE as error:
        left.absent.append(f"channels of the network: it cannot be built ({_why(error)})")
        return None
    return model.eval()


def _weights(left: Left) -> dict[str, Tensor] | None:
    """Weights of the run; why there are none is noted."""
    if "model" not in left.config:
        left.absent.append("channels of the network: this run has none")
    elif left.checkpoint is None:
        left.absent.append("channels of the network: the run left no checkpoint")
    else:
        try:
            return read_state(left.checkpoint)
        except MisconfigurationException as error:
            left.absent.append(f"channels of the network: {_why(error)}")
    return None


def _why(error: BaseException) -> str:
    said = first_line(error)
    return f"the configuration lacks {said}" if isinstance(error, KeyError) else said

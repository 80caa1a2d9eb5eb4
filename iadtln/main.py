"""The command line: the only file that knows every room."""

from typing import Any

from lightning import Trainer
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

import datamodules
import iadtln.losses
import iadtln.networks
from iadtln import __version__
from iadtln.task import DomainAdaptation


class IADTLNCLI(LightningCLI):
    """One configuration for fit, validate, test and predict."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Let the data say how many classes and channels there are."""
        parser.link_arguments("data.num_classes", "model.num_classes", apply_on="instantiate")
        parser.link_arguments(
            "data.channels", "model.network.init_args.in_channels", apply_on="instantiate"
        )
        parser.set_defaults(
            {
                "data": {"class_path": "datamodules.CWRUDataModule"},
                "model.network": {"class_path": "iadtln.networks.SECNN"},
            }
        )


def main(args: ArgsType = None) -> LightningCLI:
    """Run the command line; ``args`` replaces ``sys.argv`` in tests and notebooks."""
    return IADTLNCLI(
        DomainAdaptation,
        datamodules.PairedDataModule,
        subclass_mode_data=True,
        seed_everything_default=0,
        auto_configure_optimizers=False,
        save_config_kwargs={"overwrite": True},
        parser_kwargs={"version": f"iadtln {__version__}"},
        args=args,
    )

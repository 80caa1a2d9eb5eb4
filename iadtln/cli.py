"""One configuration for fit, validate, test and predict."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import mul
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

import datamodules
import iadtln.callbacks as show
from iadtln import __version__
from iadtln.checkpoints import write_whole_checkpoints
from iadtln.configurations import CONFIG, SaveConfig, named_values, read_options
from iadtln.defaults import IADTLN, Select, callbacks, trainer_defaults
from iadtln.front_ends import FrontEnd
from iadtln.memory import keep_freed_memory
from iadtln.quiet import quieten
from iadtln.task import DomainAdaptation

WHAT_IT_IS = "Learn from a labelled machine, load or speed; diagnose another without labels."
HOW_TO_BEGIN = (
    "Without data named, a simulated rig is used. 'fit --data.help CWRUDataModule' explains a data "
    "set, 'fit --print_config' shows every option. More verbs, each with a --help: 'compare' "
    "source-only beside adapted, 'benchmark' tables of many methods, 'preprocess' slow front ends, "
    "'classify' features and a classifier, 'diagnose' files with a trained model, 'explain' why, "
    "'report' a run as a page, 'adapt' to a new machine, 'export' to ONNX, 'monitor' a machine."
)
WHAT_TO_EXPECT = (datamodules.DataError, FileNotFoundError, MisconfigurationException)


def several(devices: object) -> bool:
    """Whether ``trainer.devices`` means more than one process."""
    if isinstance(devices, list):
        return len(devices) > 1
    if devices in ("auto", -1, "-1"):
        return torch.cuda.device_count() > 1
    return int(str(devices)) > 1 if str(devices).isdigit() else "," in str(devices)


class IADTLNCLI(LightningCLI):
    """The command line; data say how many classes and channels there are."""

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        """Meet a wrong option with a sentence, not all names; leave tables to TestReport."""
        if {*sys.argv[1:2]} & (self.subcommands().keys() - {subcommand}):  # another was asked for
            self._subcommand_method_arguments[subcommand] = []
            return self.init_parser(**kwargs)
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        parser.usage = "%(prog)s [--option value ...]"
        if subcommand == "test":
            parser.set_defaults(verbose=False)
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Link sizes from the data, and name defaults that need no file."""
        parser.link_arguments("data.num_classes", "model.num_classes", apply_on="instantiate")
        parser.add_lightning_class_args(FrontEnd, "front_end", subclass_mode=True, required=False)
        parser.link_arguments(
            ("data.channels", "front_end.channel_factor"),
            "model.network.init_args.in_channels",
            compute_fn=mul,
            apply_on="instantiate",
        )
        parser.set_defaults({**IADTLN, "front_end": {"class_path": "iadtln.front_ends.Raw"}})
        parser.add_lightning_class_args(show.TestReport, "report")
        parser.add_argument(
            "--select",
            type=Select,
            default="last",
            help="What chooses the weights, without target labels: the last epoch, or a criterion "
            "whose choice is kept in checkpoints/selected_<criterion>.ckpt.",
        )
        parser.add_argument(
            "--share_pretraining",
            type=str | None,
            help="Folder in which runs that differ only in what follows on the pretraining leave "
            "and find it; the results are the same. Made for benchmark, which empties it: it knows "
            "options and versions, not whether files of data or your own code have changed.",
        )

    def before_instantiate_classes(self) -> None:
        """Add what watches, and a strategy for several processes."""
        options = self.config[self.subcommand]
        trainer = options.trainer
        self.trainer_defaults["callbacks"] = callbacks(trainer, options.select)
        # pretraining leaves discriminators without gradient: plain DDP would stop there
        parallel = several(trainer.devices) or trainer.num_nodes > 1
        if trainer.strategy == "ddp" or (trainer.strategy == "auto" and parallel):
            trainer.strategy = "ddp_find_unused_parameters_true"

    def _parse_ckpt_path(self) -> None:
        """Let the command line decide; Lightning would let the checkpoint's options override it."""

    def instantiate_classes(self) -> None:
        """Turn a wrong option into a sentence."""
        try:
            super().instantiate_classes()
        except (ValueError, TypeError) as error:
            self.parser.error(str(error))
        options = self.config[self.subcommand]
        write_whole_checkpoints(self.trainer)
        show.claim_folder(self.trainer)
        made = self.config_init[self.subcommand]
        if self.subcommand == "fit" and options.share_pretraining and not options.ckpt_path:
            known = options.clone(with_meta=False).as_dict()  # not the files they come from
            made.ckpt_path = show.share_pretraining(self.trainer, self.model, known)
        checkpoint = made.get("ckpt_path") or options.model.initial_weights
        front_end = made.front_end
        front_end.checkpoint = Path(checkpoint) if checkpoint else None

    def after_fit(self) -> None:
        """Say how to go on."""
        log_dir, quick = self.trainer.log_dir, self.config[self.subcommand].trainer.fast_dev_run
        if log_dir and self.trainer.is_global_zero and not quick:
            folder = Path(log_dir)
            print(
                f"\nthe run is in {folder}; see it with: tensorboard --logdir {folder}\n"
                "diagnose the target (test instead of predict if it has labels):\n"
                f"  python -m iadtln predict --config {folder / 'config.yaml'} "
                f"--ckpt_path {chosen_checkpoint(self.trainer)}"
            )


def chosen_checkpoint(trainer: Trainer) -> str:
    """File of the weights that the run chose; empty where none were kept."""
    watching: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    kept = [one.kept for one in watching if isinstance(one, show.Selection) and one.kept]
    last = getattr(trainer.checkpoint_callback, "best_model_path", "")
    return str(kept[0] if kept else last)


def with_data(arguments: list[str]) -> list[str]:
    """Name the simulated rig where nothing names data.

    A default of the parser would leave its options behind when another class is chosen.
    """
    options = list(named_values(arguments))
    named = any(name == "--data" for name, _ in options)
    for name, value in options:
        if name in CONFIG and Path(value).is_file():
            named = named or "data" in read_options(Path(value))
    verb = bool(arguments) and not arguments[0].startswith("-")
    if named or not verb:
        return arguments
    return [arguments[0], "--data=datamodules.SimulatedDataModule", *arguments[1:]]


@contextmanager
def typed(arguments: list[str]) -> Iterator[None]:
    """Let ``arguments`` stand where the shell would put them.

    Lightning starts the other processes of a DDP run with what stands in ``sys.argv``.
    """
    before = sys.argv
    sys.argv = [before[0], *arguments]
    try:
        yield
    finally:
        sys.argv = before


def run(arguments: list[str]) -> LightningCLI:
    """Run one verb of Lightning, as if ``arguments`` had been typed.

    Bad input ends with one sentence and exit status 2; ``JSONARGPARSE_DEBUG=1`` shows the trace.
    """
    quieten()
    if not torch.cuda.is_available():
        keep_freed_memory()
    try:
        with typed(with_data(arguments)):
            return IADTLNCLI(
                DomainAdaptation,
                datamodules.PairedDataModule,
                subclass_mode_data=True,
                seed_everything_default=0,
                auto_configure_optimizers=False,
                save_config_callback=SaveConfig,
                trainer_defaults=trainer_defaults(),
                parser_kwargs={
                    "prog": "python -m iadtln",
                    "version": f"iadtln {__version__}",
                    "description": WHAT_IT_IS,
                    "epilog": HOW_TO_BEGIN,
                },
            )
    except WHAT_TO_EXPECT as error:
        if os.environ.get("JSONARGPARSE_DEBUG"):
            raise
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)

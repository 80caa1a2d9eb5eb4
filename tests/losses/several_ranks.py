"""One training step of every transfer loss, on one process or on several ranks under DDP."""

import torch
import torch.distributed as dist
from loss_examples import NUM_CLASSES, NUM_FEATURES, VARIANTS, build
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from iadtln.schedules import Constant


class Step(nn.Module):
    """A shared linear network with classifier, and one loss, so that DDP sees every gradient."""

    def __init__(self, name):
        super().__init__()
        loss_class, arguments = VARIANTS[name]
        self.network = nn.Linear(4, NUM_FEATURES)
        self.classifier = nn.Linear(NUM_FEATURES, NUM_CLASSES)
        self.loss = build(loss_class, weight=0.7, schedule=Constant(), **arguments)

    def forward(self, source, target, label):
        features = self.network(torch.cat([source, target]))
        logits = self.classifier(features)
        sizes = [len(source), len(target)]
        value = self.loss(*features.split(sizes), *logits.split(sizes), label)
        return self.loss.contribution(value), value.detach()


def whole_batch():
    generator = torch.Generator().manual_seed(5)
    source = torch.randn(24, 4, generator=generator)  # rows for 2, 3 and 4 ranks alike
    target = 2 * torch.randn(12, 4, generator=generator) + 1
    return source, target, torch.randint(NUM_CLASSES, (24,), generator=generator)


def run(step, source, target, label):
    contribution, value = step(source, target, label)
    contribution.backward()
    gradients = {
        name.removeprefix("module."): torch.zeros_like(one) if one.grad is None else one.grad
        for name, one in step.named_parameters()
    }
    return value, gradients


def one_process(name):
    torch.manual_seed(0)
    return run(Step(name), *whole_batch())


def one_rank(rank, folder, ranks):
    """Be one of each number of ranks in turn: processes are dear, groups are not."""
    torch.set_num_threads(1)
    results = {}
    for size in ranks:
        if rank >= size:
            continue
        place = f"file://{folder}/rendezvous_{size}"
        dist.init_process_group("gloo", place, rank=rank, world_size=size)
        for name in VARIANTS:
            torch.manual_seed(
                rank
            )  # other weights and maps on rank 1, until DDP hands out rank 0's
            step = DistributedDataParallel(Step(name), find_unused_parameters=True)
            results[name, size] = run(step, *(rows.chunk(size)[rank] for rows in whole_batch()))
        dist.destroy_process_group()
    torch.save(results, f"{folder}/{rank}.pt")

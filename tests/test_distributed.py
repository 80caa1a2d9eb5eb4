import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing import spawn

from datamodules.errors import EmptyDomainError
from datamodules.loading import first_process_first
from iadtln.distributed import gather, of_all
from iadtln.main import main
from tests.toy import toy


def gather_on_one_rank(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=2)
    rows = torch.tensor([[1.0 + rank], [10.0 + rank]], requires_grad=True)
    gathered = gather(rows)
    assert of_all(rank) == [0, 1]
    # rank 0 weighs the four rows by 1, 2, 3, 4 and rank 1 by 10, 20, 30, 40
    weights = 10.0**rank * torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    (weights * gathered).sum().backward()
    torch.save((gathered.detach(), rows.grad), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    spawn(gather_on_one_rank, args=(str(folder),), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


def test_outside_of_a_process_group_rows_are_returned_as_they_are():
    rows = torch.ones(2, 3)
    assert gather(rows) is rows


def test_a_group_of_one_returns_rows_as_they_are(tmp_path):
    dist.init_process_group("gloo", f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    rows = torch.ones(2, 3)
    try:
        assert gather(rows) is rows
    finally:
        dist.destroy_process_group()


@pytest.mark.slow
def test_every_rank_sees_the_rows_of_all_in_their_order(ranks):
    expected = torch.tensor([[1.0], [10.0], [2.0], [11.0]])
    assert torch.equal(ranks[0][0], expected)
    assert torch.equal(ranks[1][0], expected)


@pytest.mark.slow
def test_the_gradient_is_the_sum_over_the_losses_of_all_ranks(ranks):
    assert torch.equal(ranks[0][1], torch.tensor([[11.0], [22.0]]))
    assert torch.equal(ranks[1][1], torch.tensor([[33.0], [44.0]]))


@pytest.mark.parametrize("world", [2, 3, 4])
@pytest.mark.parametrize("loader", ["val_dataloader", "predict_dataloader"])
def test_each_window_is_evaluated_by_one_rank(world, loader):
    data = toy()
    data.setup("fit")
    whole = [int(i) for batch in getattr(data, loader)() for i in batch["index"]]
    shares = []
    for rank in range(world):
        data.trainer = SimpleNamespace(world_size=world, global_rank=rank)
        shares.append([int(i) for batch in getattr(data, loader)() for i in batch["index"]])
    assert sorted(i for share in shares for i in share) == whole
    assert {len(share) for share in shares} <= {len(whole) // world, -(-len(whole) // world)}


def test_fewer_windows_than_ranks_are_refused():
    data = toy()
    data.setup("fit")
    data.trainer = SimpleNamespace(world_size=34, global_rank=0)
    with pytest.raises(EmptyDomainError, match="a window for each of 34 processes, got 33"):
        data.val_dataloader()


@pytest.mark.parametrize("failing", [None, 0])
def test_what_is_slow_is_done_by_the_first_process_then_on_other_nodes_then_by_all(failing):
    barrier, done = threading.Barrier(4), []

    def work(rank):
        done.append(rank)
        if rank == failing:
            raise ValueError

    def process(rank):
        strategy = SimpleNamespace(barrier=lambda name: barrier.wait(20))
        trainer = SimpleNamespace(
            world_size=4,
            is_global_zero=rank == 0,
            local_rank=rank % 2,  # two nodes of two
            strategy=strategy,
        )
        with suppress(ValueError), first_process_first(trainer):
            work(rank)

    threads = [threading.Thread(target=process, args=(rank,)) for rank in (3, 2, 1, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done[:2] == [0, 2]
    assert sorted(done[2:]) == [1, 3]


def test_plain_ddp_is_understood_though_pretraining_leaves_weights_without_gradient(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    main(
        [
            "fit",
            "--data=tests.toy.ToyDataModule",
            "--data.init_args.windowing={length: 128, overlap: 0.5}",
            "--data.init_args.batch_size=8",
            "--model.network=tests.plain.Plain",
            "--trainer.accelerator=cpu",
            "--trainer.devices=1",
            "--trainer.strategy=ddp",
            "--trainer.fast_dev_run=3",
        ]
    )
    assert not dist.is_initialized()

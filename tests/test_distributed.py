import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing import spawn

from iadtln.distributed import gather


def gather_on_one_rank(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=2)
    rows = torch.tensor([[1.0 + rank], [10.0 + rank]], requires_grad=True)
    gathered = gather(rows)
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

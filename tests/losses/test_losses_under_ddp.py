"""Two ranks with half of the batch each are one process with the whole batch."""

import pytest
import torch
from loss_examples import MEANS_OVER_ROWS, VARIANTS
from torch.multiprocessing import spawn
from two_ranks import one_process, one_rank

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    spawn(one_rank, args=(str(folder),), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_mean_value_of_two_ranks_is_that_of_one_process(ranks, name):
    (first, _), (second, _) = (rank[name] for rank in ranks)
    torch.testing.assert_close((first + second) / 2, one_process(name)[0])


@pytest.mark.parametrize("name", VARIANTS)
def test_the_gradient_of_two_ranks_is_that_of_one_process(ranks, name):
    value, expected = one_process(name)
    assert expected["network.weight"].any()
    rounding = 1e-6 * max(1.0, value.item())  # a sum of large terms that cancel keeps theirs
    for rank in ranks:
        torch.testing.assert_close(rank[name][1], expected, rtol=1e-4, atol=rounding)


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - MEANS_OVER_ROWS))
def test_each_rank_knows_the_whole_loss_of_statistics(ranks, name):
    torch.testing.assert_close(ranks[0][name][0], ranks[1][name][0], rtol=0, atol=0)

"""Two, three or four ranks with a part of the batch each are one process with the whole batch."""

import pytest
import torch
from loss_examples import MEANS_OVER_ROWS, VARIANTS
from several_ranks import one_process, one_rank
from torch.multiprocessing import spawn

pytestmark = pytest.mark.slow
RANKS = (2, 3, 4)


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    spawn(one_rank, args=(str(folder), RANKS), nprocs=max(RANKS))
    return [torch.load(folder / f"{rank}.pt") for rank in range(max(RANKS))]


@pytest.mark.parametrize("size", RANKS)
@pytest.mark.parametrize("name", VARIANTS)
def test_the_mean_value_over_ranks_is_that_of_one_process(ranks, name, size):
    values = torch.stack([rank[name, size][0] for rank in ranks[:size]])
    torch.testing.assert_close(values.mean(), one_process(name)[0])


@pytest.mark.parametrize("size", RANKS)
@pytest.mark.parametrize("name", VARIANTS)
def test_the_gradient_of_all_ranks_is_that_of_one_process(ranks, name, size):
    value, expected = one_process(name)
    assert expected["network.weight"].any()
    rounding = 1e-6 * max(1.0, value.item())  # a sum of large terms that cancel keeps theirs
    for rank in ranks[:size]:
        torch.testing.assert_close(rank[name, size][1], expected, rtol=1e-4, atol=rounding)


@pytest.mark.parametrize("size", RANKS)
@pytest.mark.parametrize("name", sorted(set(VARIANTS) - MEANS_OVER_ROWS))
def test_each_rank_knows_the_whole_loss_of_statistics(ranks, name, size):
    first, *others = (rank[name, size][0] for rank in ranks[:size])
    for other in others:
        torch.testing.assert_close(other, first, rtol=0, atol=0)

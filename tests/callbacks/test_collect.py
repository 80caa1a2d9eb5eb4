import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing import spawn

from iadtln.callbacks.collect import Collector


def batch(*index):
    index = torch.tensor(index)
    return {"index": index, "logits": 10.0 * index[:, None], "extra": None}


def test_rows_come_by_index_and_once_each():
    collector = Collector(["index", "logits"])
    collector.add(batch(4, 2))
    collector.add(batch(0, 4))  # a distributed sampler repeats windows
    rows = collector.rows()
    assert rows["index"].tolist() == [0, 2, 4]
    assert rows["logits"].flatten().tolist() == [0.0, 20.0, 40.0]
    assert set(rows) == {"index", "logits"}


def test_nothing_collected_is_none():
    assert Collector(["index"]).rows() is None


def test_halves_are_kept_as_float32():
    collector = Collector(["index"])
    collector.add({"index": torch.zeros(2, dtype=torch.bfloat16, requires_grad=True)})
    assert collector.batches[0]["index"].dtype == torch.float32
    assert not collector.batches[0]["index"].requires_grad


@pytest.mark.parametrize(
    ("outputs", "got"), [(None, "NoneType"), ({"index": torch.zeros(1)}, r"\['index'\]")]
)
def test_other_outputs_are_refused_with_what_is_missing(outputs, got):
    with pytest.raises(TypeError, match=f"a dict with index, logits, got {got}"):
        Collector(["index", "logits"]).add(outputs)


def collect_on_one_rank(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=2)
    collector = Collector(["index", "logits"])
    collector.add(batch(*((0, 2, 4), (1, 3, 0))[rank]))  # five windows, padded to six
    if rank == 0:
        collector.add(batch(5))  # and unequal numbers
    torch.save(collector.rows(), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_put_together_what_one_would_have(tmp_path):
    spawn(collect_on_one_rank, args=(str(tmp_path),), nprocs=2)
    for rank in range(2):
        rows = torch.load(tmp_path / f"{rank}.pt")
        assert rows["index"].tolist() == [0, 1, 2, 3, 4, 5]
        assert rows["logits"].flatten().tolist() == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]

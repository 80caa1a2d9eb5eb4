import pytest
import torch
from loss_examples import NUM_CLASSES, NUM_FEATURES, VARIANTS, build


@pytest.fixture(params=VARIANTS)
def make_loss(request):
    loss_class, arguments = VARIANTS[request.param]

    def make(**more):
        torch.manual_seed(0)
        return build(loss_class, **arguments, **more)

    return make


@pytest.fixture
def batch():
    """Source of 8 and target of 6 rows that ask for gradient."""
    generator = torch.Generator().manual_seed(1)
    source = torch.randn(8, NUM_FEATURES, generator=generator)
    target = 2 * torch.randn(6, NUM_FEATURES, generator=generator) + 1
    source_logits = torch.randn(8, NUM_CLASSES, generator=generator)
    target_logits = torch.randn(6, NUM_CLASSES, generator=generator)
    label = torch.randint(NUM_CLASSES, (8,), generator=generator)
    rows = [source, target, source_logits, target_logits]
    return [*(one.requires_grad_() for one in rows), label]

import torch

from iadtln.networks.pulse_cnn import channel_score


def test_it_adds_up_channels_and_scales_each_window_to_0_to_1():
    # sums of absolute values: 1, 3, 5 and 6, 2, 4
    activations = torch.tensor([[[1.0, -1.0, 2.0], [0.0, 2.0, 3.0]], [[3, 1, 2], [-3, -1, 2]]])
    expected = torch.tensor([[0.0, 0.5, 1.0], [1.0, 0.0, 0.5]])
    torch.testing.assert_close(channel_score(activations, 3), expected)


def test_it_is_linear_between_the_points():
    # points lie in the middle of their shares: at 0.5 and 2.5 of four samples
    score = channel_score(torch.tensor([[0.0, 8.0]]), 4)
    torch.testing.assert_close(score, torch.tensor([0.0, 0.25, 0.75, 1.0]))


def test_equal_points_score_zero_and_leading_dimensions_are_free():
    assert torch.equal(channel_score(torch.full((2, 3, 4, 5), 2.0), 7), torch.zeros(2, 3, 7))

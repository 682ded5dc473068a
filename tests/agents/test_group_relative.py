import numpy as np
import torch

from agents.group_relative import clipped_loss, group_advantages


def test_advantages_do_not_depend_on_the_scale_or_level_of_a_groups_rewards() -> None:
    rewards = np.random.default_rng(0).normal(size=(3, 16))
    advantages = group_advantages(rewards)
    np.testing.assert_allclose(advantages, group_advantages(10 * rewards - 7), atol=1e-3)
    np.testing.assert_allclose(advantages.mean(dim=1), 0, atol=1e-6)
    assert (advantages.argmax(dim=1).numpy() == rewards.argmax(axis=1)).all()


def test_the_slope_is_that_of_the_likelihood_until_an_answer_has_moved_far_for_the_better() -> None:
    advantages = torch.tensor([[1.0, -1.0]])
    now = torch.zeros(1, 2, requires_grad=True)
    clipped_loss(now, torch.zeros(1, 2), advantages, 0.2).backward()
    np.testing.assert_allclose(now.grad, -advantages / 2)
    # The better answer is 22 % likelier than it was, the worse one as much less likely: far enough.
    moved = torch.tensor([[0.2, -0.25]], requires_grad=True)
    clipped_loss(moved, torch.zeros(1, 2), advantages, 0.2).backward()
    np.testing.assert_array_equal(moved.grad, [[0.0, 0.0]])
    # The wrong way there is no limit.
    wrong = torch.tensor([[-0.25, 0.2]], requires_grad=True)
    clipped_loss(wrong, torch.zeros(1, 2), advantages, 0.2).backward()
    assert (wrong.grad != 0).all()

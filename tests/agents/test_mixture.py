import torch
from torch import distributions as known

from agents.mixture import LEAST_STD, Mixture, MixtureHead


def some(rows: int = 5, components: int = 3, parameters: int = 2) -> Mixture:
    torch.manual_seed(0)
    shape = (rows, components, parameters)
    return Mixture(torch.randn(rows, components), torch.rand(shape) * 2 - 1, torch.rand(shape) / 3 + 0.05)


def test_log_probabilities_are_those_of_torch() -> None:
    mixture, actions = some(), torch.rand(5, 7, 2) * 2 - 1
    gaussians = known.Independent(known.Normal(mixture.means, mixture.stds), 1)
    same = known.MixtureSameFamily(known.Categorical(logits=mixture.logits), gaussians)
    expected = torch.stack([same.log_prob(actions[:, index]) for index in range(7)], dim=1)
    torch.testing.assert_close(mixture.log_prob(actions), expected)


def test_samples_are_of_the_mixture_and_its_mode_is_the_heaviest() -> None:
    mixture = some(rows=1)
    drawn = mixture.sample(20_000)[0]
    weights = mixture.logits.softmax(-1)[0]
    torch.testing.assert_close(drawn.mean(0), (weights[:, None] * mixture.means[0]).sum(0), atol=0.02, rtol=0)
    torch.testing.assert_close(mixture.mode[0], mixture.means[0, weights.argmax()])


def test_a_head_learns_two_answers_to_one_question() -> None:
    torch.manual_seed(0)
    head = MixtureHead(1, 1, components=4)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    features, answers = torch.ones(64, 1), torch.tensor([[0.8], [-0.6]]).repeat(32, 1)[:, None]
    for _ in range(300):
        optimizer.zero_grad()
        loss = -head(features).log_prob(answers).mean()
        loss.backward()
        optimizer.step()
    mixture = head(torch.ones(1, 1))
    drawn = mixture.sample(400)[0, :, 0]
    assert float(mixture.stds.min()) > LEAST_STD
    near = [(drawn - answer).abs() < 0.2 for answer in (0.8, -0.6)]
    assert 0.3 < float(near[0].float().mean()) < 0.7
    assert float((near[0] | near[1]).float().mean()) > 0.9

"""Features along their principal directions."""

import numpy as np
import pytest
import torch

from agents.precision import products
from agents.whitening import Whitening


def spectra(rows: int) -> torch.Tensor:
    """Levels that are loud and quiet together and differ a little besides."""
    generator = torch.Generator().manual_seed(0)
    loud = torch.rand(rows, 1, generator=generator)
    return loud + 0.3 * torch.randn(rows, 40, generator=generator)


def test_what_comes_out_has_no_correlation_and_one_scale() -> None:
    heard = spectra(4000)
    whitening = Whitening(40, 10)
    whitening.fit(heard)
    out = whitening(heard).numpy()
    assert out.shape == (4000, 10)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-3)
    covariance = np.cov(out.T)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    # Short of 1, the more so the smaller a direction is.
    assert np.all((np.diag(covariance) > 0.8) & (np.diag(covariance) <= 1.001))


def test_the_first_direction_is_the_one_that_varies_most() -> None:
    heard = spectra(4000)
    whitening = Whitening(40, 3)
    whitening.fit(heard)
    loudness = heard.mean(1)
    similar = [abs(float(torch.corrcoef(torch.stack([loudness, column]))[0, 1])) for column in whitening(heard).T]
    assert similar[0] > 0.95
    assert max(similar[1:]) < 0.2


def test_before_it_is_fitted_features_come_through() -> None:
    assert torch.equal(Whitening(40, 10)(spectra(5)), spectra(5)[:, :10])


def test_features_that_never_vary_stay_finite() -> None:
    whitening = Whitening(5, 9)
    whitening.fit(torch.ones(3, 5))
    assert whitening.outputs == 5
    assert torch.equal(whitening(torch.ones(2, 5)), torch.zeros(2, 5))


def test_it_is_as_precise_as_ever_where_others_are_not() -> None:
    heard = spectra(500)
    whitening = Whitening(40, 40)
    whitening.fit(heard)
    exact = whitening(heard)
    with products("medium"):
        assert torch.equal(whitening(heard), exact)


def test_it_is_kept_with_the_weights() -> None:
    whitening, other = Whitening(40, 10), Whitening(40, 10)
    whitening.fit(spectra(100))
    other.load_state_dict(whitening.state_dict())
    assert torch.equal(other(spectra(7)), whitening(spectra(7)))


def test_no_directions_are_refused() -> None:
    with pytest.raises(ValueError, match="directions must be at least 1, not 0"):
        Whitening(40, 0)

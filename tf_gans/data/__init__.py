"""Real samples: where a training step's batch comes from."""

from tf_gans.data.distributions import Empirical, Gaussian
from tf_gans.data.source import Source

__all__ = ["Empirical", "Gaussian", "Source"]

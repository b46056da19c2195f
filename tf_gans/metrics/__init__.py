"""From samples to numbers, each beside what perfect samples would score."""

from tf_gans.metrics.curves import (
    CURVE_METRICS,
    curve_floors,
    curve_metrics,
)
from tf_gans.metrics.mixtures import (
    MIXTURE_METRICS,
    mixture_floors,
    mixture_metrics,
)
from tf_gans.metrics.scalar import (
    SCALAR_METRICS,
    kolmogorov_smirnov,
    scalar_floors,
    scalar_metrics,
    wasserstein_1,
)

__all__ = [
    "CURVE_METRICS",
    "MIXTURE_METRICS",
    "SCALAR_METRICS",
    "curve_floors",
    "curve_metrics",
    "kolmogorov_smirnov",
    "mixture_floors",
    "mixture_metrics",
    "scalar_floors",
    "scalar_metrics",
    "wasserstein_1",
]

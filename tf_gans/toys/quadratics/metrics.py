"""How accurate generated curves are, and how well they are spread.

The target is anything with `low`, `high`, `ppf`, `curves`, `coefficients` and
`sample`, such as `tf_gans.toys.quadratics.Quadratics`.
"""

import numpy as np

from tf_gans.metrics.distances import baseline, wasserstein_1

CURVE_METRICS = ("inside", "residual", "a_w1")

# Real curves on the bounds themselves count as inside, however float32 rounds
# their heights of up to 14.
_ROUNDING = 1e-5


def curve_metrics(curves, target):
    """Measures generated curves against those they imitate.

    `inside` is the share of the curves that nowhere leave the space between
    the lowest and the highest real one. It does not see what a curve looks
    like in there. `residual` does: it is the root mean square, over all points
    of all curves, of the distance to the nearest real curve, the one whose
    coefficient is the closed least-squares solution, clipped to the range of
    the real ones. Neither sees whether all generated curves are alike:
    `a_w1`, the Wasserstein-1 distance between the generated curves' own
    coefficients (the solutions before the clipping) and the real
    distribution of a, does.

    Args:
        curves: array of shape `(n, num_points)`.
        target: the curves they imitate.

    Returns:
        A dict of floats. `inside` is in [0, 1]; the others are 0 at best.
    """
    curves = np.asarray(curves, np.float64)
    if curves.ndim != 2 or not len(curves):
        raise ValueError(
            "`curves` must be an array of shape (n, num_points). "
            f"Received: shape {curves.shape}"
        )
    a = target.coefficients(curves)
    nearest = target.curves(np.clip(a, target.low, target.high))
    above = curves >= target.curves(target.low) - _ROUNDING
    below = curves <= target.curves(target.high) + _ROUNDING
    return {
        "inside": float(np.mean(np.all(above & below, axis=1))),
        "residual": float(np.sqrt(np.mean(np.square(curves - nearest)))),
        "a_w1": wasserstein_1(a, target),
    }


def curve_baseline(target, size, repetitions=20, seed=0):
    """The real-vs-real score; see `tf_gans.metrics.baseline`.

    Returns:
        A dict of floats: the means of `inside`, `residual` and `a_w1`.
    """
    return baseline(curve_metrics, target, size, repetitions, seed)

"""How far the two numbers are from their equilibrium."""

import numpy as np


def distances(path):
    """The distance from the equilibrium, theta = psi = 0.

    Args:
        path: array of shape `(..., 2)`: theta and psi.

    Returns:
        A float64 array of shape `(...)`.
    """
    return np.linalg.norm(np.asarray(path, np.float64), axis=-1)


def turns(path):
    """How often a path has gone around the equilibrium.

    Args:
        path: array of shape `(steps, 2)`: theta and psi after each step, of
            which none is a half turn from the one before.

    Returns:
        A float: positive against the clock, theta to the right and psi up.
    """
    theta, psi = np.asarray(path, np.float64).T
    angles = np.unwrap(np.arctan2(psi, theta))
    return float(angles[-1] - angles[0]) / (2 * np.pi)

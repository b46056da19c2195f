"""How well a score tells what is unusual from what is usual."""

import numpy as np


def detection_auc(usual, unusual):
    """The area under the curve of a detector's true and false alarms.

    The share of the pairs of a usual and an unusual sample of which the
    unusual one has the larger score, with a half for equal ones: 1 for a score
    that parts them, 1/2 for one that knows nothing.

    Args:
        usual: float array of shape `(n,)`, scores such as the errors of an
            autoencoder on samples of the kind that it was trained on.
        unusual: float array of shape `(m,)`, those of others.

    Returns:
        float in [0, 1].

    Reference:
    - [Hanley & McNeil, 1982](https://doi.org/10.1148/radiology.143.1.7063747)
    """
    usual, unusual = np.ravel(usual), np.ravel(unusual)
    if not (usual.size and unusual.size):
        raise ValueError(
            "`usual` and `unusual` must have one score or more. Received: "
            f"{usual.size} and {unusual.size}"
        )
    if not (np.isfinite(usual).all() and np.isfinite(unusual).all()):
        raise ValueError("The scores must be finite. Received: some are not")
    ordered = np.sort(usual)
    below, up_to = (
        np.searchsorted(ordered, unusual, side) for side in ("left", "right")
    )
    return float(np.mean(below + up_to) / (2 * usual.size))

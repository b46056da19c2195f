"""Ways through the space of z: lines, arcs, arithmetic, sweeps, turns.

Plain NumPy on arrays of z, whose last axes are those of one z. What a network
makes of the results is the experiment.

A word on priors. Nearly all z that are drawn from N(0, I) in d dimensions have
a length close to sqrt(d); of those from U[-1, 1)^d it is close to sqrt(d / 3).
The middle of the straight line between two of them is shorter by a factor of
sqrt(1/2), and there the generator was hardly ever trained. `slerp` keeps the
length. For the uniform prior that is only half of the matter, because the arc
leaves the cube: a component that is near 1 at both ends reaches 1.41 between
them. `lerp` stays inside. So the arc suits a normal prior, and the line a
bounded one. Arithmetic and turns leave the usual lengths and the cube, too; in
the paper they do so from a uniform prior.

References:
- Radford, Metz and Chintala, 2016, Unsupervised representation learning with
  deep convolutional generative adversarial networks,
  https://arxiv.org/abs/1511.06434, section 6.3.2 and figures 4, 7 and 8
- White, 2016, Sampling generative networks, https://arxiv.org/abs/1609.04468,
  section 2
"""

import numpy as np


def lerp(a, b, t):
    """The straight way from `a` to `b`: `(1 - t) a + t b`.

    Args:
        a: array of any shape. One z.
        b: array of the same shape.
        t: float or array of any shape. 0 is exactly `a`, 1 exactly `b`.

    Returns:
        An array of shape `(*t.shape, *a.shape)`, of the type of `a` and `b`.
    """
    return _mix(a, b, 1 - np.asarray(t, float), t)


def slerp(a, b, t):
    """The way along the arc from `a` to `b`, at a constant angular speed.

    `sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b`, where w is the angle
    between them. It keeps the length where both have the same. Where they
    point in one direction, or one of them is 0, the arc is the straight line.

    Args:
        a: array of any shape. One z: its axes are taken as one vector.
        b: array of the same shape.
        t: float or array of any shape. 0 is exactly `a`, 1 exactly `b`.

    Returns:
        An array of shape `(*t.shape, *a.shape)`, of the type of `a` and `b`.

    Raises:
        ValueError: they point in opposite directions, and no arc is the
            shortest.

    Reference:
    - [White, 2016](https://arxiv.org/abs/1609.04468), section 2.1
    """
    t = np.asarray(t, float)
    lengths = [np.linalg.norm(np.asarray(v, float)) for v in (a, b)]
    if 0 in lengths:
        return lerp(a, b, t)
    u, v = (
        np.asarray(x, float) / length
        for x, length in zip((a, b), lengths, strict=True)
    )
    # Accurate for all angles; the arc cosine is not, near 0 and pi.
    angle = 2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))
    if angle < 1e-6:
        return lerp(a, b, t)
    if np.pi - angle < 1e-6:
        raise ValueError(
            "`a` and `b` point in opposite directions: no arc between them is "
            "the shortest."
        )
    sine = np.sin(angle)
    return _mix(a, b, np.sin((1 - t) * angle) / sine, np.sin(t * angle) / sine)


def _mix(a, b, of_a, of_b):
    a, b = np.asarray(a), np.asarray(b)
    of_a, of_b = (
        np.reshape(x, (*np.shape(x), *[1] * a.ndim)) for x in (of_a, of_b)
    )
    return (of_a * a + of_b * b).astype(np.result_type(a, b))


def arithmetic(a, b, c):
    """`mean(a) - mean(b) + mean(c)`: a concept's vector, moved to another.

    If z of smiling women are `a`, of neutral women `b`, and of neutral men
    `c`, the result is to show a smiling man. Single exemplars made unstable
    pictures; means of three made stable ones.

    Args:
        a, b, c: arrays of shape `(exemplars, *z_shape)`. Each may have another
            number of exemplars.

    Returns:
        An array of shape `z_shape`.

    Reference:
    - [Radford et al., 2016](https://arxiv.org/abs/1511.06434), section 6.3.2
    """
    return np.mean(a, axis=0) - np.mean(b, axis=0) + np.mean(c, axis=0)


def with_neighbours(y, noise):
    """`y` in the middle of its neighbours, `y + noise`.

    With eight neighbours and noise from U[-0.25, 0.25), this is the 3 by 3
    square of the paper's figure 7.

    Args:
        y: array of any shape. One z, or several with the axes in front.
        noise: array of shape `(neighbours, *z_shape)`. An even number.

    Returns:
        An array with an axis of `neighbours + 1` in front of those of one z.

    Reference:
    - [Radford et al., 2016](https://arxiv.org/abs/1511.06434), figure 7
    """
    middle = len(noise) // 2
    steps = np.insert(noise, middle, 0, axis=0)
    return np.expand_dims(y, -noise.ndim) + steps


def sweep(z, dimension, values):
    """`z` with one of its components set to each of some values.

    Args:
        z: array of any shape. One z.
        dimension: int. The component's number, counted over all axes.
        values: array of shape `(n,)`.

    Returns:
        An array of shape `(n, *z.shape)`.
    """
    z = np.asarray(z)
    if not 0 <= dimension < z.size:
        raise ValueError(
            f"`dimension` must lie from 0 to {z.size - 1}. "
            f"Received: dimension={dimension}"
        )
    copies = np.repeat(z.reshape(1, -1), len(values), axis=0)
    copies[:, dimension] = values
    return copies.reshape(-1, *z.shape)


def turn(left, right, z, amounts):
    """Each z, moved along the vector from `mean(left)` to `mean(right)`.

    The paper averaged four faces that look to each side. What the vector
    turns is what distinguishes the two sets.

    Args:
        left, right: arrays of shape `(exemplars, *z_shape)`.
        z: array of shape `(n, *z_shape)`. What is turned.
        amounts: array of shape `(steps,)`. How much of the vector is added: 0
            leaves z as it is, and from -1/2 to 1/2 is from one side to the
            other for a z halfway between them.

    Returns:
        An array of shape `(n, steps, *z_shape)`.

    Reference:
    - [Radford et al., 2016](https://arxiv.org/abs/1511.06434), figure 8
    """
    z = np.asarray(z)
    vector = np.mean(right, axis=0) - np.mean(left, axis=0)
    moves = np.multiply.outer(np.asarray(amounts, vector.dtype), vector)
    return z[:, np.newaxis] + moves

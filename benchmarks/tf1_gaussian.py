"""The original 1-D Gaussian demonstration, as a TensorFlow 1 program.

What the rest of the project is measured against, for its numbers
(`tests/toys/gaussian/test_tf1_parity.py`) and for its speed (`python -m
benchmarks`). It is written anew, in graph mode on `tensorflow.compat.v1`, and
does what the original does in the way that it does it: placeholders, numpy
sampling with a sort, two `session.run` a step, thousands of `session.run` a
frame, `FuncAnimation`. Two things differ, to the original's advantage if at
all: the figure is saved, where the original opens a window, and ffmpeg comes
from a package, where it wants one on the PATH.

    python -m benchmarks.tf1_gaussian --minibatch --num-steps 5000

Reference:
- [AYLIEN/gan-intro, gan.py](https://github.com/AYLIEN/gan-intro)
"""

import argparse
import dataclasses
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

RANGE = 8.0
NUM_POINTS = 10_000
NUM_BINS = 100


@dataclasses.dataclass(frozen=True)
class Program:
    """The tensors and operations that training needs."""

    graph: Any
    batch_size: int
    x: Any  # placeholders, (batch, 1)
    z: Any
    samples: Any  # G(z), (batch, 1)
    real_probability: Any  # D(x), (batch, 1)
    fake_probability: Any  # D(G(z)), (batch, 1)
    d_loss: Any
    g_loss: Any
    train_d: Any
    train_g: Any
    d_gradients: list
    g_gradients: list
    d_variables: list  # in the order of their creation
    g_variables: list
    initialize: Any


def build(
    hidden_size=4,
    batch_size=8,
    minibatch=False,
    variant="code",
    loss="clamped",
    seed=42,
    dtype=tf.float32,
):
    """Builds the graph.

    Args:
        hidden_size: int.
        batch_size: int.
        minibatch: bool. Minibatch discrimination in place of the third layer.
        variant: `"code"` for the published program (relu, Adam 1e-3), or
            `"article"` for the article about it (tanh, gradient descent from
            0.005, times 0.95 every 150 steps).
        loss: `"clamped"` for the original's `-log(max(p, 1e-5))`, or
            `"logits"` for the same loss without the clamp.
        seed: int. The graph's seed.
        dtype: the original's is float32; float64 is for comparisons.

    Returns:
        A `Program`.
    """
    if variant not in ("code", "article") or loss not in ("clamped", "logits"):
        raise ValueError(f"Received: variant={variant!r}, loss={loss!r}")
    activation = tf.nn.relu if variant == "code" else tf.tanh
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(seed)
        with tf.variable_scope("G"):
            z = tf.placeholder(dtype, (batch_size, 1), "z")
            samples = _generator(z, hidden_size)
        x = tf.placeholder(dtype, (batch_size, 1), "x")
        options = (hidden_size, minibatch, activation)
        with tf.variable_scope("D"):
            real_logits = _discriminator(x, *options)
        with tf.variable_scope("D", reuse=True):
            fake_logits = _discriminator(samples, *options)
        real_probability = tf.sigmoid(real_logits)
        fake_probability = tf.sigmoid(fake_logits)
        if loss == "clamped":
            d_terms = _clamped(real_probability) + _clamped(
                1 - fake_probability
            )
            g_terms = _clamped(fake_probability)
        else:
            d_terms = tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits)
            g_terms = tf.nn.softplus(-fake_logits)
        d_loss, g_loss = tf.reduce_mean(d_terms), tf.reduce_mean(g_terms)

        trainable = tf.trainable_variables()
        d_variables = [v for v in trainable if v.name.startswith("D/")]
        g_variables = [v for v in trainable if v.name.startswith("G/")]
        return Program(
            graph=graph,
            batch_size=batch_size,
            x=x,
            z=z,
            samples=samples,
            real_probability=real_probability,
            fake_probability=fake_probability,
            d_loss=d_loss,
            g_loss=g_loss,
            train_d=_minimize(d_loss, d_variables, variant),
            train_g=_minimize(g_loss, g_variables, variant),
            d_gradients=tf.gradients(d_loss, d_variables),
            g_gradients=tf.gradients(g_loss, g_variables),
            d_variables=d_variables,
            g_variables=g_variables,
            initialize=tf.global_variables_initializer(),
        )


def _linear(x, units, scope, stddev=1.0):
    with tf.variable_scope(scope, dtype=x.dtype):
        kernel = tf.get_variable(
            "w",
            (x.shape[1], units),
            initializer=tf.random_normal_initializer(stddev=stddev),
        )
        bias = tf.get_variable(
            "b", (units,), initializer=tf.zeros_initializer()
        )
        return tf.matmul(x, kernel) + bias


def _generator(z, hidden_size):
    hidden = tf.nn.softplus(_linear(z, hidden_size, "g0"))
    return _linear(hidden, 1, "g1")


def _discriminator(x, hidden_size, minibatch, activation):
    width = 2 * hidden_size
    x = activation(_linear(x, width, "d0"))
    x = activation(_linear(x, width, "d1"))
    if minibatch:
        x = _minibatch_discrimination(x)
    else:
        x = activation(_linear(x, width, "d2"))
    return _linear(x, 1, "d3")


def _minibatch_discrimination(x, num_kernels=5, kernel_dim=3):
    points = _linear(x, num_kernels * kernel_dim, "minibatch", stddev=0.02)
    points = tf.reshape(points, (-1, num_kernels, kernel_dim))
    others = tf.transpose(points, (1, 2, 0))  # (kernels, dim, batch)
    gaps = points[:, :, :, tf.newaxis] - others[tf.newaxis]
    distances = tf.reduce_sum(tf.abs(gaps), axis=2)  # (batch, kernels, batch)
    return tf.concat([x, tf.reduce_sum(tf.exp(-distances), axis=2)], axis=1)


def _clamped(probability):
    return -tf.log(tf.maximum(probability, 1e-5))


def _minimize(loss, variables, variant):
    step = tf.Variable(0, trainable=False)
    if variant == "code":
        optimizer = tf.train.AdamOptimizer(1e-3)
    else:
        rate = tf.train.exponential_decay(0.005, step, 150, 0.95, True)
        optimizer = tf.train.GradientDescentOptimizer(rate)
    return optimizer.minimize(loss, global_step=step, var_list=variables)


class Sampler:
    """Draws the batches as the original does, with numpy's RNG of its time."""

    def __init__(self, seed=42):
        self._random = np.random.RandomState(seed)

    def real(self, size):
        values = self._random.normal(4.0, 0.5, size)
        values.sort()
        return values

    def latents(self, size):
        grid = np.linspace(-RANGE, RANGE, size)
        return grid + self._random.random_sample(size) * 0.01


def train(
    program, session, sampler, num_steps, log_every=None, anim_every=None
):
    """Runs the original's training loop.

    Args:
        program: a `Program`.
        session: a session of its graph, initialised.
        sampler: a `Sampler`.
        num_steps: int.
        log_every: int or None. Prints the losses of each such step.
        anim_every: int or None. Samples a frame after each such step.

    Returns:
        The frames, a list.
    """
    frames = []
    column = (program.batch_size, 1)
    for step in range(num_steps):
        x = sampler.real(program.batch_size)
        z = sampler.latents(program.batch_size)
        d_loss, _ = session.run(
            [program.d_loss, program.train_d],
            {
                program.x: np.reshape(x, column),
                program.z: np.reshape(z, column),
            },
        )
        z = sampler.latents(program.batch_size)
        g_loss, _ = session.run(
            [program.g_loss, program.train_g],
            {program.z: np.reshape(z, column)},
        )
        if log_every and step % log_every == 0:
            print(f"{step}: {d_loss:.4f}\t{g_loss:.4f}")
        if anim_every and step % anim_every == 0:
            frames.append(sample_frame(program, session, sampler))
    return frames


def sample_frame(program, session, sampler):
    """Computes what the figure shows, a batch of 8 points at a time.

    Returns:
        The decision boundary, `(10000, 1)`, and the histograms of real and of
        generated samples, `(99,)` each.
    """
    points = np.linspace(-RANGE, RANGE, NUM_POINTS)
    edges = np.linspace(-RANGE, RANGE, NUM_BINS)
    boundary = _in_batches(
        program, session, program.real_probability, program.x, points
    )
    generated = _in_batches(
        program, session, program.samples, program.z, points
    )
    real = sampler.real(NUM_POINTS)
    return (
        boundary,
        np.histogram(real, bins=edges, density=True)[0],
        np.histogram(generated, bins=edges, density=True)[0],
    )


def _in_batches(program, session, output, placeholder, points):
    size = program.batch_size
    values = np.zeros((len(points), 1))
    for i in range(len(points) // size):
        part = slice(size * i, size * (i + 1))
        values[part] = session.run(
            output, {placeholder: np.reshape(points[part], (size, 1))}
        )
    return values


def import_plotting():
    """Imports what the original imports at its top, and returns pyplot.

    A function, so that only those pay for it who draw.
    """
    import matplotlib

    matplotlib.use("Agg")
    import imageio_ffmpeg
    import matplotlib.animation
    import seaborn

    seaborn.set_theme(color_codes=True)
    executable = imageio_ffmpeg.get_ffmpeg_exe()
    matplotlib.rcParams["animation.ffmpeg_path"] = executable
    return matplotlib.pyplot


def save_figure(frame, path):
    """Draws one frame with the original's `plot` calls and saves it."""
    plt = import_plotting()
    boundary, real, generated = frame
    _, ax = plt.subplots(1)
    ax.plot(*_curve(boundary), label="decision boundary")
    ax.set_ylim(0, 1)
    ax.plot(*_curve(real), label="real data")
    ax.plot(*_curve(generated), label="generated data")
    ax.set(
        title="1D Generative Adversarial Network",
        xlabel="Data values",
        ylabel="Probability density",
    )
    ax.legend()
    plt.savefig(path)


def save_animation(frames, path):
    """Draws the frames with `FuncAnimation` and encodes them with ffmpeg."""
    plt = import_plotting()
    from matplotlib import animation

    figure, ax = plt.subplots(figsize=(6, 4))
    figure.suptitle("1D Generative Adversarial Network", fontsize=15)
    ax.set(
        xlabel="Data values",
        ylabel="Probability density",
        xlim=(-6, 6),
        ylim=(0, 1.4),
    )
    labels = ("decision boundary", "real data", "generated data")
    lines = [ax.plot([], [], label=label)[0] for label in labels]
    number = ax.text(0.02, 0.95, "", va="top", transform=ax.transAxes)
    ax.legend()

    def clear():
        for line in lines:
            line.set_data([], [])
        number.set_text("")
        return (*lines, number)

    def draw(i):
        number.set_text(f"Frame: {i}/{len(frames)}")
        for line, values in zip(lines, frames[i], strict=True):
            line.set_data(*_curve(values))
        return (*lines, number)

    movie = animation.FuncAnimation(
        figure, draw, init_func=clear, frames=len(frames), blit=True
    )
    movie.save(path, fps=30, extra_args=["-vcodec", "libx264"])
    plt.close(figure)


def _curve(values):
    return np.linspace(-RANGE, RANGE, len(values)), values


def main(arguments):
    """Trains, and saves the figure or the animation."""
    import_plotting()
    program = build(
        arguments.hidden_size, arguments.batch_size, arguments.minibatch
    )
    sampler = Sampler()
    with tf.Session(graph=program.graph) as session:
        session.run(program.initialize)
        frames = train(
            program,
            session,
            sampler,
            arguments.num_steps + 1,  # as the original counts
            arguments.log_every,
            arguments.anim_every if arguments.anim_path else None,
        )
        if arguments.anim_path:
            save_animation(frames, arguments.anim_path)
        else:
            frame = sample_frame(program, session, sampler)
            save_figure(frame, arguments.figure_path)


def parse_arguments():
    """Parses the original's flags, and where its figure goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num-steps", type=int, default=5000)
    parser.add_argument("--hidden-size", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--minibatch", action="store_true")
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--anim-path")
    parser.add_argument("--anim-every", type=int, default=1)
    parser.add_argument("--figure-path", default="gan.png")
    return parser.parse_args()


if __name__ == "__main__":
    main(parse_arguments())

"""What a training on many devices would cost: a model, not a measurement.

    python -m benchmarks.scaling
    python -m benchmarks.scaling --plot docs/images/scaling.png
    python -m benchmarks.scaling --model dcgan --step-ms 12 --gpus 8,64,512

Each device trains on a batch of its own, of the recipe's size, and the devices
exchange their gradients, array by array, at the end of each update. A step so
takes what it takes on one device, and the exchanges after it: nothing is taken
to overlap. How many parameters, arrays and batch normalisations there are is
counted in the models; how long a step takes on one device is measured on this
machine's CPU, or is what `--step-ms` says. Bandwidths and latencies are those
of the flags.

An exchange of B bytes among n devices takes, whichever is shorter,

    in a ring    2 (n - 1) / n B / bandwidth + 2 (n - 1) latency
    in a tree    2 B / bandwidth + 2 log2(n) latency

and on several nodes three parts: B is summed up inside each node, where each
device ends with its share of it; the shares are exchanged among the nodes,
through the link of a node that its devices have together; and the sums are
handed round inside.

A batch normalisation with the statistics of all devices adds two exchanges of a
few numbers to each pass forward (means, variances about them) and two to each
pass backward, one after the other. All they cost is latency.
"""

import argparse
import dataclasses
import itertools
import math
import sys

GPUS = (8, 64, 512)
MODELS = ("mnist", "dcgan", "wgan-gp")
STEPS_MS = (100, 30, 10, 3)  # of devices that nobody has measured here
_FORWARD, _BACKWARD = 2, 2  # exchanges of a synchronised batch normalisation
_FLOAT = 4  # bytes; gradients are in 32 bits, mixed precision or not


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Where it runs.

    Args:
        per_node: int. Devices of a node.
        inside, outside: floats. Bytes/s that a device sends to another of its
            node, and a node to another one.
        inside_latency, outside_latency: floats. Seconds from one device to the
            next, or from one node to the next, whatever is sent.
    """

    per_node: int = 8
    inside: float = 450e9
    outside: float = 50e9
    inside_latency: float = 5e-6
    outside_latency: float = 20e-6


@dataclasses.dataclass(frozen=True)
class Work:
    """What a step of a model is.

    Args:
        name: str.
        batch: int. Samples of a device's batch.
        parameters: int. Of both players.
        exchanges: dict from numbers of bytes to how often so many are
            exchanged in a step.
        statistics: int. How many exchanges a step's batch normalisations have.
    """

    name: str
    batch: int
    parameters: int
    exchanges: dict
    statistics: int

    @property
    def gradient_bytes(self):
        """What a device hands over in a step."""
        return sum(size * count for size, count in self.exchanges.items())


def ring_or_tree(size, count, bandwidth, latency):
    """Seconds for the sum of `size` bytes among `count`, in all of them."""
    if count == 1:
        return 0.0
    ring = 2 * (count - 1) / count * size / bandwidth
    ring += 2 * (count - 1) * latency
    tree = 2 * size / bandwidth + 2 * math.log2(count) * latency
    return min(ring, tree)


def all_reduce(size, devices, cluster):
    """Seconds for the sum of `size` bytes among all devices.

    Args:
        size: number of bytes.
        devices: int. On several nodes, a multiple of `cluster.per_node`.
        cluster: `Cluster`.
    """
    within = min(devices, cluster.per_node)
    nodes, left = divmod(devices, within)
    if left:
        raise ValueError(
            f"`devices` must be a multiple of {cluster.per_node}, which a node "
            f"has, or fewer. Received: devices={devices}"
        )
    return ring_or_tree(
        size, within, cluster.inside, cluster.inside_latency
    ) + ring_or_tree(size, nodes, cluster.outside, cluster.outside_latency)


def seconds(work, devices, cluster):
    """What a step's exchanges take: of gradients, and of statistics."""
    gradients = sum(
        count * all_reduce(size, devices, cluster)
        for size, count in work.exchanges.items()
    )
    # 1 KB: the channels of a layer.
    return gradients, work.statistics * all_reduce(1024, devices, cluster)


def efficiency(work, step, devices, cluster):
    """The part of a step in which the devices compute.

    Args:
        work: `Work`.
        step: float. Seconds that it takes on one device.
        devices: int.
        cluster: `Cluster`.
    """
    return step / (step + sum(seconds(work, devices, cluster)))


# The models -------------------------------------------------------------------


def build(name, **options):
    """A recipe's model, compiled, and the batch of the recipe.

    Args:
        name: `"mnist"`, `"dense"`, `"dcgan"`, or a member of the family.
        **options: `dtype` and `jit_compile` of the recipe's `build`.
    """
    module, recipe = _recipe(name)
    return module.build(*recipe, seed=1, **options), batch_of(name)


def batch_of(name):
    """The batch of a recipe, by its name as in `build`."""
    module, recipe = _recipe(name)
    return module.get(*recipe).batch_size


def _recipe(name):
    from tf_gans import recipes

    if name in ("mnist", "dense"):
        return recipes.mnist, ["conv" if name == "mnist" else name]
    return (recipes.dcgan, []) if name == "dcgan" else (recipes.family, [name])


def describe(name, model, batch):
    """Counts what a model's step exchanges.

    Args:
        name: str.
        model: a `GAN`.
        batch: int.

    Returns:
        A `Work`.
    """
    import keras

    from tf_gans import layers

    generator, discriminator = model.generator, model.discriminator
    g, d = (
        sum(
            isinstance(layer, keras.layers.BatchNormalization)
            for layer in layers.walk(network)
        )
        for network in (generator, discriminator)
    )
    # A critic update: z to samples, real and fake ones judged, back through
    # both. The generator's: through both networks, there and back.
    critic = _FORWARD * (g + 2 * d) + _BACKWARD * 2 * d
    last = (_FORWARD + _BACKWARD) * (g + d)
    exchanges: dict = {}
    for network, updates in (
        (discriminator, model.critic_steps),
        (generator, 1),
    ):
        for variable in network.trainable_variables:
            size = _FLOAT * math.prod(variable.shape)
            exchanges[size] = exchanges.get(size, 0) + updates
    return Work(
        name,
        batch,
        sum(
            math.prod(v.shape)
            for network in (generator, discriminator)
            for v in network.trainable_variables
        ),
        exchanges,
        model.critic_steps * critic + last,
    )


def prepare(model, batch, num_steps):
    """Prepares to measure a model's step on triangles.

    Returns:
        A function that returns seconds, the median of `num_steps`.
    """
    import numpy as np

    from benchmarks import images
    from tf_gans import data
    from tf_gans.data import triangles

    height, _, channels = model.sample_shape
    pictures = triangles.draw_triangles(10 * batch, size=height)
    source = data.Images(
        np.repeat(pictures, channels, axis=-1),
        batch,
        value_range=model.value_range,
    )
    return lambda: images._seconds_a_step(model, source, num_steps)


# What is printed and drawn ----------------------------------------------------


def exchange_table(works, gpus, cluster):
    """What a step exchanges, and how long it takes, as lines of Markdown."""
    head = [f"{n} GPUs: gradients, statistics (ms)" for n in gpus]
    columns = ["model", "batch", "parameters", "gradients", "exchanges", *head]
    yield _row(columns)
    yield "|---" * len(columns) + "|"
    for work in works:
        count = sum(work.exchanges.values()) + work.statistics
        cells = [
            ", ".join(f"{1e3 * t:.2f}" for t in seconds(work, devices, cluster))
            for devices in gpus
        ]
        yield _row(
            [
                work.name,
                work.batch,
                f"{work.parameters:,}",
                f"{work.gradient_bytes / 1e6:.1f} MB",
                count,
                *cells,
            ]
        )


def efficiency_table(works, steps, gpus, cluster):
    """The part of a step in which the devices compute, as lines of Markdown.

    Args:
        works: list of `Work`.
        steps: dict from a model's name to a list of pairs: what the step is,
            and its seconds on one device.
        gpus: ints.
        cluster: `Cluster`.
    """
    head = [f"{n} GPUs" for n in gpus]
    yield _row(["model", "a step on one device", *head])
    yield "|---" * (2 + len(head)) + "|"
    for work in works:
        for what, step in steps[work.name]:
            cells = [
                f"{efficiency(work, step, devices, cluster):.1%}"
                for devices in gpus
            ]
            milli = 1e3 * step
            time = f"{milli:,.0f}" if milli >= 100 else f"{milli:.3g}"
            yield _row([work.name, f"{time} ms, {what}", *cells])
    batches = [f"{work.name} {work.batch}" for work in works]
    yield ""
    yield (
        f"A step sees {', '.join(f'{n}' for n in gpus)} times the batch of one "
        f"device: {', '.join(batches)}."
    )


def _row(cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def draw(path, works, cluster):
    """Draws exchanges and efficiency over the number of devices.

    Args:
        path: where the PNG file is written.
        works: list of `Work`. The efficiency is that of the one that exchanges
            most.
        cluster: `Cluster`.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    from tf_gans.plotting.picture import (
        BLUE,
        GREEN,
        GREY,
        PINK,
        VERMILION,
        save_figure,
        style,
    )

    counts = [1, 2, 4, *(8 * 2**i for i in range(7))]
    counts = [n for n in counts if n < 8 or n % cluster.per_node == 0]
    colours = (BLUE, VERMILION, GREEN, PINK, GREY)
    with style():
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for work, colour in zip(works, itertools.cycle(colours), strict=False):
            times = [seconds(work, n, cluster) for n in counts]
            sums = [1e3 * sum(pair) for pair in times]
            left.plot(counts[1:], sums[1:], "o-", color=colour, label=work.name)
            gradients = [1e3 * pair[0] for pair in times]
            left.plot(counts[1:], gradients[1:], ":", color=colour)
        left.plot([], [], ":", color=GREY, label="gradients alone")
        left.set_yscale("log")
        left.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        left.legend(frameon=False)
        left.set_ylabel("Exchanges of a step (ms)")
        left.set_title("What is exchanged")
        widest = max(works, key=lambda w: sum(seconds(w, counts[-1], cluster)))
        for step, colour in zip(STEPS_MS, colours, strict=False):
            right.plot(
                counts,
                [efficiency(widest, step / 1e3, n, cluster) for n in counts],
                "o-",
                color=colour,
            )
            last = efficiency(widest, step / 1e3, counts[-1], cluster)
            right.annotate(
                f"{step} ms",
                (counts[-1], last),
                (7, 0),
                textcoords="offset points",
                verticalalignment="center",
                color=colour,
            )
        left.set_xlim(1.7, 1.2 * counts[-1])
        right.set_xlim(0.85, 4 * counts[-1])  # what stands at the ends
        right.set_ylim(0, 1.02)
        right.yaxis.set_major_formatter(PercentFormatter(1))
        right.set_ylabel("Part of a step that computes")
        right.set_title(f"{widest.name}, by its step on one GPU")
        for axes in (left, right):
            axes.set_xscale("log", base=2)
            shown = [n for n in counts if n in (1, 2, 4, *GPUS)]
            axes.set_xticks(shown, [str(n) for n in shown])
            axes.set_xlabel("GPUs")
        save_figure(path, figure)


# The command ------------------------------------------------------------------


def parse(arguments=None):
    """Parses the command line."""
    from tf_gans.runs import cli

    parser = cli.Parser(
        prog="python -m benchmarks.scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    positive = cli.number(high=1e9, above=0)
    parser.add_argument(
        "--model",
        choices=MODELS,
        help=f"one of {', '.join(MODELS)} (default: all of them)",
    )
    parser.add_argument(
        "--step-ms",
        type=positive,
        metavar="MS",
        help="what a step of --model takes on one device (default: it is "
        "measured, on the CPU)",
    )
    parser.add_argument(
        "--gpus",
        type=_counts,
        default=GPUS,
        metavar="N,...",
        help="how many there are (default: 8,64,512)",
    )
    defaults = Cluster()
    for flag, value, unit, what in (
        ("inside-gb", defaults.inside / 1e9, "GB/s", "GPU to GPU of a node"),
        ("outside-gb", defaults.outside / 1e9, "GB/s", "node to node"),
        (
            "inside-us",
            defaults.inside_latency * 1e6,
            "us",
            "latency in a node",
        ),
        (
            "outside-us",
            defaults.outside_latency * 1e6,
            "us",
            "latency between nodes",
        ),
    ):
        parser.add_argument(
            f"--{flag}",
            type=positive,
            default=value,
            metavar=unit,
            help=f"{what} (default: %(default)g)",
        )
    parser.add_argument(
        "--per-node",
        type=cli.integer(1, 1024),
        default=defaults.per_node,
        metavar="N",
        help="GPUs of a node (default: %(default)s)",
    )
    parser.add_argument(
        "--plot",
        type=cli.ending_in(".png"),
        metavar="FILE",
        help="draw exchanges and efficiency, a PNG file",
    )
    values = parser.parse_args(arguments)
    if values.step_ms and not values.model:
        parser.error("argument --step-ms: needs --model, whose step it is")
    for count in values.gpus:
        if count > values.per_node and count % values.per_node:
            parser.error(
                f"argument --gpus: must be at most {values.per_node}, which a "
                f"node has, or a multiple of that; received {count}"
            )
    return values


def _counts(text):
    from tf_gans.runs import cli

    return [cli.integer(1, 10**6)(part) for part in text.split(",")]


def main(arguments=None):
    """Counts, measures, and prints the tables."""
    values = parse(arguments)
    from tf_gans import files
    from tf_gans.runs import cli, streams

    if values.plot:
        files.check_writable(values.plot)
    cluster = Cluster(
        values.per_node,
        values.inside_gb * 1e9,
        values.outside_gb * 1e9,
        values.inside_us / 1e6,
        values.outside_us / 1e6,
    )
    cli.load_tensorflow()
    works, steps = [], {}
    for name in [values.model] if values.model else MODELS:
        model, batch = build(name)
        works.append(describe(name, model, batch))
        if values.step_ms:
            steps[name] = [("as was said", values.step_ms / 1e3)]
            continue
        print(f"measuring {name} ...", file=sys.stderr)
        with streams.quiet_first_step():
            measured = ("measured on this CPU", prepare(model, batch, 3)())
        others = [("of a GPU that has it", ms / 1e3) for ms in STEPS_MS]
        steps[name] = [measured, *others]
    print("\n".join(exchange_table(works, values.gpus, cluster)))
    print()
    print("\n".join(efficiency_table(works, steps, values.gpus, cluster)))
    if values.plot:
        draw(values.plot, works, cluster)


if __name__ == "__main__":
    from tf_gans.runs import cli

    cli.run(main)

"""`python -m benchmarks.scaling`: its model of a step, and its command."""

import fractions
import functools
import math

import keras
import pytest

from benchmarks import scaling
from tests.paths import ROOT
from tf_gans import GAN
from tf_gans.recipes import members

build = functools.cache(scaling.build)
NO_LATENCY = scaling.Cluster(inside_latency=0.0, outside_latency=0.0)


def test_a_ring_of_several():
    """2 (n - 1) / n of the bytes go through each link, in 2 (n - 1) turns."""
    for count in (2, 3, 8):
        size = 6_000_000_000
        expected = 2 * fractions.Fraction(count - 1, count) * size / 10**9
        found = scaling.ring_or_tree(size, count, 1e9, 1e-3)
        assert found == pytest.approx(float(expected) + 2 * (count - 1) * 1e-3)


def test_a_tree_where_latency_counts():
    found = scaling.ring_or_tree(4, 1024, 1e9, 1e-3)
    assert found == pytest.approx(2 * 10 * 1e-3, rel=1e-5)


def test_nothing_is_exchanged_alone():
    assert scaling.all_reduce(10**9, 1, scaling.Cluster()) == 0


def test_several_nodes():
    """The shares of a node's devices go through its link together."""
    cluster = NO_LATENCY
    size = 10**9
    inside = 2 * 7 / 8 * size / cluster.inside
    outside = 2 * 3 / 4 * size / cluster.outside
    assert scaling.all_reduce(size, 8, cluster) == pytest.approx(inside)
    found = scaling.all_reduce(size, 32, cluster)
    assert found == pytest.approx(inside + outside)


def test_a_node_that_is_not_full():
    with pytest.raises(ValueError, match="multiple of 8"):
        scaling.all_reduce(1, 12, scaling.Cluster())


def test_more_devices_are_never_more_efficient():
    work = scaling.Work("x", 1, 10, {4_000_000: 10}, 20)
    values = [
        scaling.efficiency(work, 0.01, n, scaling.Cluster())
        for n in (1, 2, 4, 8, 16, 64, 512)
    ]
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert 0 < values[-1] < 0.6


class TestDescribe:
    """What is counted in the models themselves."""

    def test_by_hand(self):
        layers = keras.layers
        generator = keras.Sequential(
            [layers.Input((3,)), layers.Dense(4), layers.BatchNormalization()]
        )
        discriminator = keras.Sequential(
            [
                layers.Input((4,)),
                layers.Dense(5),
                layers.BatchNormalization(),
                layers.Dense(1),
            ]
        )
        gan = GAN(generator, discriminator, latents=3, critic_steps=2)
        work = scaling.describe("x", gan, 7)
        g, d = (3 * 4 + 4) + 2 * 4, (4 * 5 + 5) + 2 * 5 + (5 + 1)
        assert work.parameters == g + d
        assert work.gradient_bytes == 4 * (g + 2 * d)
        arrays_of_g, arrays_of_d = 4, 6
        count = sum(work.exchanges.values())
        assert count == arrays_of_g + 2 * arrays_of_d
        # Two a normalisation forward, two back. A critic update has G forward,
        # D there and back on two batches; the last update both.
        assert work.statistics == 2 * (2 + 2 * 4) + 2 * 4

    @pytest.mark.parametrize("name", scaling.MODELS)
    def test_of_a_recipe(self, name):
        model, batch = build(name)
        work = scaling.describe(name, model, batch)
        d = sum(
            math.prod(v.shape) for v in model.discriminator.trainable_variables
        )
        more = (model.critic_steps - 1) * d
        assert work.gradient_bytes == 4 * (work.parameters + more)
        if name in members.NAMES:
            assert model.critic_steps == 5
        assert work.batch == batch >= 64


def test_the_command(tmp_path, capsys, monkeypatch):
    """A plot, a table of what was asked, and nothing is measured."""
    monkeypatch.setattr(scaling, "build", build)
    path = tmp_path / "plot.png"
    scaling.main(
        ["--model", "mnist", "--step-ms", "10", "--gpus", "8", "--plot"]
        + [str(path)]
    )
    out, err = capsys.readouterr()
    assert "measuring" not in err
    assert "| mnist | 128 | 7,777,730 | 31.1 MB |" in out
    assert "| mnist | 10 ms, as was said | 8" in out
    assert path.read_bytes().startswith(b"\x89PNG")


def test_what_docs_say_is_what_the_command_prints(capsys):
    """But for what was measured, and for what one names."""
    text = (ROOT / "docs/scaling.md").read_text("utf-8")
    works = [scaling.describe(n, *build(n)) for n in scaling.MODELS]
    cluster = scaling.Cluster()
    for line in scaling.exchange_table(works, scaling.GPUS, cluster):
        assert line in text
    steps = {
        name: [("of a GPU that has it", ms / 1e3) for ms in scaling.STEPS_MS]
        for name in scaling.MODELS
    }
    for line in scaling.efficiency_table(works, steps, scaling.GPUS, cluster):
        assert line in text


@pytest.mark.slow
def test_the_measured_step(capsys):
    scaling.main(["--model", "mnist", "--gpus", "1,16"])
    out, _ = capsys.readouterr()
    (line,) = (x for x in out.splitlines() if "measured on this CPU" in x)
    assert "| 100.0% |" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--step-ms", "3"], "--step-ms: needs --model"),
        (["--gpus", "8,12"], "multiple of that; received 12"),
        (["--gpus", "8,x"], "whole number"),
        (["--model", "gaussian"], "invalid choice: 'gaussian'"),
        (["--inside-gb", "0"], "must be a number above 0"),
        (["--plot", "a.pdf"], "must end in .png"),
    ],
)
def test_mistakes(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        scaling.main(arguments)
    assert end.value.code == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1

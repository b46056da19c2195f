"""`scripts/variants.py`, as a process and in this one."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import script_runner
from tests.paths import REAL
from tests.script_runner import assert_same_weights
from tf_gans import recipes
from tf_gans.runs import load

SCRIPT = script_runner.load("variants")

# What each member logs, in this order.
GAME = ["d_loss", "g_loss"]
OUTPUTS = ["d_real", "d_fake"]
LOGGED = {
    "mm": GAME + OUTPUTS,
    "ns": GAME + OUTPUTS,
    "ls": GAME + OUTPUTS,
    "hinge": GAME + OUTPUTS,
    "wgan": [*GAME, "wasserstein", *OUTPUTS],
    "wgan-gp": [*GAME, "penalty", "wasserstein", *OUTPUTS],
    "dragan": [*GAME, "penalty", *OUTPUTS],
    "r3gan": [*GAME, "penalty", *OUTPUTS],
    "cgan": GAME + OUTPUTS,
    "acgan": [*GAME, *OUTPUTS, "class_real", "class_fake"],
    "infogan": [*GAME, *OUTPUTS, "mi_category", "mi_continuous"],
    "began": [*GAME, "k", "m_global"],
    "vae": ["loss", "reconstruction", "kl"],
}


def run(cwd, *arguments):
    """Runs the script in this process; returns what it printed."""
    return script_runner.run(SCRIPT, *arguments, cwd=cwd)[0]


def refused(cwd, *arguments):
    """The one line that a mistake is answered with."""
    line = script_runner.refused(SCRIPT, *arguments, cwd=cwd)
    assert line.startswith("variants.py: ")
    assert not (cwd / "runs").exists()
    return line


def rows(run_dir):
    lines = (run_dir / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """80 little images."""
    path = tmp_path_factory.mktemp("images") / "data.npz"
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (80, 8, 8), np.uint8)
    np.savez(path, x_train=pixels, y_train=np.arange(80) % 4)
    return path


def test_the_names_are_the_recipes():
    assert set(LOGGED) == set(recipes.family.NAMES)


@pytest.mark.slow
def test_the_options_are_those_of_build(tmp_path, images):
    """Each flag reaches the recipe."""
    run(
        tmp_path,
        *["--gan", "ns", "--data", images, "--batch-size", 40, "--epochs", 1],
        *["--no-batch-norm", "--spectral-norm", "--critic-steps", 2],
        *["--generator-learning-rate", 0.002, "--beta-1", 0.25],
        *["--discriminator-learning-rate", 0.003, "--beta-2", 0.75],
        *["--label-smoothing", 0.125, "--instance-noise", 0.5],
        *["--instance-noise-steps", 10, "--dropout", 0.5, "--clip", 2],
        *["--feature-matching", "--historical-averaging", 0.01],
        *["--run-dir", "run"],
    )
    gan = load.load_run(tmp_path / "run")
    assert not gan.discriminator.batch_norm
    assert gan.discriminator.spectral_norm
    assert gan.critic_steps == 2
    rates = [float(o.learning_rate) for o in gan.optimizers.values()]
    np.testing.assert_allclose(rates, [0.002, 0.003])
    for optimizer in gan.optimizers.values():
        assert (optimizer.beta_1, optimizer.beta_2) == (0.25, 0.75)
    assert gan.adversarial_loss.label_smoothing == 0.125
    assert gan.instance_noise.stddev == 0.5
    assert gan.instance_noise.decay_steps == 10
    assert gan.generator.dropout == 0.5
    assert gan.constraint.limit == 2
    assert gan.feature_matching
    assert gan.historical_averaging == 0.01
    # An epoch is a pass through the images: 80 / (40 * 2).
    assert int(gan.step.numpy()) == 1


@pytest.mark.slow
class TestRealImages:
    @pytest.fixture(scope="class")
    def done(self, tmp_path_factory):
        """WGAN-GP on real images, shrunk for speed."""
        path = REAL / "fashion_mnist.npz"
        if not path.exists():
            pytest.skip("shared/data is not here")
        cwd = tmp_path_factory.mktemp("process")
        with np.load(path) as arrays:
            np.savez(cwd / "data.npz", x_train=arrays["x_train"][:1000])
        out = run(
            cwd,
            *["--gan", "wgan-gp", "--data", "data.npz", "--size", "12"],
            *["--batch-size", "20", "--epochs", "2", "--log-every", "2"],
            *["--export", "saved", "--anim-path", "film.mp4"],
            *["--run-dir", "run", "--ema", "0.9"],
        )
        return cwd, out

    def test_everything_is_there(self, done):
        cwd, out = done
        for name in ("samples", "curves", "real"):
            with Image.open(cwd / f"run/{name}.png") as image:
                # A picture, not one colour.
                assert np.asarray(image).std() > 5
        assert (cwd / "film.mp4").stat().st_size > 0
        assert "images/s" in out

    def test_it_learns(self, done):
        cwd, _ = done
        logged = rows(cwd / "run")
        assert list(logged[0]) == ["step", *LOGGED["wgan-gp"]]
        # At first every slope is nearly 0, and the penalty lambda.
        assert logged[0]["penalty"] > 8
        assert logged[-1]["penalty"] < 7
        assert logged[-1]["wasserstein"] > 2 * logged[0]["wasserstein"]

    def test_the_export_has_a_critic_without_probabilities(self, done):
        cwd, _ = done
        loaded = tf.saved_model.load(cwd / "saved/1")
        said = loaded.signatures["discriminate"](
            samples=tf.zeros((3, 12, 12, 1))
        )
        assert set(said) == {"logits"}
        pngs = loaded.signatures["sample_png"](seeds=tf.range(2, dtype="int64"))
        assert tf.io.decode_png(pngs["png_bytes"][1]).shape == (12, 12, 1)


@pytest.mark.parametrize("name", sorted(LOGGED))
def test_what_is_logged(name):
    classes = {"num_classes": 3} if name in ("cgan", "acgan") else {}
    model = recipes.family.build(name, size=8, **classes)
    assert list(model.step_losses) == LOGGED[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wgan-gp", "began", "vae"])
def test_goes_on_as_if_nothing_had_happened(name, tmp_path, images):
    options = ["--gan", name, "--data", images, "--batch-size", 16]
    out = run(
        tmp_path,
        *[*options, "--epochs", 4, "--run-dir", "whole", "--log-every", 1],
    )
    assert "0: " in out
    run(
        tmp_path,
        *[*options, "--epochs", 2, "--run-dir", "parts", "--log-every", 1],
    )
    run(
        tmp_path,
        *["--run-dir", "parts", "--resume", "--epochs", 4, "--log-every", 1],
    )
    whole, parts = (rows(tmp_path / name) for name in ("whole", "parts"))
    assert whole == parts
    assert list(whole[0]) == ["step", *LOGGED[name]]
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")


SMALL = ["--batch-size", 16, "--width", 4, "--epochs", 1, "--log-every", 1]


class TestLabels:
    @pytest.fixture(scope="class")
    def labelled(self, tmp_path_factory):
        """60 stripes in three places, and 30 to test with."""
        path = tmp_path_factory.mktemp("labelled") / "data.npz"
        labels = np.arange(90) % 3
        images = np.zeros((90, 12, 12), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[4 * label : 4 * label + 4] = 200
        np.savez(
            path,
            x_train=images[:60],
            y_train=labels[:60],
            x_test=images[60:],
            y_test=labels[60:],
        )
        return path

    @pytest.fixture(scope="class")
    def infogan(self, labelled, tmp_path_factory):
        cwd = tmp_path_factory.mktemp("infogan")
        out = run(
            cwd,
            *["--gan", "infogan", "--data", labelled, *SMALL],
            *["--categories", 3, "--run-dir", "run"],
        )
        return cwd / "run", out

    def test_infogan_says_what_its_categories_stand_for(self, infogan):
        run_dir, out = infogan
        assert "Categories: argmax Q tells the label of " in out
        found = json.loads((run_dir / "summary.json").read_text())["categories"]
        assert 1 / 3 <= found["accuracy"] <= 1
        assert found["num_test"] == 30
        assert sorted(found["matching"].values()) == ["0", "1", "2"]
        assert list(rows(run_dir)[0]) == ["step", *LOGGED["infogan"]]

    def test_infogan_draws_its_codes(self, infogan, tmp_path):
        """A column a category, and a panel a code; as latent.py does."""
        run_dir, _ = infogan
        heights = {}
        for name in ("samples", "codes"):
            with Image.open(run_dir / f"{name}.png") as image:
                heights[name] = np.asarray(image)
        # Three columns of 12 pixels twice as large, between lines of 4.
        assert heights["samples"].shape[1] == 3 * 28 + 4
        script_runner.run(
            script_runner.load("latent"),
            *["codes", run_dir, "--out", tmp_path / "codes.png"],
        )
        with Image.open(tmp_path / "codes.png") as image:
            np.testing.assert_array_equal(np.asarray(image), heights["codes"])

    def test_categories_are_no_labels(self, infogan, tmp_path):
        line = script_runner.refused(
            script_runner.load("generate"),
            *[infogan[0], "--per-class", 2, "--npz", tmp_path / "a.npz"],
        )
        assert "--per-class: the categories of" in line
        assert not (tmp_path / "a.npz").exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["cgan", "acgan"])
    def test_a_class_a_column(self, name, labelled, tmp_path):
        run(
            tmp_path,
            *["--gan", name, "--data", labelled, *SMALL, "--run-dir", "run"],
        )
        gan = load.load_run(tmp_path / "run")
        assert gan.num_classes == 3
        config = json.loads((tmp_path / "run/config.json").read_text())[
            "config"
        ]
        assert config["conditional"] and config["num_classes"] == 3
        script_runner.run(
            script_runner.load("generate"),
            *[tmp_path / "run", "--per-class", 4],
            *["--npz", tmp_path / "set.npz"],
        )
        with np.load(tmp_path / "set.npz") as arrays:
            assert arrays["x_train"].shape == (12, 12, 12, 1)
            np.testing.assert_array_equal(arrays["y_train"], np.arange(12) % 3)

    def test_data_without_labels(self, tmp_path):
        path = tmp_path / "bare.npz"
        np.savez(path, x_train=np.zeros((80, 8, 8), np.uint8))
        line = refused(tmp_path, "--gan", "cgan", "--data", path, *SMALL)
        assert "bare.npz: must hold the labels as y_train" in line

    def test_codes_that_do_not_fit(self, tmp_path, images):
        flags = ["--gan", "infogan", "--data", images, *SMALL]
        line = refused(tmp_path, *flags, "--categories", 80)
        assert "--categories and --continuous must fit into the 74" in line
        line = refused(tmp_path, *flags, "--categories", 1)
        assert "--categories" in line and "categories=1" in line


class TestMistakes:
    def test_an_unknown_recipe(self, tmp_path):
        line = refused(tmp_path, "--gan", "gan", "--dataset", "triangles")
        for name in recipes.family.NAMES:
            assert name in line

    @pytest.mark.parametrize(
        ("flags", "words"),
        [
            (
                ["--gan", "wgan-gp", "--batch-norm"],
                ["--batch-norm: ", "GradientPenalty", "batch normalisation"],
            ),
            (
                ["--gan", "wgan-gp", "--clip", "0.01"],
                ["--clip: ", "GradientPenalty", "WeightClipping"],
            ),
            (["--gan", "ns", "--gamma", "0.5"], ["--gamma", "ns"]),
            (["--gan", "vae", "--clip", "1"], ["--clip", "vae"]),
            (["--gan", "wgan", "--beta-1", "0.5"], ["--beta-1", "wgan"]),
            (
                ["--gan", "ls", "--label-smoothing", "0.1"],
                ["--label-smoothing", "ls"],
            ),
            (
                ["--gan", "ns", "--instance-noise-steps", "9"],
                ["--instance-noise-steps"],
            ),
            (
                ["--gan", "began", "--feature-matching"],
                ["--feature-matching", "began"],
            ),
            (
                ["--gan", "vae", "--historical-averaging", "1"],
                ["--historical-averaging", "vae"],
            ),
        ],
        ids=[
            *["penalty-and-norm", "penalty-and-clip", "gamma", "clip"],
            *["beta-of-rmsprop", "label", "noise-steps"],
            *["matching-errors", "history-of-one"],
        ],
    )
    def test_options_that_contradict_each_other(
        self, tmp_path, images, flags, words
    ):
        line = refused(tmp_path, *flags, "--data", images, "--batch-size", 16)
        for word in words:
            assert word in line

    @pytest.mark.parametrize(
        ("flag", "value"),
        [
            ("--beta-1", "1"),
            ("--gamma", "1.5"),
            ("--label-smoothing", "0.5"),
            ("--clip", "0"),
            ("--historical-averaging", "0"),
            ("--dropout", "1"),
            ("--preset", "mine"),
        ],
    )
    def test_values_out_of_range(self, tmp_path, flag, value):
        line = refused(tmp_path, flag, value)
        assert flag in line
        assert value in line

    def test_a_size_that_cannot_be_made(self, tmp_path):
        line = refused(tmp_path, "--dataset", "triangles", "--size", 30)
        assert "--size" in line
        assert "multiple of 4" in line


@pytest.mark.parametrize(("size", "batch_size"), [(28, 50), (32, 64)])
def test_a_program_s_batch_is_that_of_the_images_size(
    tmp_path, monkeypatch, size, batch_size
):
    """gan_mnist.py has 50, gan_cifar.py 64; the file says which it is."""
    path = tmp_path / "data.npz"
    np.savez(path, x_train=np.zeros((80, size, size, 3), np.uint8))
    flags = ["--gan", "wgan-gp", "--preset", "code", "--data", str(path)]
    monkeypatch.setattr("sys.argv", ["variants.py", *flags])
    training = SCRIPT.Variants()
    args, _ = training.parse()
    assert training.new_config(args)["batch_size"] == batch_size

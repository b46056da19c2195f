"""Data, networks and environments of one's own: taken, or one sentence."""

import contextlib
import inspect
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.test_keras_habits import (
    BATCH,
    ROWS,
    batches,
    dense,
    make,
    steps,
)
from tf_gans import (
    BEGAN,
    GAN,
    export,
    latents,
    layers,
    penalties,
    recipes,
)
from tf_gans.models import generative, trained
from tf_gans.noise import InstanceNoise
from tf_gans.toys import mixtures


def conditional():
    return recipes.dcgan.build(
        "paper", size=28, channels=1, width=2, num_classes=3, seed=0
    )


class TestData:
    @pytest.mark.slow
    @pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "int64"])
    @pytest.mark.parametrize(
        "penalty",
        [penalties.R1(), penalties.GradientPenalty(), penalties.DRAGAN()],
    )
    def test_of_any_type(self, dtype, penalty):
        rows = (4 * ROWS).astype(dtype)
        expected, gan = (
            make(penalty=penalty, instance_noise=InstanceNoise()) for _ in "ab"
        )
        expected.fit(rows.astype("float32"), shuffle=False, verbose=0)
        gan.fit(rows, shuffle=False, verbose=0)
        assert steps(gan) == 1
        for a, b in zip(gan.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_a_tanh_is_the_range_of_images_alone(self):
        """Points may lie outside it: their generator is chosen badly, or not."""

        def ending(*shape):
            return keras.Sequential(
                [
                    keras.Input((4,)),
                    keras.layers.Dense(int(np.prod(shape)), "tanh"),
                    keras.layers.Reshape(shape),
                ]
            )

        def judge(*shape):
            return keras.Sequential(
                [
                    keras.Input(shape),
                    keras.layers.Flatten(),
                    keras.layers.Dense(1),
                ]
            )

        for shape in ((2,), (4, 4, 1)):
            gan = GAN(ending(*shape), judge(*shape), latents=4)
            gan.compile("adam", "adam", jit_compile=False)
            rows = np.linspace(-3, 3, 8 * int(np.prod(shape)), dtype="f4")
            rows = rows.reshape(8, *shape)
            if len(shape) == 1:
                gan.fit(rows, batch_size=8, verbose=0)
                continue
            with pytest.raises(ValueError, match=r"-1.*1.*-3.*3"):
                gan.fit(rows, batch_size=8, verbose=0)

    def test_dicts(self):
        with pytest.raises(ValueError, match=r"samples and labels.*\['x'\]"):
            make().fit(batches().map(lambda x: {"x": x}), verbose=0)

    @pytest.mark.slow
    def test_a_column_of_labels(self):
        images = np.zeros((8, 28, 28, 1), "float32")
        labels = np.arange(8) % 3
        weights = []
        for each in (labels, labels[:, None]):
            gan = conditional()
            gan.fit(images, each, batch_size=BATCH, shuffle=False, verbose=0)
            weights.append(gan.get_weights())
        for a, b in zip(*weights, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_labels_that_are_one_hot(self):
        images = np.zeros((8, 28, 28, 1), "float32")
        labels = np.eye(3)[np.arange(8) % 3]
        with pytest.raises(ValueError, match=r"one-hot.*\(batch, 3\)"):
            conditional().fit(images, labels, batch_size=BATCH, verbose=0)


class TestArguments:
    def test_a_number_of_latents(self):
        gan = GAN(dense(2, 8, 0), dense(1, 2, 1), latents=8)
        assert gan.latents.get_config() == {"shape": (8,)}
        assert type(gan.latents) is latents.Normal

    @pytest.mark.parametrize("bad", ["normal", None, 0])
    def test_bad_latents(self, bad):
        with pytest.raises(ValueError, match="`latents` must be"):
            GAN(dense(2, 8, 0), dense(1, 2, 1), latents=bad)

    @pytest.mark.parametrize("seed", [-1, 1.5, None, True])
    def test_bad_seeds(self, seed):
        with pytest.raises(ValueError, match=f"`seed` .*={seed}"):
            make(seed=seed)

    def test_the_seed_is_0(self):
        networks = dense(2, 8, 0), dense(1, 2, 1)
        assert GAN(*networks, latents=8).get_config()["seed"] == 0
        # And of the bases of models of one's own.
        for base in (trained.Trained, generative.GenerativeModel):
            seed = inspect.signature(base.__init__).parameters["seed"]
            assert seed.default == 0

    @pytest.mark.parametrize("arguments", [(-1,), (1.5,), (2, 1.5)])
    def test_bad_samples(self, arguments):
        with pytest.raises(ValueError, match="must be an integer"):
            make().sample(*arguments)


class Own(keras.layers.Layer):
    """Not registered."""

    def call(self, x):
        return 2 * x


class Ones(keras.initializers.Initializer):
    """Not registered."""

    def __call__(self, shape, dtype=None):
        return tf.ones(shape, dtype)

    def get_config(self):
        return {}


def doubled(x):
    return 2 * x


class Subclassed(keras.Model):
    """No `get_config`, no `build`, and no `training` in its `call`."""

    def __init__(self, first, units=2, **options):
        super().__init__(**options)
        is_layer = isinstance(first, keras.layers.Layer)
        self.first = first if is_layer else keras.layers.Dense(first)
        self.last = keras.layers.Dense(units)

    def call(self, x):
        return self.last(tf.nn.relu(self.first(x)))


class TestAverage:
    @pytest.mark.parametrize("kind", ["sequential", "functional"])
    def test_of_layers_that_are_not_registered(self, kind):
        generator = keras.Sequential(
            [keras.Input((3,)), Own(), *dense(2, 3, 0).layers]
        )
        if kind == "functional":
            generator = keras.Model(generator.inputs[0], generator.outputs[0])
        gan = GAN(generator, dense(1, 2, 1), latents=3, ema_decay=0.5)
        z = np.ones((2, 3), "float32")
        np.testing.assert_array_equal(gan.ema_generator(z), generator(z))
        generator.layers[-1].kernel.assign(np.zeros((3, 2)))
        assert np.all(gan.ema_generator(z).numpy())
        assert gan.ema_generator.name == "ema_generator"

    @pytest.mark.parametrize(
        "options",
        [{"activation": doubled}, {"kernel_initializer": Ones()}],
        ids=["activation", "initializer"],
    )
    def test_of_functions_that_are_not_registered(self, options):
        generator = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2, **options)]
        )
        gan = GAN(generator, dense(1, 2, 1), latents=3, ema_decay=0.5)
        z = np.ones((2, 3), "float32")
        np.testing.assert_array_equal(gan.ema_generator(z), generator(z))

    def test_of_layers_that_build_themselves(self):
        class Scale(keras.layers.Layer):
            def build(self, shape):
                self.scale = self.add_weight(shape=(), initializer="ones")

            def call(self, x):
                return self.scale * x

        class Shift(Scale):
            def build(self, shape):
                super().build(shape)

            def call(self, x):
                return self.scale + x

        generator = keras.Sequential(
            [keras.Input((3,)), Scale(), Shift(), keras.layers.Dense(2)]
        )
        gan = GAN(generator, dense(1, 2, 1), latents=3, ema_decay=0.5)
        z = np.ones((2, 3), "float32")
        np.testing.assert_array_equal(gan.ema_generator(z), generator(z))

    def test_of_functions_of_one_name(self):
        def another(x):
            return 3 * x

        another.__name__ = "doubled"
        generator = keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(2, activation=doubled),
                keras.layers.Dense(2, activation=another),
            ]
        )
        with pytest.raises(ValueError, match="two that are called doubled"):
            GAN(generator, dense(1, 2, 1), latents=3, ema_decay=0.5)

    @pytest.mark.parametrize("argument", [4, keras.layers.Dense(4)], ids=type)
    @pytest.mark.parametrize("nested", [False, True])
    def test_of_a_class_without_a_get_config(self, argument, nested):
        """Keras' own forgets what the constructor was given."""
        generator = Subclassed(argument)
        if nested:
            generator = keras.Sequential([keras.Input((3,)), generator])
        with pytest.raises(ValueError, match="`ema_decay` needs a") as caught:
            GAN(generator, dense(1, 2, 1), 3, ema_decay=0.5)
        message = str(caught.value)
        assert message.endswith("Received: Subclassed has none of its own")
        assert "\n" not in message

    def test_of_a_class_that_takes_nothing(self):
        class Plain(Subclassed):
            def __init__(self):
                super().__init__(4)

        gan = GAN(Plain(), dense(1, 2, 1), latents=3, ema_decay=0.5)
        z = np.ones((2, 3), "float32")
        np.testing.assert_array_equal(gan.ema_generator(z), gan.generator(z))
        assert gan.ema_generator.name == "ema_generator"

    def test_without_one_a_class_trains(self):
        generator = Subclassed(keras.layers.Dense(4))
        gan = GAN(generator, Subclassed(4, units=1), latents=3)
        gan.compile("sgd", "sgd", jit_compile=False, steps_per_execution=1)
        before = generator.get_weights()
        gan.fit(ROWS, verbose=0)
        for old, new in zip(before, generator.get_weights(), strict=True):
            assert np.any(old != new)


class TestMethods:
    @pytest.mark.parametrize(
        "name", ["evaluate", "test_on_batch", "train_on_batch"]
    )
    def test_without_a_meaning(self, name):
        with pytest.raises(NotImplementedError, match=f"GAN has no `{name}`"):
            getattr(make(), name)(ROWS)

    @pytest.mark.parametrize(
        "options",
        [
            {"validation_data": ROWS},
            {"validation_split": 0.1},
            {"sample_weight": np.ones(32)},
            {"class_weight": {0: 1.0}},
        ],
    )
    def test_arguments_without_a_meaning(self, options):
        with pytest.raises(ValueError, match=next(iter(options))):
            make().fit(ROWS, verbose=0, **options)

    @pytest.mark.parametrize("size", [1, 5])
    def test_predict(self, size):
        gan = make(size=size)
        z = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
        samples = gan.predict(z, batch_size=2, verbose=0)
        np.testing.assert_allclose(samples, gan(z), rtol=1e-5)

    def test_predict_with_labels(self):
        gan = conditional()
        z = np.random.default_rng(0).normal(size=(4, 100)).astype("float32")
        labels = np.array([0, 1, 2, 0])
        samples = gan.predict((z, labels), verbose=0)
        np.testing.assert_allclose(samples, gan((z, labels)), atol=1e-5)

    def test_export(self, tmp_path):
        path = make().export(tmp_path / "gan")
        assert path == tmp_path / "gan" / "1"
        with pytest.raises(ValueError, match="onnx"):
            make().export(tmp_path / "gan", format="onnx")


class TestDropout:
    def network(self):
        dropout = keras.layers.Dropout(0.5, seed=3)
        return keras.Sequential(
            [keras.Input((2,)), dropout, *dense(1, 2, 1).layers]
        )

    def test_goes_on_from_a_file(self, tmp_path):
        gan = GAN(dense(2, 3, 0), self.network(), latents=3)
        gan.compile("sgd", "sgd", jit_compile=False, steps_per_execution=1)
        gan.fit(batches(3), verbose=0)
        gan.save(tmp_path / "gan.keras")
        gan.save_weights(tmp_path / "gan.weights.h5")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        for model in (gan, loaded):
            model.fit(batches(3), verbose=0)
        for a, b in zip(gan.variables, loaded.variables, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_files_without_the_counters(self, tmp_path, monkeypatch):
        gan = GAN(dense(2, 3, 0), self.network(), latents=3)
        with monkeypatch.context() as patched:
            patched.setattr(GAN, "_counters", lambda self: {})
            gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        for a, b in zip(gan.weights, loaded.weights, strict=True):
            np.testing.assert_array_equal(a, b)


@contextlib.contextmanager
def float64():
    """As under a keras.json with `"floatx": "float64"`."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


class TestEnvironment:
    def test_16_bits_are_exported_as_32(self, tmp_path):
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            gan = make()
            assert gan.sample(2).dtype == tf.float32
            path = export.export_saved_model(gan, tmp_path)
        finally:
            keras.config.set_dtype_policy("float32")
        signatures = tf.saved_model.load(path).signatures
        seen = {
            spec.dtype
            for name in ("serving_default", "sample", "discriminate")
            for spec in signatures[name].structured_outputs.values()
        }
        assert seen == {tf.float32}
        (inputs,) = (
            spec
            for spec in signatures["discriminate"]
            .structured_input_signature[1]
            .values()
        )
        assert inputs.dtype == tf.float32

    @pytest.mark.parametrize("name", ["ns", "dragan", "began", "vae"])
    def test_64_bits_everywhere(self, name):
        """As in 32, within what 32 are wrong by; `vae` has no average."""

        def build():
            return mixtures.build(name, ring, run_eagerly=True)

        ring = mixtures.Ring(16)
        expected = build()
        weights = expected.get_weights()
        expected.fit(ring, steps_per_epoch=3, verbose=0)
        with float64():
            gan = build()
            gan.set_weights(weights)
            gan.fit(ring, steps_per_epoch=3, verbose=0)
            assert gan.sample(2).dtype == tf.float32
        assert {w.dtype for w in gan.generator.weights} == {"float64"}
        for log, values in expected.step_losses.items():
            np.testing.assert_allclose(
                gan.step_losses[log], values, rtol=1e-3, atol=1e-5
            )

    def test_64_bits_of_one_s_own(self, tmp_path):
        with float64():
            gan = make(
                penalty=penalties.R1(),
                instance_noise=InstanceNoise(),
                ema_decay=0.9,
                size=5,
            )
            gan.fit(ROWS, verbose=0)
            path = export.export_saved_model(gan, tmp_path)
        assert np.all(np.isfinite(gan.step_losses["d_loss"]))
        sample = tf.saved_model.load(path).signatures["sample"]
        seeds = tf.zeros((2,), tf.int64)
        assert sample(seeds)["samples"].dtype == tf.float32

    def test_rates_of_64_bits_are_halved(self):
        with float64():
            began = BEGAN(dense(2, 3, 0), dense(2, 2, 1), 3, patience=1)
            began.compile("sgd", "sgd", run_eagerly=True)
            began.fit(np.zeros((3 * BATCH, 2)), batch_size=BATCH, verbose=0)
        rates = [o.learning_rate for o in began.optimizers.values()]
        assert {rate.dtype for rate in rates} == {"float64"}
        assert all(float(rate) < 0.01 for rate in rates)

    def test_another_backend(self):
        program = (
            "import sys, types\n"
            "keras = types.ModuleType('keras')\n"
            "keras.config = types.SimpleNamespace(backend=lambda: 'jax')\n"
            "sys.modules['keras'] = keras\n"
            "import tf_gans\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "ImportError: tf_gans needs Keras' backend" in done.stderr
        assert "jax" in done.stderr


def test_minibatch_discrimination_of_no_samples():
    layer = layers.MinibatchDiscrimination()
    layer(tf.zeros((2, 4)))
    call = tf.function(
        layer, input_signature=[tf.TensorSpec((None, 4), tf.float32)]
    )
    assert call(tf.zeros((0, 4))).shape == (0, 9)
    assert layer(tf.zeros((0, 4))).shape == (0, 9)


def test_a_name_of_the_first_release():
    """Where it was, and no other name."""
    from tf_gans.models import two_player

    assert generative.TwoPlayerModel is two_player.TwoPlayerModel
    with pytest.raises(AttributeError, match="no attribute 'ThreePlayerModel'"):
        _ = generative.ThreePlayerModel

"""What the training of every member of the family promises.

A test class inherits `TrainingContract` and makes its model. The networks here
are as small as they can be and still have what a training must not forget:
batch normalisation, an order of axes, 16 bits.
"""

import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import data, latents, random
from tf_gans.layers import SpectralNormalization
from tf_gans.optimizers import KernelAdam
from tf_gans.runs.directory import RunDirectory

SEED = 5
BATCH = 8
SHAPE = (4, 4, 1)
LATENT_DIM = 3
_SIZE = 16  # numbers in a sample
_UNITS = 8


class Pictures(data.Source):
    """Images in [0, 1] whose left halves are darker, another each time."""

    sample_shape = SHAPE
    batch_size = BATCH

    def draw(self, seed, first_step, num_steps):
        shape = (self.batch_size, *self.sample_shape)
        u = random.uniform(seed, "real", first_step, num_steps, shape)
        return u * tf.constant([0.2, 0.4, 0.9, 1.0])[:, tf.newaxis]


class LabelledPictures(Pictures):
    """The same, each with one of three labels."""

    num_classes = 3

    def draw(self, seed, first_step, num_steps):
        labels = random.integers(
            seed, "labels", first_step, num_steps, (self.batch_size,), 3
        )
        return super().draw(seed, first_step, num_steps), labels


class FewLabels(Pictures):
    """The same, with three classes of labels, and unlabelled ones."""

    num_classes = 3

    def draw(self, seed, first_step, num_steps):
        labelled, unlabelled, matched = (
            super(FewLabels, self).draw(seed + i, first_step, num_steps)
            for i in range(3)
        )
        shape = (self.batch_size,)
        labels = random.integers(
            seed, "labels", first_step, num_steps, shape, self.num_classes
        )
        return labelled, labels, unlabelled, matched


def source_of(model):
    """What a model is trained on here."""
    if hasattr(model, "classes"):
        return FewLabels()
    return LabelledPictures() if model.num_classes else Pictures()


# Networks --------------------------------------------------------------------


class _Small(keras.Model):
    """A hidden layer of tanh, whose gradient vanishes nowhere."""

    def __init__(
        self, outputs, batch_norm=False, spectral_norm=False, seed=0, **kwargs
    ):
        super().__init__(**kwargs)
        self.outputs_, self.batch_norm = outputs, batch_norm
        self.spectral_norm, self.seed = spectral_norm, seed
        # A bias before a normalisation would have rounding errors for a
        # gradient.
        self.hidden = self._dense(_UNITS, "hidden", use_bias=not batch_norm)
        self.norm = None
        if batch_norm:
            self.norm = keras.layers.BatchNormalization(
                momentum=0.5, dtype=self.dtype_policy, name="norm"
            )
        self.head = self._dense(outputs, "head")

    def _dense(self, units, name, **options):
        layer = keras.layers.Dense(
            units,
            kernel_initializer=keras.initializers.GlorotUniform(
                random.derive_seed(self.seed, f"{type(self).__name__}/{name}")
            ),
            bias_initializer=keras.initializers.RandomNormal(
                0.0, 0.1, random.derive_seed(self.seed, f"bias/{name}")
            ),
            dtype=self.dtype_policy,
            name=name,
            **options,
        )
        if self.spectral_norm:
            return SpectralNormalization(
                layer, seed=self.seed, name=f"sn_{name}"
            )
        return layer

    def build(self, input_shape=None):
        self.hidden.build((None, int(np.prod(input_shape[1:]))))
        if self.norm is not None:
            self.norm.build((None, _UNITS))
        self.head.build((None, _UNITS))

    def _outputs(self, x, training):
        x = self.hidden(tf.reshape(x, (-1, int(np.prod(x.shape[1:])))))
        if self.norm is not None:
            x = self.norm(x, training=training)
        return self.head(tf.tanh(x))

    def get_config(self):
        return {
            **super().get_config(),
            "batch_norm": self.batch_norm,
            "spectral_norm": self.spectral_norm,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tests.training")
class Generator(_Small):
    """z to images, with batch normalisation."""

    value_range = (0.0, 1.0)

    def __init__(self, batch_norm=True, name="generator", **kwargs):
        super().__init__(_SIZE, batch_norm, name=name, **kwargs)

    def logits(self, z, training=None):
        return tf.reshape(self._outputs(z, training), (-1, *SHAPE))

    def call(self, z, training=None):
        return tf.sigmoid(tf.cast(self.logits(z, training), tf.float32))


@keras.saving.register_keras_serializable(package="tests.training")
class LabelledGenerator(Generator):
    """z and labels to images."""

    num_classes = 3

    def build(self, input_shape=None):
        super().build((None, LATENT_DIM + 3))

    def call(self, inputs, training=None):
        z, labels = inputs
        one_hot = tf.one_hot(labels, 3, dtype=z.dtype)
        return super().call(tf.concat([z, one_hot], axis=1), training)


@keras.saving.register_keras_serializable(package="tests.training")
class TwoHeads(_Small):
    """Images to logits and to other numbers, in the dtype it computes in."""

    def __init__(self, num_outputs=3, name="discriminator", **kwargs):
        super().__init__(1 + num_outputs, name=name, **kwargs)
        self.num_outputs = num_outputs

    def call(self, x, training=None):
        x = self._outputs(x, training)
        return x[:, :1], x[:, 1:]

    def get_config(self):
        return {**super().get_config(), "num_outputs": self.num_outputs}


@keras.saving.register_keras_serializable(package="tests.training")
class Discriminator(_Small):
    """Images to logits, in the dtype that the network computes in."""

    def __init__(self, name="discriminator", **kwargs):
        super().__init__(1, name=name, **kwargs)

    def call(self, x, training=None):
        return self._outputs(x, training)


@keras.saving.register_keras_serializable(package="tests.training")
class Featured(Discriminator):
    """The same, which says what its last layer sees, too."""

    def features_and_logits(self, x, training=None):
        x = self.hidden(tf.reshape(x, (-1, _SIZE)))
        if self.norm is not None:
            x = self.norm(x, training=training)
        x = tf.tanh(x)
        return tf.cast(x, tf.float32), tf.cast(self.head(x), tf.float32)


@keras.saving.register_keras_serializable(package="tests.training")
class Classifier(_Small):
    """Images to logits of three classes, with noise on what is hidden."""

    def __init__(self, batch_norm=True, name="discriminator", **kwargs):
        super().__init__(3, batch_norm, name=name, **kwargs)

    def features_and_logits(self, x, training=None, noise=None):
        x = self.hidden(tf.reshape(x, (-1, _SIZE)))
        if self.norm is not None:
            x = self.norm(x, training=training)
        x = tf.tanh(x)
        if noise is not None:
            x += tf.cast(noise, x.dtype)
        return tf.cast(x, tf.float32), tf.cast(self.head(x), tf.float32)

    def call(self, x, training=None, noise=None):
        return self.features_and_logits(x, training, noise)[1]

    def draw_noise(self, seed, stream, first_step, num_steps, batch_size):
        shape = (batch_size, _UNITS)
        return 0.1 * random.normal(seed, stream, first_step, num_steps, shape)


@keras.saving.register_keras_serializable(package="tests.training")
class Autoencoder(_Small):
    """Images to images, in the dtype that the network computes in."""

    def __init__(self, name="autoencoder", **kwargs):
        super().__init__(_SIZE, name=name, **kwargs)

    def call(self, x, training=None):
        # Better at generated images, which are grey, than at real ones.
        x = 0.5 + 0.1 * self._outputs(x, training)
        return tf.reshape(x, (-1, *SHAPE))


@keras.saving.register_keras_serializable(package="tests.training")
class Encoder(_Small):
    """Images to the pairs of a VAE, in the dtype it computes in."""

    def __init__(self, name="encoder", **kwargs):
        super().__init__(2 * LATENT_DIM, name=name, **kwargs)

    def call(self, x, training=None):
        return tuple(tf.split(self._outputs(x, training), 2, axis=-1))


def prior(normal=False):
    shape = (LATENT_DIM,)
    return latents.Normal(shape) if normal else latents.Uniform(shape)


def adam(dtype=None, rate=1e-2):
    optimizer = KernelAdam(rate, beta_1=0.5)
    if dtype == "mixed_float16":
        # So that no gradient overflows: the updates are float32's.
        return keras.optimizers.LossScaleOptimizer(
            optimizer, initial_scale=64.0
        )
    return optimizer


# Looking ---------------------------------------------------------------------


def variables(model):
    """All that a training changes, by names that two equal models share."""
    found = {
        f"{i:02d} {v.path}": v
        for i, v in enumerate(model.variables)
        if not any(v is m for m in model.metrics_variables)
    }
    for name, optimizer in model.optimizers.items():
        for i, v in enumerate(optimizer.variables):
            found[f"{name} {i:02d} {v.name}"] = v
    return found


def state(model):
    return {name: v.numpy() for name, v in variables(model).items()}


def restore(model, values):
    """Puts a state back."""
    for name, variable in variables(model).items():
        variable.assign(values[name])


def changed(before, after):
    """The names of those that differ."""
    return {
        name
        for name, value in before.items()
        if not np.array_equal(value, after[name])
    }


def names_of(model, wanted):
    """The names of these variables of a model."""
    return {
        name
        for name, variable in variables(model).items()
        if any(variable is w for w in wanted)
    }


def assert_same(one, other):
    """Bit for bit."""
    values = [list(s.values()) for s in (one, other)]
    for name, a, b in zip(one, *values, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def fit(model, steps):
    """Trains, and returns the losses of each step: `(steps, losses)`."""
    rows = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rows.extend(
            np.stack(list(model.step_losses.values()), axis=1)
        )
    )
    model.fit(
        source_of(model), steps_per_epoch=steps, verbose=0, callbacks=[record]
    )
    return np.array(rows)


def numbers(model, step=0, batch_size=BATCH, seed=SEED):
    """A step's random numbers, as `train_step` is given them."""
    draws = model._draw(tf.constant(seed, tf.int64), step, 1, batch_size)
    return tf.nest.map_structure(lambda t: t[0], draws)


def data_of(model, step=0):
    """What `train_step` sees in a step."""
    critics = model.critic_steps
    real = source_of(model).draw(SEED, step * critics, critics)
    return real, numbers(model, step), step


def drawn(data, name):
    """The numbers of one name, of each update in turn that has them."""
    updates = [*data[1]["discriminator"], *data[1]["generator"]]
    return [numbers[name] for numbers in updates if name in numbers]


# The contract ----------------------------------------------------------------

FIRST, STEPS = 3, 5


class TrainingContract:
    """What the training of a model promises.

    A subclass implements `make` and sets:
        logs: the names of what a step reports.
        updates: the players in the order of their updates in a step.
        still: pattern of the variables that no gradient reaches.
    """

    logs: tuple = ()
    updates: tuple = ("discriminator", "generator")
    still = "$^"

    def make(self, dtype=None, **compile_options):
        """A compiled model of `Pictures`; its `seed` is `SEED`."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    def trained(self, tmp_path_factory):
        """A run in a whole block and a part of one, saved in between."""
        directory = tmp_path_factory.mktemp("trained")
        model = self.make(jit_compile=False, steps_per_execution=3)
        run = RunDirectory.create(directory / "run", {})
        start = state(model)
        losses = [fit(model, FIRST)]
        run.save_checkpoint(model)
        model.save(directory / "model.keras")
        middle = state(model)
        losses.append(fit(model, STEPS - FIRST))
        return {
            "run": run,
            "file": directory / "model.keras",
            "start": start,
            "middle": middle,
            "end": state(model),
            "losses": np.concatenate(losses),
            "samples": model.sample(5).numpy(),
        }

    @pytest.fixture(scope="class")
    def other(self):
        """The same model in blocks of another length."""
        return self.make(jit_compile=False, steps_per_execution=2)

    # What a step changes ---------------------------------------------------

    def players(self, model):
        """For each player, its variables and its optimizer's name."""
        return {
            player: (
                getattr(model, player).trainable_variables,
                f"{player}_optimizer",
            )
            for player in dict.fromkeys(self.updates)
        }

    def learning(self, model, player):
        """The names of what a player's updates change."""
        owned, optimizer = self.players(model)[player]
        names = names_of(model, owned)
        # The optimizer's, without the rate and the moments of the still ones.
        names |= {
            name
            for name in variables(model)
            if name.startswith(f"{optimizer} ") and "learning_rate" not in name
        }
        return {name for name in names if not re.search(self.still, name)}

    def test_each_update_changes_its_own_variables(self, monkeypatch):
        """All that are the player's, and nothing else."""
        model = self.make(run_eagerly=True)
        events = []

        def watched(player, apply):
            def update(*arguments):
                before = state(model)
                apply(*arguments)
                events.append((player, changed(before, state(model))))

            return update

        for player, (_, name) in self.players(model).items():
            optimizer = model.optimizers[name]
            monkeypatch.setattr(
                optimizer, "apply", watched(player, optimizer.apply)
            )
        model.train_step(data_of(model))
        assert tuple(player for player, _ in events) == self.updates
        for player, moved in events:
            assert moved == self.learning(model, player), player

    def expected_changes(self, model):
        """All variables that two steps change, and no others."""
        names = set()
        for player in self.players(model):
            names |= self.learning(model, player)
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                names |= names_of(model, layer.non_trainable_variables)
            # A vector of one component has nowhere to turn.
            is_spectral = isinstance(layer, SpectralNormalization)
            if is_spectral and layer.u.shape[0] > 1:
                names |= names_of(model, [layer.u])
        if model.ema_generator is not None:
            names |= names_of(model, model.ema_generator.weights)
        return names

    def test_two_steps_change_exactly_what_learns(self):
        model = self.make(run_eagerly=True)
        before = state(model)
        for step in range(2):
            logs = model.train_step(data_of(model, step))
            assert set(logs) == set(self.logs)
            for name, value in logs.items():
                assert value.shape == () and value.dtype == tf.float32, name
        assert changed(before, state(model)) == self.expected_changes(model)
        # Nothing is switched on and off.
        assert all(layer.trainable for layer in model._flatten_layers())

    # Blocks and resuming ---------------------------------------------------

    @pytest.mark.slow
    def test_learns_something(self, trained):
        assert trained["losses"].shape == (STEPS, len(self.logs))
        assert np.isfinite(trained["losses"]).all()
        moved = changed(trained["start"], trained["end"])
        assert len(moved) > len(trained["start"]) / 2

    def test_the_order_of_the_logs(self, other):
        assert tuple(other.step_losses) == self.logs

    @pytest.mark.slow
    def test_blocks_are_single_steps(self, trained, other):
        """Whatever a block's length, and wherever it is cut, the same bits."""
        restore(other, trained["start"])
        losses = np.concatenate([fit(other, 1), fit(other, STEPS - 1)])
        np.testing.assert_array_equal(losses, trained["losses"])
        assert_same(state(other), trained["end"])

    def test_resumes_bit_for_bit(self, trained, other):
        """From a checkpoint, over whatever the weights are by now."""
        fit(other, 1)
        assert changed(state(other), trained["middle"])
        assert trained["run"].load_checkpoint(other) == FIRST
        assert_same(state(other), trained["middle"])
        losses = fit(other, STEPS - FIRST)
        np.testing.assert_array_equal(losses, trained["losses"][FIRST:])
        assert_same(state(other), trained["end"])

    @pytest.mark.slow
    def test_survives_saving_and_goes_on_bit_for_bit(self, trained):
        """The optimizers with it, and all options."""
        loaded = keras.saving.load_model(trained["file"])
        made = self.make()
        assert type(loaded) is type(made)
        # JSON, as in the file, has lists for tuples.
        configs = [json.dumps(m.get_config()) for m in (loaded, made)]
        assert configs[0] == configs[1]
        assert loaded.steps_per_execution == 3
        assert list(state(loaded)) == list(trained["middle"])
        assert_same(state(loaded), trained["middle"])
        losses = fit(loaded, STEPS - FIRST)
        np.testing.assert_array_equal(losses, trained["losses"][FIRST:])
        assert_same(state(loaded), trained["end"])
        np.testing.assert_array_equal(loaded.sample(5), trained["samples"])

    # Compilers and precision -----------------------------------------------

    def check_agrees(self, losses, trained):
        expected = trained["losses"][: len(losses)]
        np.testing.assert_allclose(losses[0], expected[0], rtol=1e-4, atol=1e-6)
        # Adam's first step is the sign of the gradient.
        np.testing.assert_allclose(losses, expected, rtol=2e-3, atol=2e-4)

    @pytest.mark.slow
    def test_xla_agrees(self, trained):
        """The step, which is what a GPU runs compiled."""
        self.check_agrees(compiled_steps(self.make(), 3), trained)

    @pytest.mark.slow
    def test_eager_agrees(self, trained):
        model = self.make(run_eagerly=True, steps_per_execution=3)
        assert not model.jit_compile
        self.check_agrees(fit(model, 3), trained)

    @pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
    @pytest.mark.slow
    def test_mixed_precision(self, trained, dtype):
        model = self.make(dtype=dtype, run_eagerly=True, steps_per_execution=4)
        before = state(model)
        losses = fit(model, 4)
        self.check_mixed(model, before, losses, trained)

    def check_mixed(self, model, before, losses, trained):
        assert np.isfinite(losses).all()
        after = state(model)
        for name, value in after.items():
            assert value.dtype != np.float16, name
            assert np.isfinite(value).all(), name
        moved = changed(before, after)
        for player, (owned, _) in self.players(model).items():
            names = names_of(model, owned) & self.learning(model, player)
            assert names <= moved
        assert model.sample(2).dtype == tf.float32
        np.testing.assert_allclose(
            losses[0], trained["losses"][0], rtol=0.1, atol=0.05
        )


def compiled_steps(model, steps):
    """The losses of steps that XLA compiled: `(steps, losses)`."""
    step = tf.function(model.train_step, jit_compile=True, autograph=False)
    rows = []
    for i in range(steps):
        logs = step(data_of(model, i))
        rows.append([logs[name] for name in model.step_losses])
    return np.array(rows)

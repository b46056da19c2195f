import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans.optimizers import FusedAdam, KernelAdam

both = pytest.mark.parametrize(
    "adam", [FusedAdam, KernelAdam], ids=lambda adam: adam.__name__
)

SHAPES = [(3, 4), (4,), (), (2, 1, 5)]


def make_variables(dtype="float32"):
    rng = np.random.default_rng(0)
    return [
        keras.Variable(rng.normal(size=shape), dtype=dtype, name=f"v{i}")
        for i, shape in enumerate(SHAPES)
    ]


def gradients(step, dtype="float32"):
    """Of very different sizes, as those of a GAN are."""
    rng = np.random.default_rng(step)
    return [
        tf.constant(rng.normal(size=shape) * scale, dtype)
        for shape, scale in zip(SHAPES, (1, 1e-3, 10, 1e-6), strict=True)
    ]


def run(optimizer, num_steps=200, dtype="float32", jit_compile=False):
    variables = make_variables(dtype)
    optimizer.build(variables)
    apply = tf.function(
        lambda values: optimizer.apply(values, variables),
        autograph=False,
        jit_compile=jit_compile,
    )
    for step in range(num_steps):
        apply(gradients(step, dtype))
    return variables


def schedule():
    return keras.optimizers.schedules.CosineDecay(1e-2, 200)


@both
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate": 1e-3, "epsilon": 1e-8},
        {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.9},
        {"learning_rate": 1e-2, "beta_1": 0.0},
        {"learning_rate": schedule},
        {"global_clipnorm": 1.0},
        {"weight_decay": 0.01},
        {"use_ema": True, "ema_momentum": 0.9},
    ],
    # Not `str`: a function's address differs between processes.
    ids=lambda options: "-".join(options) or "defaults",
)
def test_the_numbers_are_those_of_adam(adam, options):
    results = []
    for optimizer_class in (adam, keras.optimizers.Adam):
        arguments = {k: v() if callable(v) else v for k, v in options.items()}
        optimizer = optimizer_class(**arguments)
        variables = run(optimizer)
        if "use_ema" in options:
            optimizer.finalize_variable_values(variables)
        results.append([v.numpy() for v in variables])
        assert int(optimizer.iterations) == 200
    for start, ours, theirs in zip(make_variables(), *results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        assert np.abs(theirs - start.numpy()).max() > 1e-3


@both
def test_against_the_paper_in_float64(adam):
    """Algorithm 1 of Kingma & Ba, with epsilon where their section 2 has it."""
    rate, beta_1, beta_2, epsilon = 1e-3, 0.9, 0.999, 1e-8
    ours = run(adam(rate, epsilon=epsilon), dtype="float64")
    rate = np.float64(np.float32(rate))  # Keras keeps it as a float32
    for k, variable in enumerate(make_variables("float64")):
        w, m, v = variable.numpy(), 0.0, 0.0
        for t in range(1, 201):
            g = gradients(t - 1, "float64")[k].numpy()
            m = beta_1 * m + (1 - beta_1) * g
            v = beta_2 * v + (1 - beta_2) * g**2
            alpha = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
            w = w - alpha * m / (np.sqrt(v) + epsilon)
        assert ours[k].dtype == "float64"
        np.testing.assert_allclose(ours[k], w, rtol=1e-11, atol=1e-12)


@both
def test_under_xla(adam):
    plain, compiled = (run(adam(1e-2), jit_compile=x) for x in (False, True))
    for ours, theirs in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@both
def test_any_order_of_the_variables(adam):
    """A call may name them in another order than `build` did."""
    results = []
    for optimizer in (adam(1e-2), keras.optimizers.Adam(1e-2)):
        variables = make_variables()
        optimizer.build(variables)
        for step in range(20):
            pairs = list(zip(gradients(step), variables, strict=True))
            if step % 2:
                pairs.reverse()
            optimizer.apply(*zip(*pairs, strict=True))
        results.append(variables)
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_moments_are_two_vectors():
    optimizer = FusedAdam()
    optimizer.build(make_variables())
    size = sum(int(np.prod(shape)) for shape in SHAPES)
    shapes = [tuple(v.shape) for v in optimizer.variables]
    assert shapes.count((size,)) == 2
    assert len(shapes) == 4  # and the iterations and the rate


@both
def test_one_step_by_hand(adam):
    """Adam's first step is the rate times the gradient's sign."""
    variables = make_variables()
    start = [v.numpy() for v in variables]
    optimizer = adam(0.01, epsilon=0)
    optimizer.build(variables)
    optimizer.apply(gradients(0), variables)
    for variable, before, gradient in zip(
        variables, start, gradients(0), strict=True
    ):
        np.testing.assert_allclose(
            variable.numpy() - before, -0.01 * np.sign(gradient), rtol=1e-3
        )


@both
def test_amsgrad_is_refused(adam):
    optimizer = adam(amsgrad=True)
    with pytest.raises(ValueError, match="amsgrad=True"):
        optimizer.build(make_variables())


@both
def test_survives_saving_in_a_keras_model(adam, tmp_path):
    """Its state is saved, and training goes on as if nothing had happened."""
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    y = x.sum(axis=1, keepdims=True)
    path = tmp_path / "model.keras"
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(adam(0.01, beta_1=0.5), loss="mse")
    options = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model.fit(x, y, epochs=2, **options)
    model.save(path)

    copy = keras.saving.load_model(path)
    assert type(copy.optimizer) is adam
    assert copy.optimizer.beta_1 == 0.5
    for ours, theirs in zip(
        model.optimizer.variables, copy.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert int(copy.optimizer.iterations) == 8
    for m in (model, copy):
        m.fit(x, y, epochs=2, **options)
    for ours, theirs in zip(
        model.get_weights(), copy.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)

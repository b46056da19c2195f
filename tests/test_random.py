import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tf_gans import random

# Every draw is a function of its seed, so no test of a distribution can fail
# by chance: it either fails always or never.
LEAST_P = 1e-3


def philox(key, counter):
    """Philox4x32-10 as its paper defines it: four words for one counter."""
    low = 2**32 - 1
    k0, k1 = key & low, key >> 32
    c0, c1, c2, c3 = (counter >> shift & low for shift in (0, 32, 64, 96))
    for _ in range(10):
        product_0, product_1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            product_1 >> 32 ^ c1 ^ k0,
            product_1 & low,
            product_0 >> 32 ^ c3 ^ k1,
            product_0 & low,
        )
        k0, k1 = k0 + 0x9E3779B9 & low, k1 + 0xBB67AE85 & low
    return [c0, c1, c2, c3]


def draw_all(first_step, num_steps, shape=(3, 2), seed=7, stream="test"):
    """One draw of each kind."""
    arguments = (seed, stream, first_step, num_steps, shape)
    return {
        "bits": random.random_bits(*arguments),
        "uniform": random.uniform(*arguments),
        "normal": random.normal(*arguments),
        "integers": random.integers(*arguments, high=1000),
    }


KINDS = ("bits", "uniform", "normal", "integers")


@pytest.mark.parametrize("kind", KINDS)
class TestDraws:
    def test_a_block_holds_what_its_steps_would_draw(self, kind):
        block = draw_all(10, 6)[kind].numpy()
        ones = [draw_all(step, 1)[kind].numpy()[0] for step in range(10, 16)]
        np.testing.assert_array_equal(block, ones)
        np.testing.assert_array_equal(block[2:5], draw_all(12, 3)[kind])

    def test_each_step_draws_its_own(self, kind):
        rows = draw_all(0, 500)[kind].numpy().reshape(500, -1)
        assert len(np.unique(rows, axis=0)) == 500

    def test_seeds_and_streams_are_apart(self, kind):
        draws = [
            draw_all(0, 1, (200,), seed, stream)[kind].numpy().ravel()
            for seed in (0, 1, 2**31, 2**40)
            for stream in ("real", "latents", "sample")
        ]
        for i, a in enumerate(draws):
            for b in draws[:i]:
                assert np.mean(a == b) < 0.05
                a_, b_ = a.astype(np.float64), b.astype(np.float64)
                assert abs(np.corrcoef(a_, b_)[0, 1]) < 0.3

    def test_steps_far_into_a_run(self, kind):
        """Steps beyond 32 bits neither wrap nor fail."""
        step = tf.constant(2**33, tf.int64)
        far = draw_all(step, 2)[kind].numpy()
        np.testing.assert_array_equal(far[1:], draw_all(step + 1, 1)[kind])
        assert not np.array_equal(far, draw_all(0, 2)[kind])

    def test_arguments_may_be_tensors(self, kind):
        @tf.function(autograph=False)
        def draw(seed, first_step, batch):
            return draw_all(first_step, 4, (batch, 2), seed)[kind]

        arguments = (tf.constant(7, tf.int64), tf.constant(5, tf.int64))
        np.testing.assert_array_equal(
            draw(*arguments, tf.constant(3)), draw_all(5, 4)[kind]
        )

    def test_the_shape_of_one_step(self, kind):
        for shape in ((), (1,), (5,), (2, 3, 4)):
            assert draw_all(0, 3, shape)[kind].shape == (3, *shape)


@pytest.fixture(scope="module")
def compiled():
    """Draws of a shape that is no multiple of the words of a counter."""
    draw = tf.function(
        lambda step: draw_all(step, 50, (7, 3)),
        jit_compile=True,
        autograph=False,
    )
    return draw(tf.constant(3, tf.int64))


@pytest.mark.parametrize("kind", ["bits", "uniform", "integers"])
def test_xla_draws_the_same(compiled, kind):
    np.testing.assert_array_equal(compiled[kind], draw_all(3, 50, (7, 3))[kind])


def test_xla_draws_nearly_the_same_normals(compiled):
    expected = draw_all(3, 50, (7, 3))["normal"]
    np.testing.assert_allclose(
        compiled["normal"], expected, rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("shape", [(3,), (8,), (12,), (7, 3)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_normal_does_not_depend_on_its_place_in_a_block(shape, jit_compile):
    """The remainder of a vector is other code, with other last places."""

    def drawer(num_steps):
        return tf.function(
            lambda step: random.normal(7, "test", step, num_steps, shape),
            jit_compile=jit_compile,
            autograph=False,
        )

    block = drawer(60)(tf.constant(3)).numpy()
    for num_steps in (1, 3):
        draw = drawer(num_steps)
        parts = [draw(tf.constant(3 + i)) for i in range(0, 60, num_steps)]
        np.testing.assert_array_equal(np.concatenate(parts), block)


def test_words_are_those_of_philox():
    seed = tf.constant([7, random.stream_id("test")], tf.int64)
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    start = int(counter[0]) + (int(counter[1]) << 64)
    # 16 numbers use up four counter values.
    words = random.random_bits(7, "test", 100, 2, (16,)).numpy()
    for row, step in zip(words, (100, 101), strict=True):
        counters = range(start + 4 * step, start + 4 * step + 4)
        expected = [word for c in counters for word in philox(int(key[0]), c)]
        np.testing.assert_array_equal(row, expected)


def test_the_numbers_are_part_of_the_interface():
    """Runs of older versions can be continued only while these hold."""
    assert random.stream_id("latents") == 375621866
    assert random.derive_seed(0, "generator/g0") == 70630843
    np.testing.assert_array_equal(
        random.random_bits(0, "latents", 0, 1, (4,)),
        [[854095568, 300037004, 1783635775, 913669467]],
    )


def test_uniform_distribution():
    u = random.uniform(0, "test", 0, 100, (1000,)).numpy()
    assert u.min() >= 0
    assert u.max() < 1
    # Multiples of 2^-24 use all of a float32's precision near 1.
    np.testing.assert_array_equal(u * 2**24, np.round(u * 2**24))
    assert np.any(u * 2**23 != np.round(u * 2**23))
    assert scipy.stats.kstest(u.ravel(), "uniform").pvalue > LEAST_P
    # Within a step, and from one step to the next.
    assert abs(np.corrcoef(u[:, :-1].ravel(), u[:, 1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(u[:-1].ravel(), u[1:].ravel())[0, 1]) < 0.01


def test_normal_distribution():
    x = random.normal(0, "test", 0, 100, (10_000,)).numpy().ravel()
    assert scipy.stats.kstest(x, "norm").pvalue > LEAST_P
    assert np.mean(x) == pytest.approx(0, abs=0.004)
    assert np.std(x) == pytest.approx(1, abs=0.004)
    assert scipy.stats.skew(x) == pytest.approx(0, abs=0.01)
    assert scipy.stats.kurtosis(x) == pytest.approx(0, abs=0.02)
    # The tails are there: 573 of a million lie beyond 3.45.
    assert 4.5 < np.abs(x).max() < 5.3


def test_normal_at_the_ends_of_its_words(monkeypatch):
    """The extreme words give finite and opposite numbers."""
    words = np.zeros((1, 16), np.uint32)
    words[0, :4] = 0, 2**32 - 1, 2**31 - 1, 2**31
    monkeypatch.setattr(random, "_words", lambda *_: tf.constant(words))
    x = random.normal(0, "test", 0, 1, (4,)).numpy()[0]
    assert np.all(np.isfinite(x))
    assert x[1] == -x[0] == pytest.approx(5.2947, abs=1e-3)
    assert 0 < x[3] == -x[2] < 1e-6


@pytest.mark.parametrize("high", [1, 2, 10, 1000])
def test_integers(high):
    values = random.integers(0, "test", 0, 10, (10_000,), high).numpy().ravel()
    assert values.dtype == np.int32
    counts = np.bincount(values, minlength=high)
    assert len(counts) == high
    if high > 1:
        assert scipy.stats.chisquare(counts).pvalue > LEAST_P


def test_integers_of_the_full_range():
    high = 2**31 - 1
    values = random.integers(0, "test", 0, 1, (10_000,), high).numpy().ravel()
    assert values.min() >= 0
    assert values.max() < high
    assert scipy.stats.kstest(values / high, "uniform").pvalue > LEAST_P


def test_derived_seeds_are_apart():
    names = [f"{net}/{layer}" for net in "gd" for layer in range(50)]
    seeds = {random.derive_seed(s, name) for s in range(10) for name in names}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_splitmix64_is_the_published_function():
    """Its author's program gives these from the seed 1234567."""
    counters = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * (
        random.GOLDEN
    )
    assert list(random.splitmix64(tf.constant(counters)).numpy()) == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def order(size, epoch=0, seed=0, stream="test"):
    """All places of an epoch's order."""
    return random.permuted(seed, stream, epoch, np.arange(size), size).numpy()


class TestPermuted:
    @pytest.mark.parametrize(
        "size", [*range(1, 40), 127, 128, 1000, 10_007, 60_000]
    )
    @pytest.mark.parametrize("epoch", [0, 1, 2**40])
    def test_each_number_comes_once(self, size, epoch):
        np.testing.assert_array_equal(
            np.sort(order(size, epoch)), np.arange(size)
        )

    def test_places_are_looked_up_singly(self):
        whole = order(1000, 5)
        assert random.permuted(0, "test", 5, 17, 1000).numpy() == whole[17]
        places = np.array([[3, 3, 999], [0, 500, 1]])
        np.testing.assert_array_equal(
            random.permuted(0, "test", 5, places, 1000), whole[places]
        )

    @pytest.mark.parametrize("size", [60_000, 59_999])
    def test_epochs_stand_side_by_side(self, size):
        """Each place may be one of an epoch of its own."""
        epochs, places = np.array([[7], [8], [2**33]]), np.arange(200)
        together = random.permuted(0, "test", epochs, places, size)
        for row, epoch in zip(together, (7, 8, 2**33), strict=True):
            np.testing.assert_array_equal(row, order(size, epoch)[:200])

    def test_epochs_seeds_and_streams_are_apart(self):
        orders = [
            order(10_000, epoch, seed, stream)
            for epoch in (0, 1, 2, 2**32, 2**32 + 1)
            for seed in (0, 1, 2**40)
            for stream in ("real", "test")
        ]
        # Two random orders agree in one place, give or take.
        for i, a in enumerate(orders):
            for b in orders[:i]:
                assert np.sum(a == b) < 10
                assert abs(np.corrcoef(a, b)[0, 1]) < 0.05

    @pytest.mark.parametrize(
        "size",
        [
            10_007,
            *(
                pytest.param(size, marks=pytest.mark.slow)
                for size in (3, 128, 60_000)
            ),
        ],
    )
    def test_xla_gives_the_same(self, size):
        def look_up(seed, epoch, places):
            return random.permuted(seed, "test", epoch, places, size)

        arguments = [
            tf.constant(7, tf.int64),
            tf.constant([[0], [1], [2**35]], tf.int64),
            tf.constant(np.arange(min(size, 300))),
        ]
        results = [
            tf.function(look_up, jit_compile=jit_compile)(*arguments)
            for jit_compile in (False, True)
        ]
        np.testing.assert_array_equal(*results)
        np.testing.assert_array_equal(results[0], look_up(*arguments))

    @pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7, 9, 10, 20, 50])
    def test_pairs_of_places_lead_anywhere(self, size):
        """All pairs of two numbers are equally likely, in the smallest sets."""
        epochs = np.arange(20_000)[:, np.newaxis]
        for places in ([0, 1], [size // 2, size - 1], [1, size // 2]):
            if places[0] == places[1]:
                continue
            a, b = random.permuted(0, "test", epochs, places, size).numpy().T
            table = np.bincount(a * size + b, minlength=size**2)
            counts = table.reshape(size, size)[~np.eye(size, dtype=bool)]
            assert counts.sum() == 20_000
            assert scipy.stats.chisquare(counts).pvalue > LEAST_P

    @pytest.mark.parametrize("size", [50, 1000, 60_000, 59_950])
    def test_where_a_place_leads(self, size):
        """Over many epochs, and over many seeds: each number equally often."""
        epochs = np.arange(10_000)[:, np.newaxis]
        places = np.array([0, 1, size // 2, size - 1])
        over_epochs = random.permuted(0, "test", epochs, places, size).numpy()
        look_up = tf.function(
            lambda seed: random.permuted(seed, "test", 0, places, size)
        )
        seeds = tf.range(500, dtype=tf.int64)
        over_seeds = np.stack([look_up(seed).numpy() for seed in seeds])
        for numbers in (*over_epochs.T, *over_seeds.T):
            counts = np.bincount(numbers * 50 // size, minlength=50)
            assert len(counts) == 50
            assert scipy.stats.chisquare(counts).pvalue > LEAST_P
        # Two places know nothing of each other, nor an epoch of the last.
        a, b = over_epochs[:, 0], over_epochs[:, 1]
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.03 + 1 / size
        assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 0.04
        assert abs(np.corrcoef(a[1:], b[:-1])[0, 1]) < 0.04

    @pytest.mark.parametrize("size", [1000, 60_000, 59_999])
    def test_an_order_is_disorder(self, size):
        """Neighbours, and places at the grid's own distance, are unrelated."""
        numbers = order(size)
        limit = 4 / np.sqrt(size)
        for lag in (1, 2, 3, 7, *random._cells(size)):
            a, b = numbers[lag:], numbers[:-lag]
            assert abs(np.corrcoef(a, b)[0, 1]) < limit
        steps = np.diff(numbers) % size
        assert scipy.stats.kstest(steps / size, "uniform").pvalue > LEAST_P
        # Fixed points and successors: one each on average.
        assert np.sum(numbers == np.arange(size)) < 8
        assert np.sum(np.diff(numbers) == 1) < 8
        # In 20 equal parts of the order, 20 parts of the numbers.
        place = np.arange(size) * 20 // size
        table = np.histogram2d(place, numbers * 20 // size, bins=20)[0]
        assert scipy.stats.chi2_contingency(table).pvalue > LEAST_P

    def test_the_orders_are_part_of_the_interface(self):
        """Runs of older versions can be continued only while these hold."""
        np.testing.assert_array_equal(
            random.permuted(0, "real", 3, [0, 1, 2, 3], 60_000),
            [35116, 40355, 26376, 54947],
        )
        # 59,999 is a prime, whose order is that of 60,000 without a number.
        np.testing.assert_array_equal(
            random.permuted(0, "real", 3, [0, 1, 2, 3], 59_999),
            [35116, 40355, 26376, 54947],
        )

    @pytest.mark.parametrize("size", [0, -1, 2.5, True])
    def test_bad_sizes(self, size):
        with pytest.raises(ValueError, match="`size` must be a positive"):
            random.permuted(0, "test", 0, 0, size)

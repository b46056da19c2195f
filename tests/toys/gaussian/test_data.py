"""The one-dimensional sources, and files of a user's numbers."""

import numpy as np
import pytest
import scipy.stats

from tf_gans import data
from tf_gans.errors import UserError


def test_gaussian_batches_have_the_distribution():
    x = data.Gaussian(64, 4.0, 0.5).draw(3, 0, 500).numpy()
    assert x.shape == (500, 64, 1)
    assert scipy.stats.kstest(x.ravel(), "norm", (4, 0.5)).pvalue > 0.01


@pytest.mark.parametrize("sort", [True, False])
def test_sorting(sort):
    x = data.Gaussian(16, sort=sort).draw(0, 0, 50).numpy()[..., 0]
    assert (np.diff(x) >= 0).all() == sort
    other = data.Gaussian(16, sort=not sort).draw(0, 0, 50).numpy()[..., 0]
    np.testing.assert_array_equal(np.sort(x), np.sort(other))


@pytest.mark.parametrize(
    "source",
    [data.Gaussian(6), data.Empirical(6, np.arange(100.0))],
    ids=["gaussian", "empirical"],
)
def test_a_block_is_its_steps(source):
    block = source.draw(7, 40, 9).numpy()
    for i in range(9):
        np.testing.assert_array_equal(block[i], source.draw(7, 40 + i, 1)[0])
    assert not np.array_equal(block, source.draw(8, 40, 9))


def test_gaussian_quantiles_agree_with_scipy():
    source = data.Gaussian(8, 2.0, 3.0)
    norm = scipy.stats.norm(2, 3)
    q = np.linspace(1e-6, 1 - 1e-6, 101)
    np.testing.assert_allclose(source.ppf(q), norm.ppf(q), rtol=1e-9)
    x = np.linspace(-10, 14, 101)
    np.testing.assert_allclose(source.cdf(x), norm.cdf(x), atol=1e-12)


def test_empirical_draws_each_value_equally_often():
    values = np.array([1.0, 2.0, 4.0, 8.0], np.float32)
    x = data.Empirical(64, values).draw(1, 0, 500).numpy()
    found, counts = np.unique(x, return_counts=True)
    np.testing.assert_array_equal(found, values)
    assert scipy.stats.chisquare(counts).pvalue > 0.001


def test_empirical_moments_and_functions():
    source = data.Empirical(8, [3, 1, 2, 2])
    assert (source.mean, source.std) == (2.0, pytest.approx(0.5**0.5))
    np.testing.assert_array_equal(
        source.ppf([0.01, 0.25, 0.26, 0.75, 0.76, 1.0]), [1, 1, 2, 2, 3, 3]
    )
    np.testing.assert_array_equal(source.cdf([0, 1, 2, 5]), [0, 0.25, 0.75, 1])
    np.testing.assert_array_equal(source.cdf([1, 2], left=True), [0, 0.25])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "1\n2.5\n-3e1\n"),
        ("b.csv", "height\n1\n2.5\n-3e1"),
        ("c.csv", '"height (cm)"\n"1"\n"2.5"\n"-3e1"\n'),
        ("d.csv", "\ufeffheight\r\n1,\r\n2.5,\r\n\r\n-3e1,\r\n"),
        ("E.TXT", "  1 \n\n 2.5\n -30.0"),
    ],
)
def test_reading_text(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    source = data.Empirical.from_file(path, 8)
    np.testing.assert_array_equal(source.values, [-30, 1, 2.5])


def test_reprs():
    source = data.Gaussian(8, 4.0, 0.5)
    assert repr(source) == "Gaussian(batch_size=8, mean=4, std=0.5, sort=True)"
    assert repr(data.Empirical(8, [1, 3], sort=False)) == (
        "Empirical(batch_size=8, mean=2, std=1, sort=False)"
    )
    assert repr(data.Ring(8)) == "Ring(batch_size=8, num_modes=8, sigma=0.01)"
    assert repr(data.Quadratics(8)) == (
        "Quadratics(batch_size=8, sample_shape=(15,))"
    )


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8"])
def test_reading_npy(tmp_path, shape, dtype):
    path = tmp_path / "x.npy"
    np.save(path, np.array([3, 1, 2], dtype).reshape(shape))
    source = data.Empirical.from_file(path, 8)
    np.testing.assert_array_equal(source.values, [1, 2, 3])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"1\n2\nthree\n4\n", r"x\.csv, line 3: .*received 'three'"),
        ("x.csv", b"a,b\n1,2\n", r"x\.csv, line 1: .*received 2 columns"),
        ("x.csv", b"1;2\n3;4\n", r"x\.csv, line 1: .*received 2 columns"),
        ("x.csv", b"height\nweight\n", r"x\.csv, line 2: .*'weight'"),
        ("x.csv", b"1\nnan\n2\n", r"x\.csv, line 2: values must be finite"),
        ("x.csv", b"h\n1\n2\ninf\n", r"x\.csv, line 4: .*finite.*inf"),
        ("x.csv", b"1\n", r"x\.csv: .*at least 2 numbers. Received: 1"),
        ("x.csv", b"height\n", r"x\.csv: .*at least 2 numbers. Received: 0"),
        ("x.csv", b"", r"x\.csv: .*at least 2 numbers. Received: 0"),
        ("x.txt", b"5\n5\n5\n", r"x\.txt: .*must not all be equal"),
        ("x.txt", b"1\n\xff\n", r"x\.txt: .*not text in UTF-8"),
        ("x.txt", b"\xff\xfe1\x00\n", r"x\.txt: .*not text in UTF-16"),
        ("x.txt", b"1\x00\n\x002\x00", r"x\.txt: .*UTF-16 without"),
        # A first value that is damaged is no header.
        ("x.csv", "\u22121.5\n1\n2\n".encode(), r"line 1: .*'\u22121\.5'"),
        ("x.csv", b"<0.5\n1\n2\n", r"x\.csv, line 1: .*'<0\.5'"),
        ("x.csv", b"-1.5cm\n1\n2\n", r"x\.csv, line 1: .*'-1\.5cm'"),
        ("x.csv", b"5 kg\n1\n2\n", r"x\.csv, line 1: .*'5 kg'"),
        ("x.csv", b"N/A\n1\n2\n", r"x\.csv, line 1: .*'N/A'"),
        ("x.csv", b"n.a.\n1\n2\n", r"x\.csv, line 1: .*'n\.a\.'"),
        ("x.csv", b"a,b\n-,2\n3,4\n", r"x\.csv, line 1: .*2 columns \(a, b\)"),
        # Two readings, of which neither is taken.
        ("x.csv", b"1,5\n2,5\n", r"line 1: .*2 columns.*1\.5 if 1,5 is one"),
        ("x.csv", b"h\n1,500\n2,500\n", r"line 2: .*1,500.*thousands"),
        ("x.csv", b"1\n2\n3,4\n5\n", r"x\.csv, line 3: .*2 columns"),
        ("x.csv", b"a\tb\n1\t2\n", r"x\.csv, line 1: .*2 columns \(a, b\)"),
        ("x.csv", b"1 2\n3 4\n", r"x\.csv, line 1: .*2 columns"),
        ("x.csv", b"1\nt\x1b[1m\n", r"x\.csv, line 2: .*t\\x1b\[1m"),
        ("x.txt", b"1e150\n-1e150\n", r"x\.txt: .*within \+-1e15"),
        ("x.txt", b"1000000\n1000001\n", r"x\.txt: .*at least 1/10000"),
        ("x.dat", b"1\n2\n", r"x\.dat: .*\.csv, \.txt or \.npy.*\.dat"),
        ("x", b"1\n2\n", r"x: .*received no suffix"),
        ("x.npy", b"not an array", r"x\.npy: is not an array of numbers"),
        ("x.npy", b"", r"x\.npy: is not an array of numbers"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        data.Empirical.from_file(path, 8)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array(["a", "b"]), "must hold integers or floats"),
        (np.array([1 + 2j, 3]), "must hold integers or floats"),
        (np.ones((3, 2)), r"must hold one column; received shape \(3, 2\)"),
        (np.array([{}, 1], object), "is not an array of numbers"),
        (np.array([1, np.nan, 2]), "finite.*nan as number 2 of 3"),
    ],
)
def test_bad_npy(tmp_path, array, message):
    path = tmp_path / "x.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(UserError, match=message):
        data.Empirical.from_file(path, 8)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        data.Empirical.from_file(tmp_path / "none.csv", 8)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "8"])
def test_bad_batch_sizes(batch_size):
    with pytest.raises(ValueError, match="`batch_size` must be a positive"):
        data.Gaussian(batch_size)


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_bad_sigma(sigma):
    with pytest.raises(ValueError, match="`sigma` must be positive"):
        data.Gaussian(8, 4.0, sigma)


def test_float32_cannot_resolve():
    with pytest.raises(ValueError, match="1/10000"):
        data.Gaussian(8, 1e6, 1.0)

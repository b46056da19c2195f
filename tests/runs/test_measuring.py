"""The measures of images: copies are found, real images score the baseline."""

import numpy as np
import pytest

from tf_gans.runs import measuring
from tf_gans.runs.evaluation import RealImages


def noise(count, seed, size=6):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 1), np.uint8)


def real_images(held_out):
    training = noise(80, 0)
    reference = noise(40, 1) if held_out else training[:40]
    return RealImages(reference, training[40:], training, held_out, "x", "")


def brute_force(queries, references, skip=0):
    q, r = (x.reshape(len(x), -1).astype(float) for x in (queries, references))
    distances = np.sqrt(((q[:, None] - r[None]) ** 2).mean(axis=2))
    order = np.argsort(distances, axis=1)[:, skip]
    return distances[np.arange(len(q)), order], order


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("images_a_block", [1, 7, 40, 1000])
def test_the_nearest_of_blocks(monkeypatch, skip, images_a_block):
    monkeypatch.setattr(measuring, "_BLOCK", 4 * 36 * images_a_block)
    queries, references = noise(9, 2), noise(41, 3)
    distances, indices = measuring.nearest(queries, references, skip)
    expected, order = brute_force(queries, references, skip)
    np.testing.assert_allclose(distances, expected, rtol=1e-4)
    np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize("held_out", [True, False])
def test_copies_are_found(held_out):
    real = real_images(held_out)
    fake = np.concatenate([real.training[[5, 3]], noise(38, 4)])
    found, rows = measuring.measure_neighbours(fake, real)
    values = {row.name: row for row in rows}
    assert found.distances[:2] == pytest.approx(0, abs=0.1)
    assert list(found.indices[:2]) == [5, 3]
    assert values["copies"].value >= 2 / 40
    assert values["copies"].baseline <= 1 / 40
    # Noise is as far away as noise.
    assert values["nearest"].value == pytest.approx(
        values["nearest"].baseline, rel=0.05
    )


def test_training_images_are_not_their_own_neighbours():
    """Or real images would all be copies."""
    found, _ = measuring.measure_neighbours(noise(40, 4), real_images(False))
    assert found.real_distances.min() > 10
    real = real_images(False)
    expected, _ = brute_force(real.reference, real.training, skip=1)
    np.testing.assert_allclose(found.real_distances, expected, rtol=1e-4)


def test_duplicates_are_found():
    """As many as there are, on both sides of each pair."""
    fake = noise(60, 4)
    (row,) = measuring.measure_duplicates(fake, noise(60, 1))
    assert row.value < 0.1
    fake[:12] = fake[12:24]
    (row,) = measuring.measure_duplicates(fake, noise(60, 1))
    assert row.value == pytest.approx(24 / 60, abs=0.05)
    assert row.baseline <= 2 / 60
    # Among as many: the images beyond the smaller number are not looked at.
    (row,) = measuring.measure_duplicates(fake, noise(12, 1))
    assert row.value < 0.2


def features(count, seed, shift=0.0, dims=4):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, dims)) + shift).astype(np.float32)


def shares(count, seed, sure):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, 5)) * sure
    x = np.exp(logits)
    return (x / x.sum(axis=1, keepdims=True)).astype(np.float32)


def measured(shift, sure, images=None):
    images = noise(200, 5, 32) if images is None else images
    rows = measuring.measure_all(
        {
            "real": (features(200, 0), shares(200, 0, 3)),
            "fake": (features(200, 1, shift), shares(200, 1, sure)),
            "others": (features(200, 2), shares(200, 2, 3)),
        },
        images,
        noise(200, 6, 32),
        seed=0,
    )
    return {row.name: row for row in rows}


def test_as_good_as_real():
    rows = measured(0.0, 3)
    assert rows["fid"].value < 0.2
    for name in ("precision", "recall", "coverage", "prd_f8", "prd_f1_8"):
        assert rows[name].better == "higher"
        assert rows[name].value > 0.7, name
        assert rows[name].value == pytest.approx(rows[name].baseline, abs=0.1)
    assert rows["inception_score"].value == pytest.approx(
        rows["inception_score"].baseline, rel=0.1
    )
    assert rows["kid"].std is not None
    assert all(row.seconds > 0 for row in rows.values())


def test_worse_than_real():
    """Every measure says so, and the baseline does not move."""
    good, bad = (
        measured(0.0, 3),
        measured(5.0, 0.1, np.zeros_like(noise(200, 5, 32))),
    )
    for name, row in bad.items():
        assert row.baseline == good[name].baseline, name
        if row.better == "lower":
            assert row.value > 5 * abs(row.baseline), name
        elif row.better == "higher":
            assert row.value < row.baseline, name
    # One image only: every pair is alike.
    assert bad["ms_ssim"].value == pytest.approx(1)
    assert bad["ms_ssim"].baseline < 0.9


def test_without_classes_there_is_no_inception_score():
    rows = measuring.measure_all(
        {
            name: (features(200, seed), None)
            for seed, name in enumerate(("real", "fake", "others"))
        },
        noise(200, 5, 32),
        noise(200, 6, 32),
        seed=0,
    )
    names = [row.name for row in rows]
    assert "inception_score" not in names
    assert "fid" in names


def test_too_few_others_leave_no_baseline():
    rows = measuring.measure_all(
        {
            "real": (features(200, 0), None),
            "fake": (features(200, 1), None),
            "others": (features(1, 2), None),
        },
        noise(200, 5, 32),
        noise(200, 6, 32),
        seed=0,
    )
    (fid,) = [row for row in rows if row.name == "fid"]
    assert fid.baseline is None
    assert fid.value < 0.2

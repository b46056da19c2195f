"""Images of which few have labels."""

import numpy as np
import pytest

from tf_gans import data

COUNT, CLASSES, BATCH = 60, 3, 8


def pixels():
    """Each image is of its own grey."""
    greys = np.arange(COUNT, dtype=np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (COUNT, 4, 4, 1)).copy()


def numbers():
    return np.random.default_rng(0).permutation(np.arange(COUNT) % CLASSES)


def make(num_labelled=6, batch_size=BATCH, **options):
    return data.SemiSupervised(
        *(pixels(), numbers(), num_labelled, batch_size),
        value_range=(0, 255),
        **options,
    )


def which(samples):
    """The numbers of the images in a batch."""
    return np.asarray(samples)[..., 0, 0, 0].round().astype(int)


@pytest.mark.parametrize("seed", range(3))
def test_subset_is_balanced(seed):
    labels = numbers()
    index = data.labelled_subset(labels, 9, seed)
    assert len(set(index)) == 9
    np.testing.assert_array_equal(np.bincount(labels[index]), [3, 3, 3])
    np.testing.assert_array_equal(index, data.labelled_subset(labels, 9, seed))
    others = data.labelled_subset(labels, 9, seed + 1)
    assert set(index) != set(others)


def test_subset_is_the_programs():
    """A random order, and of each class the first ones in it."""
    labels = numbers()
    order = np.random.default_rng(4).permutation(COUNT)
    expected = [[i for i in order if labels[i] == k][:2] for k in range(3)]
    index = data.labelled_subset(labels, 6, 4)
    np.testing.assert_array_equal(index, np.concatenate(expected))


def test_any_image_may_be_labelled():
    labels = numbers()
    found = [data.labelled_subset(labels, 3, seed) for seed in range(200)]
    assert set(np.concatenate(found)) == set(range(COUNT))


def test_labels_are_the_images():
    source = make()
    labelled, labels, *_ = source.draw(1, 0, 5)
    np.testing.assert_array_equal(numbers()[which(labelled)], labels)
    assert set(which(labelled).ravel()) == set(source.labelled_index)


@pytest.mark.parametrize("num_labelled", [3, 6, 12])
def test_labelled_epochs_are_whole(num_labelled):
    """However the batches cut them."""
    source = make(num_labelled)
    found = which(source.draw(1, 0, 9)[0]).ravel()
    for i in range(0, len(found) - num_labelled + 1, num_labelled):
        epoch = found[i : i + num_labelled]
        assert sorted(epoch) == sorted(source.labelled_index)
    assert (
        not np.array_equal(
            found[:num_labelled], found[num_labelled : 2 * num_labelled]
        )
        or num_labelled == 3
    )


@pytest.mark.parametrize("unlabelled", ["all", "rest"])
def test_unlabelled_epochs(unlabelled):
    source = make(unlabelled=unlabelled)
    rest = set(range(COUNT)) - set(source.labelled_index)
    allowed = set(range(COUNT)) if unlabelled == "all" else rest
    assert source.num_unlabelled == len(allowed)
    steps = source.steps_per_epoch
    assert steps == len(allowed) // BATCH
    _, _, first, second = source.draw(1, 0, 2 * steps)
    for batches in (which(first), which(second)):
        for epoch in (batches[:steps], batches[steps:]):
            assert len(set(epoch.ravel())) == steps * BATCH
            assert set(epoch.ravel()) <= allowed
    assert not np.array_equal(which(first), which(second))


def test_a_step_is_a_function_of_seed_and_step():
    source, same = make(), make()
    whole = source.draw(1, 0, 12)
    parts = [same.draw(1, first, 3) for first in (9, 0, 6, 3)]
    for part, first in zip(parts, (9, 0, 6, 3), strict=True):
        for a, b in zip(part, whole, strict=True):
            np.testing.assert_array_equal(a, b[first : first + 3])
    other = source.draw(2, 0, 12)
    assert not np.array_equal(other[0], whole[0])


def test_which_are_labelled_does_not_depend_on_the_trainings_seed():
    source = make()
    found = [set(which(source.draw(seed, 0, 3)[0]).ravel()) for seed in (1, 2)]
    assert found[0] == found[1]
    other = set(make(seed=1).labelled_index)
    assert other != set(source.labelled_index)


def test_scales():
    source = data.SemiSupervised(pixels(), numbers(), 3, 4)
    for samples in source.draw(0, 0, 1)[::2]:
        assert np.min(samples) >= -1 and np.max(samples) < 0
    assert "num_labelled=3" in repr(source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_labelled": 2}, "multiple of the 3 classes.*such as 3"),
        ({"num_labelled": 7}, "multiple of the 3 classes.*such as 6"),
        ({"num_labelled": 0}, "`num_labelled` must be"),
        ({"num_labelled": 63}, "21 of each, and class 0 has 20"),
        ({"seed": -1}, "`seed` must be"),
        ({"unlabelled": "none"}, "`unlabelled` must be one of"),
        (
            {"num_labelled": 57, "unlabelled": "rest"},
            "at most the number of unlabelled images",
        ),
        ({"batch_size": 61}, "at most the number of unlabelled images"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "`labels` must be integers"),
        (np.zeros((COUNT, 3), int), "`labels` must be integers"),
        (np.zeros(COUNT), "`labels` must be integers"),
        (np.arange(COUNT) % 3 - 1, "counted from 0"),
        (np.arange(COUNT) % 3 * 2, "class 1 has 0"),
        (np.arange(COUNT - 1) % 3, "one an image"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        data.SemiSupervised(pixels(), labels, 15, 4)


def test_bad_images():
    with pytest.raises(ValueError, match="`images` must be a uint8 array"):
        data.SemiSupervised(pixels().astype(float), numbers(), 3, 4)

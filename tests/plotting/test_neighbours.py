"""Samples beside their nearest training images."""

import numpy as np
import pytest

from tf_gans import metrics
from tf_gans.plotting import image_grid, neighbours_grid

RNG = np.random.default_rng(0)
REFERENCES = RNG.integers(0, 256, (30, 28, 28, 1), np.uint8)
SAMPLES = REFERENCES[[4, 9]] ^ np.uint8(1)


class TestNeighboursGrid:
    def test_every_image_is_in_its_place(self):
        _, indices = metrics.nearest_neighbours(SAMPLES, REFERENCES, 3)
        assert indices[:, 0].tolist() == [4, 9]
        grid = neighbours_grid(SAMPLES, REFERENCES, indices, scale=2)
        rows = [
            image
            for sample, row in zip(SAMPLES, indices, strict=True)
            for image in (sample, *REFERENCES[row])
        ]
        expected = image_grid(np.stack(rows), 4, scale=2)
        # Below the words.
        assert grid.shape[0] > expected.shape[0]
        np.testing.assert_array_equal(grid[-expected.shape[0] :], expected)

    def test_distances(self):
        distances, indices = metrics.nearest_neighbours(SAMPLES, REFERENCES, 2)
        plain = neighbours_grid(SAMPLES, REFERENCES, indices, scale=3)
        told = neighbours_grid(SAMPLES, REFERENCES, indices, distances, 3)
        assert told.shape[0] > plain.shape[0]
        other = neighbours_grid(SAMPLES, REFERENCES, indices, distances + 1, 3)
        assert (told != other).any()

    @pytest.mark.parametrize(
        ("indices", "distances", "message"),
        [
            ([[0], [30]], None, "`indices` must be integers.*0 to 29"),
            ([[0], [-1]], None, "`indices` must be integers"),
            ([[0.0], [1.0]], None, "`indices` must be integers"),
            ([[0]], None, r"`indices` must be integers of shape \(2, k\)"),
            ([0, 1], None, "`indices` must be integers"),
            ([[0], [1]], [1.0, 2.0], "`distances` must have the shape of"),
        ],
    )
    def test_refused(self, indices, distances, message):
        with pytest.raises(ValueError, match=message):
            neighbours_grid(SAMPLES, REFERENCES, indices, distances)

    def test_other_images(self):
        with pytest.raises(ValueError, match="images of the same shape"):
            neighbours_grid(SAMPLES[:, :9], REFERENCES, [[0], [1]])

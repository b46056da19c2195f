"""Triangles: images whose manifold is known, drawn here and not downloaded."""

import numpy as np

from tf_gans import triangles
from tf_gans.errors import check_choice, check_positive_int

SPLITS = {"train": 60_000, "test": 10_000, "holdout": 10_000}
"""The parts of the 80,000 images, and how many are in each."""

_SEED = 0  # of the 80,000


def draw_triangles(
    num_images=60_000,
    seed=0,
    size=28,
    legacy_rotation=True,
    legacy_min_gap=True,
):
    """Draws the images of triangles of "Are GANs created equal?".

    One black triangle on white: three angles on a circle whose diameter is 3/4
    of the image, one from each third, and the triangle's centre of mass in the
    image's centre. Anti-aliased: 65 grey levels.

    The published program has two quirks, and they are kept unless they are
    switched off, because numbers can be compared only on the same
    distribution:

    - The turn of the whole triangle, meant to be any, is of 0 to 6.28 degrees,
      because radians are converted to radians. The manifold's dimension is
      therefore 3 rather than 4.
    - The gap between two corners, seen from the circle's centre and meant to
      be at least 20 degrees, is at least 10, because a third loses half of the
      gap on one side, not on both.

    With 28 pixels and both quirks, they are the images that the published
    program draws for the same number and seed.

    Args:
        num_images: int. Defaults to `60000`.
        seed: int. Defaults to `0`.
        size: int. Height and width in pixels. The triangle grows with them.
            Defaults to `28`.
        legacy_rotation: bool. Whether the turn is of 6.28 degrees at most, and
            not any. Defaults to `True`.
        legacy_min_gap: bool. Whether the gap may be of 10 degrees, and is not
            20 at least. Defaults to `True`.

    Returns:
        A uint8 array of shape `(num_images, size, size, 1)`: 0 is black.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 4
    - [google/compare_gan, colabs/Convex_Polygons_Dataset.ipynb](
      https://github.com/google/compare_gan)
    """
    num_images = check_positive_int("num_images", num_images)
    size = check_positive_int("size", size)
    places = triangles.draw_places(num_images, seed)
    return _draw(places, size, legacy_rotation, legacy_min_gap)


def load_triangles(split="train", size=28, published=False):
    """Draws a part of the 80,000 triangles: to train on, or to evaluate with.

    The published program draws 80,000 images, permutes them and saves them; of
    the file, the first 60,000 are to train on, the next 10,000 to test with,
    the last 10,000 are held out. `--dataset triangles` has always trained on
    the 60,000 that the program draws when it is asked for so many, which are
    the first 60,000 that it draws of the 80,000. Three quarters of the
    published test images are among them, so there are two ways to divide the
    same 80,000 images:

    - Here: "train" is what `--dataset triangles` trains on, in the same order;
      "test" are the next 10,000 that the program draws, "holdout" the last. No
      image that was trained on is in the other two.
    - As published, for models that were trained on the published file.

    Args:
        split: `"train"`, `"test"` or `"holdout"`. Defaults to `"train"`.
        size: int. Height and width in pixels. Defaults to `28`.
        published: bool. Whether they are divided as published. Defaults to
            `False`.

    Returns:
        A uint8 array of shape `(60000 or 10000, size, size, 1)`.

    Reference:
    - [google/compare_gan, 623f6465, gan_lib.py, lines 106-118](
      https://github.com/google/compare_gan): the parts
    - colabs/Convex_Polygons_Dataset.ipynb of its master branch: the file
    """
    check_choice("split", split, tuple(SPLITS))
    size = check_positive_int("size", size)
    if split == "train" and not published:
        return draw_triangles(SPLITS["train"], _SEED, size)
    total = sum(SPLITS.values())
    places = triangles.draw_places(total, _SEED, shuffle=published)
    begin = {"train": 0, "test": 60_000, "holdout": 70_000}[split]
    return _draw(places[begin : begin + SPLITS[split]], size)


def _draw(places, size, legacy_rotation=True, legacy_min_gap=True):
    corners = triangles.place_corners(
        places, size, legacy_rotation, legacy_min_gap
    )
    levels = np.arange(triangles.POINTS, -1, -1)
    greys = np.round(255 / triangles.POINTS * levels).astype(np.uint8)
    return greys[triangles.count_black(corners, size)][..., np.newaxis]

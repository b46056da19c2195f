"""What a user might have, and how the tests of it load it."""

import numpy as np
import pytest
from PIL import Image

from tests.paths import REAL
from tf_gans import data
from tf_gans.errors import UserError


def real_file(name):
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {REAL}")
    return path


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def say_nothing(line):
    raise AssertionError(f"nothing was to be said: {line}")


def load(path=None, dataset=None, say=say_nothing, **arguments):
    return data.load_images(dataset, path, say=say, **arguments)


def load_saying(path, **arguments):
    """The images, and all that was said, which named the path."""
    lines = []
    images = load(path, say=lines.append, **arguments)
    assert all(line.startswith(str(path)) for line in lines)
    assert not any("\n" in line for line in lines)
    return images, " | ".join(lines)


def check_refused(message, path=None, dataset=None, **arguments):
    with pytest.raises(UserError, match=message) as caught:
        load(path, dataset, **arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert str(path or dataset) in str(caught.value)


def save_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def write_images(folder, count=4, size=(10, 8), mode="RGB", suffix=".png"):
    """Images of noise, which differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
        pixels = noise(size[1], size[0], *channels, seed=i)
        Image.fromarray(pixels).save(folder / f"{i:03d}{suffix}")
    return folder

"""Pictures of any kind, as 8-bit pixels of the size that is asked for."""

import numpy as np
from PIL import Image


def flatten(image, mode):
    """Makes a Pillow image of any kind one of 8 bits without transparency.

    What is transparent becomes white. Of 16 bits, the upper 8 are kept.

    Args:
        image: Pillow image.
        mode: `"L"` or `"RGB"`.
    """
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode.startswith("I"):  # of 16 bits, in whatever they are kept
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise ValueError("its pixels have more than 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert(mode)


def fit(image, size):
    """Crops an 8-bit Pillow image to its middle square, and resizes it.

    Returns:
        A uint8 array of shape `(size, size, channels)`.
    """
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.resize(
        (size, size),
        Image.Resampling.LANCZOS,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    return np.asarray(image).reshape(size, size, -1)


def fit_all(images, size, channels):
    """Gives an array of images another size or number of channels.

    Args:
        images: uint8 array of shape `(n, height, width, 1 or 3)`.
        size: int, or None to keep the height and the width.
        channels: 1, 3, or None to keep their number.
    """
    height, width, old_channels = images.shape[1:]
    if size in (None, height) and size in (None, width):
        if channels in (None, old_channels):
            return images
        if channels == 3:
            return np.repeat(images, 3, axis=-1)
    channels = channels or old_channels
    shape = (size or height, size or width, channels)
    result = np.empty((len(images), *shape), np.uint8)
    for pixels, row in zip(images, result, strict=True):
        image = Image.fromarray(pixels[..., 0] if old_channels == 1 else pixels)
        image = image.convert("L" if channels == 1 else "RGB")
        if size is None:
            row[:] = np.asarray(image).reshape(shape)
        else:
            row[:] = fit(image, size)
    return result

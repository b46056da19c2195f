"""Reads what `plotting.scene.packed` makes, as the page's program does."""

import base64

import numpy as np


def unpacked(packed):
    """The array, NaN for none."""
    kind = {8: "u1", 16: "<u2"}[packed["bits"]]
    whole = np.frombuffer(base64.b64decode(packed["data"]), kind)
    most = 2 ** packed["bits"] - 2
    scale = (packed["high"] - packed["low"]) / most
    values = packed["low"] + whole * scale
    values[whole > most] = np.nan
    return values.reshape(packed["shape"])

"""What pictures and films say of themselves, read by other programs."""

import io
import json
import subprocess
from xml.etree import ElementTree

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image

from tf_gans import provenance
from tf_gans.plotting.images import GridFilm, write_png
from tf_gans.plotting.picture import save_figure
from tf_gans.plotting.video import find_ffmpeg
from tf_gans.version import __version__

ABOUT = {"generated": True, "script": "mnist", "seed": 3, "preset": None}
SAID = {
    "software": f"tf_gans {__version__}",
    "generated": True,
    "script": "mnist",
    "seed": 3,
}


def read(png):
    """The pixels and the texts of a PNG, as Pillow reads it."""
    with Image.open(png) as image:
        image.load()  # checks each chunk's checksum
        return np.asarray(image), dict(image.text)


def test_a_generated_picture(tmp_path):
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    write_png(tmp_path / "a.png", pixels, ABOUT)
    found, texts = read(tmp_path / "a.png")
    np.testing.assert_array_equal(found, pixels)
    assert texts["Software"] == SAID["software"]
    assert json.loads(texts["Comment"]) == SAID
    ((described,),) = ElementTree.fromstring(texts["XML:com.adobe.xmp"])
    kinds = [v for k, v in described.items() if k.endswith("SourceType")]
    assert kinds[0].endswith("/digitalsourcetype/trainedAlgorithmicMedia")


def test_what_is_not_generated_is_not_called_so(tmp_path):
    for about in (None, {"generated": False, "script": "mnist"}):
        write_png(tmp_path / "a.png", np.zeros((2, 2), np.uint8), about)
        _, texts = read(tmp_path / "a.png")
        assert "XML:com.adobe.xmp" not in texts
        said = {"software": SAID["software"]} | (about or {})
        assert json.loads(texts["Comment"]) == said


def test_a_figure_has_one_software(tmp_path):
    save_figure(tmp_path / "a.png", Figure(figsize=(1, 1)), ABOUT)
    _, texts = read(tmp_path / "a.png")
    assert texts["Software"] == SAID["software"]
    assert (tmp_path / "a.png").read_bytes().count(b"Software") == 1


def test_other_letters_are_ascii():
    said = provenance.comment({"dataset": "Émile\n\x00"})
    assert said.isascii() and said.isprintable()
    assert json.loads(said)["dataset"] == "Émile\n\x00"


def test_a_graph_stamps_as_a_function_does():
    images = np.random.default_rng(0).integers(256, size=(2, 5, 5, 1))
    pngs = [tf.io.encode_png(image.astype(np.uint8)) for image in images]
    stamped = tf.function(provenance.stamp_pngs)(tf.stack(pngs), ABOUT)
    for png, found, image in zip(pngs, stamped.numpy(), images, strict=True):
        assert found == provenance.stamp_png(png.numpy(), ABOUT)
        decoded, texts = read(io.BytesIO(found))
        np.testing.assert_array_equal(decoded, image[..., 0])
        assert json.loads(texts["Comment"]) == SAID


def test_a_gif(tmp_path):
    # More than one block of 255 bytes.
    about = ABOUT | {"recipe": "x" * 600}
    with GridFilm(tmp_path / "a.gif", about=about) as film:
        for level in (0, 90, 250):
            film.add(np.full((64, 64, 3), level, np.uint8))
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3
        image.seek(2)
        assert abs(int(np.asarray(image.convert("L"))[9, 9]) - 250) < 3
    comment = (tmp_path / "a.gif").read_bytes().partition(b"\x21\xfe")[2]
    said, rest = b"", comment
    while rest[0]:
        said, rest = said + rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
    assert rest == b"\x00;"
    assert json.loads(said) == SAID | {"recipe": "x" * 600}


def test_an_mp4(tmp_path):
    with GridFilm(tmp_path / "a.mp4", about=ABOUT) as film:
        film.add(np.zeros((64, 64, 3), np.uint8))
    metadata = subprocess.run(
        [find_ffmpeg(), "-i", tmp_path / "a.mp4", "-f", "ffmetadata", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (line,) = [m for m in metadata.splitlines() if m.startswith("comment=")]
    # The format escapes some letters.
    assert json.loads(line.partition("=")[2].replace("\\", "")) == SAID


def test_nothing_of_a_users_data():
    config = {"script": "mnist", "recipe": "conv", "seed": 1}
    mine = config | {"data": "/home/me/secret.npz", "dataset": "mnist"}
    about = provenance.of_run(mine, 7)
    assert "secret" not in str(about) and about["dataset"] is None
    assert about["step"] == 7 and about["recipe"] == "conv"
    assert provenance.of_run(config | {"dataset": "mnist"}, 7)["dataset"]

"""Files that nobody meant: one line, or a right result, and nothing else."""

import io
import pathlib
import tempfile

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.fuzzing import damaged, fuzzed, told
from tf_gans.data import columns, loading
from tf_gans.data.columns import read_column


def quiet(line):
    """A line is one line."""
    assert len(line.splitlines()) == 1


def written(name, content, read):
    """What reading a file gives, None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        path.write_bytes(content)
        return told(lambda: read(path))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def png(image_format, mode):
    file = io.BytesIO()
    pixels = np.arange(12 * 12 * 3, dtype=np.uint8).reshape(12, 12, 3)
    Image.fromarray(pixels).convert(mode).save(file, image_format)
    return file.getvalue()


CELLS = st.one_of(
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(
        ["", "NA", '"', "1,5", "-", "1_000", "\u0661", "x", "#", "1e999"]
    ),
    st.text(max_size=5),
)
ROWS = st.lists(
    st.tuples(
        st.lists(CELLS, max_size=4), st.sampled_from([",", ";", "\t", " "])
    ).map(lambda row: row[1].join(row[0])),
    max_size=8,
)
TEXTS = st.one_of(
    st.tuples(ROWS, st.sampled_from(["\n", "\r\n", "\r", "\x85"])).map(
        lambda rows: rows[1].join(rows[0]).encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=200),
    ROWS.map(lambda rows: "\n".join(rows).encode("utf-16", "surrogatepass")),
)
COLUMNS = st.one_of(
    st.none(), st.sampled_from(["1", "2", "x", "", "\u0663", "\u00b2"])
)


def check_column(values):
    if values is not None:
        assert values.ndim == 1
        assert np.isfinite(values).all()


@fuzzed(TEXTS, COLUMNS, st.sampled_from([".csv", ".txt"]))
def test_text(content, column, suffix):
    check_column(
        written(
            f"x{suffix}", content, lambda path: read_column(path, column, quiet)
        )
    )


NPY = st.sampled_from(
    [
        npy(np.arange(6.0)),
        npy(np.arange(6).reshape(3, 2)),
        npy(np.array(["a", "b"])),
        npy(np.float32(3)),
    ]
)


@fuzzed(damaged(NPY), COLUMNS)
def test_npy(content, column):
    check_column(
        written("x.npy", content, lambda path: read_column(path, column, quiet))
    )


IMAGES = np.arange(4 * 6 * 6, dtype=np.uint8).reshape(4, 6, 6)
ARCHIVES = st.sampled_from(
    [
        npz(x_train=IMAGES, y_train=np.arange(4)),
        npz(np.savez_compressed, x_train=IMAGES, y_train=np.arange(4)),
        npz(images=IMAGES[..., None] / 255, labels=np.eye(4)),
        npz(X=IMAGES.astype("f4"), Y=np.array(["a", "b", "a", "b"])),
    ]
)


def check_images(loaded):
    if loaded is not None:
        assert loaded.images.dtype == np.uint8
        assert loaded.images.ndim == 4
        assert loaded.images.shape[-1] in (1, 3)
        assert len(loaded.images) > 1
        if loaded.labels is not None:
            assert loaded.labels.shape == (len(loaded.images),)


@fuzzed(damaged(ARCHIVES), st.booleans())
def test_archives(content, with_labels):
    def read(path):
        told(lambda: loading.peek_images(path=path, with_labels=with_labels))
        return loading.load_images(
            path=path, with_labels=with_labels, say=quiet
        )

    check_images(written("x.npz", content, read))


@st.composite
def archives_of_arrays(draw):
    """Whole archives, of arrays of any shape and kind."""
    shape = draw(st.lists(st.integers(0, 5), max_size=5))
    kind = draw(
        st.sampled_from(["u1", "i8", "f4", "f2", "?", "c8", "U2", "M8[s]"])
    )
    raw = draw(st.binary(min_size=64, max_size=64))
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    values = (raw * (size // 64 + 1))[:size]
    if kind == "U2":
        array = np.full(shape, "\U0001f600\n")
    else:
        array = np.frombuffer(values, kind).reshape(shape)
    labels = draw(
        st.sampled_from(
            [np.zeros(4), np.eye(4), np.array([]), np.array(3), array]
        )
    )
    return npz(x_train=array, y_train=labels)


@fuzzed(archives_of_arrays(), st.booleans())
def test_arrays(content, with_labels):
    check_images(
        written(
            "x.npz",
            content,
            lambda path: loading.load_images(
                path=path, with_labels=with_labels, say=quiet
            ),
        )
    )


PICTURES = st.sampled_from(
    [
        (".png", png("PNG", "RGB")),
        (".png", png("PNG", "P")),
        (".jpg", png("JPEG", "L")),
        (".gif", png("GIF", "P")),
        (".bmp", png("BMP", "RGB")),
        (".tif", png("TIFF", "I;16")),
        (".webp", png("WEBP", "RGBA")),
        ("", png("PPM", "RGB")),
    ]
)


@fuzzed(
    PICTURES.flatmap(
        lambda one: st.tuples(st.just(one), damaged(st.just(one[1])))
    ),
)
def test_folders(picture):
    (suffix, whole), broken = picture

    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            pathlib.Path(folder, f"{number}{suffix}").write_bytes(whole)
        pathlib.Path(folder, f"broken{suffix}").write_bytes(broken)
        loaded = told(
            lambda: loading.load_images(path=folder, size=8, say=quiet)
        )
        check_images(loaded)
        assert loaded is not None


def test_the_plain_way_and_the_table_agree():
    """What the fast path reads is what the table reads."""
    text = "1\n 2.5\n\n-3e2\n"
    table = columns._Table(pathlib.Path("x.txt"), text, quiet)
    np.testing.assert_array_equal(columns._read_plain(text), table.read(None))

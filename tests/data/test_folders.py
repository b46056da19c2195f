"""Folders of pictures: which files are taken, and how they are read."""

import pathlib

import numpy as np
import pytest
from PIL import Image, features

from tests.data.user_data import (
    check_refused,
    load,
    load_saying,
    noise,
    write_images,
)
from tf_gans.data import folders
from tf_gans.errors import UserError


class TestFolders:
    def test_order_and_content(self, tmp_path):
        """Sorted by path, whatever the order in which files came to be."""
        names = ["b/2.png", "a.png", "b/1.PNG", "c/d/e.Bmp", "a-.png", "b.png"]
        for i, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise(6, 6, 3, seed=i)).save(path)
        images = load(tmp_path, size=6)
        order = sorted(names, key=lambda name: pathlib.Path(name).parts)
        expected = [noise(6, 6, 3, seed=names.index(name)) for name in order]
        np.testing.assert_array_equal(images.images, expected)
        assert images.name == tmp_path.name
        assert images.source == str(tmp_path.resolve())
        assert images.labels is None

    def test_hidden_files_are_ignored(self, tmp_path):
        write_images(tmp_path, 3)
        write_images(tmp_path / ".thumbnails", 2)
        (tmp_path / "._000.png").write_bytes(b"a resource fork")
        assert len(load(tmp_path, size=4).images) == 3

    def test_links_to_folders(self, tmp_path):
        """They are followed, but not in a circle."""
        write_images(tmp_path / "elsewhere", 3)
        root = tmp_path / "root"
        write_images(root / "b", 2)
        (root / "a").symlink_to(tmp_path / "elsewhere")
        (root / "b" / "up").symlink_to(root)
        assert len(load(root, size=4).images) == 5

    @pytest.mark.parametrize("suffix", folders.SUFFIXES)
    def test_formats(self, tmp_path, suffix):
        shade = np.full((20, 24, 3), (200, 100, 50), np.uint8)
        for i in range(2):
            Image.fromarray(shade).save(tmp_path / f"{i}{suffix}")
        images = load(tmp_path, size=5).images
        np.testing.assert_allclose(
            images, np.broadcast_to(shade[0, 0], (2, 5, 5, 3)), atol=8
        )

    def test_sizes_may_differ(self, tmp_path):
        for i, size in enumerate([(1, 1), (3, 500), (500, 3), (40, 40)]):
            Image.new("RGB", size, (10, 20, 30)).save(tmp_path / f"{i}.png")
        images = load(tmp_path, size=8).images
        np.testing.assert_array_equal(
            images, np.broadcast_to(np.uint8([10, 20, 30]), (4, 8, 8, 3))
        )

    def test_the_middle_is_cut_out(self, tmp_path):
        pixels = noise(12, 25, 3)
        for i in range(2):
            Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        np.testing.assert_array_equal(
            load(tmp_path, size=12).images[1], pixels[:, 6:18]
        )

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_turned_by_exif(self, tmp_path, suffix, orientation):
        upright = np.zeros((80, 80), np.uint8)
        upright[:40, :40], upright[:40, 40:], upright[40:, :40] = 250, 170, 80
        # How the camera stores it, for each orientation that it then names.
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.T,
            6: np.rot90(upright),
            7: upright[::-1, ::-1].T,
            8: np.rot90(upright, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        for i in range(2):
            image = Image.fromarray(np.ascontiguousarray(stored))
            image.save(tmp_path / f"{i}{suffix}", exif=exif, quality=95)
        image = load(tmp_path, size=8, channels=1).images[0, ..., 0]
        corners = image[[1, 1, 6, 6], [1, 6, 1, 6]]
        np.testing.assert_allclose(corners, [250, 170, 80, 0], atol=4)

    def test_damaged_exif_is_no_damage(self, tmp_path):
        for i in range(2):
            Image.new("RGB", (9, 9), (90, 90, 90)).save(
                tmp_path / f"{i}.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fxx"
            )
        assert np.all(load(tmp_path, size=9).images == 90)

    def test_transparent_is_white(self, tmp_path):
        pixels = np.zeros((8, 8, 4), np.uint8)
        pixels[:4] = 255, 0, 0, 255
        pixels[4:] = 0, 0, 0, 51  # a fifth of black
        rgba = Image.fromarray(pixels)
        rgba.save(tmp_path / "0.png")
        rgba.convert("LA").save(tmp_path / "1.png")
        palette = Image.fromarray(np.repeat(np.uint8([[0], [1]]), 4, 0), "L")
        palette = palette.resize((8, 8), Image.Resampling.NEAREST)
        palette = Image.frombytes("P", (8, 8), palette.tobytes())
        palette.putpalette([255, 0, 0, 0, 0, 0])
        palette.save(tmp_path / "2.png", transparency=1)
        palette.save(tmp_path / "3.gif", transparency=1)
        palette.save(tmp_path / "4.png", transparency=bytes([255, 51]))
        plain = Image.fromarray(np.full((8, 8, 3), 7, np.uint8))
        plain.save(tmp_path / "5.png", transparency=(7, 7, 7))
        images = load(tmp_path, size=8).images
        top, bottom = images[:, 1, 1], images[:, 6, 6]
        red, white = [255, 0, 0], [255] * 3
        np.testing.assert_array_equal(
            top, [red, [76] * 3, red, red, red, white]
        )
        np.testing.assert_array_equal(
            bottom, [[204] * 3, [204] * 3, white, white, [204] * 3, white]
        )

    def test_modes_of_pillow(self, tmp_path):
        """Palette, 1 bit, 16 bits, CMYK: all become 8 bits a channel."""
        Image.new("RGB", (8, 8), (0, 0, 255)).quantize(8).save(
            tmp_path / "0.png"
        )
        Image.new("1", (8, 8), 1).save(tmp_path / "1.png")
        deep = np.full((8, 8), 0x8000, np.uint16)
        Image.fromarray(deep).save(tmp_path / "2.png")
        Image.fromarray(deep).save(tmp_path / "3.tif")
        Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "4.jpg")
        Image.fromarray(deep.astype(np.int32)).save(tmp_path / "5.tif")
        images = load(tmp_path, size=4).images
        expected = [[0, 0, 255], [255] * 3, *[[128] * 3] * 2, [255] * 3]
        np.testing.assert_array_equal(images[:5, 0, 0], expected)
        np.testing.assert_array_equal(images[5, 0, 0], [128] * 3)

    def test_the_first_frame_of_an_animation(self, tmp_path):
        frames = [Image.new("L", (8, 8), grey) for grey in (10, 200)]
        for i in range(2):
            frames[0].save(
                tmp_path / f"{i}.gif",
                save_all=True,
                append_images=frames[1:],
            )
        assert np.all(load(tmp_path, size=8).images == 10)

    def test_channels(self, tmp_path):
        """Those of the data: 1 if nothing has a colour, else 3."""
        write_images(tmp_path, 3, mode="L")
        grey = load(tmp_path, size=8).images
        assert grey.shape == (3, 8, 8, 1)
        assert grey.flags.c_contiguous
        # Grey, in the guise of colours.
        Image.fromarray(noise(8, 8)).convert("RGB").save(tmp_path / "001.png")
        same = load(tmp_path, size=8)
        assert same.images.shape == (3, 8, 8, 1)
        np.testing.assert_array_equal(
            load(tmp_path, size=8, channels=1).images, same.images
        )
        coloured = load(tmp_path, size=8, channels=3).images
        np.testing.assert_array_equal(coloured, same.images.repeat(3, -1))
        Image.new("RGB", (8, 8), (10, 10, 11)).save(tmp_path / "002.png")
        images = load(tmp_path, size=8).images
        assert images.shape == (3, 8, 8, 3)
        np.testing.assert_array_equal(images[:2], coloured[:2])
        assert load(tmp_path, size=8, channels=1).images.shape == (3, 8, 8, 1)

    def test_labels_are_the_names_of_folders(self, tmp_path):
        for name, count in (("dog", 2), ("cat", 3), ("Emu/deep", 1)):
            write_images(tmp_path / name, count)
        (tmp_path / "without images").mkdir()
        lines = []
        images = load(tmp_path, size=4, with_labels=True, say=lines.append)
        np.testing.assert_array_equal(images.labels, [0, 1, 1, 1, 2, 2])
        assert images.labels.dtype == np.int32
        assert lines == [f"{tmp_path}: labels: 0 Emu, 1 cat, 2 dog"]
        assert images.classes == ("Emu", "cat", "dog")
        assert load(tmp_path, size=4).labels is None
        assert load(tmp_path, size=4).classes is None

    @pytest.mark.parametrize(
        ("names", "order"),
        [
            (range(12), range(12)),
            (["3", "20", "100"], ["3", "20", "100"]),
            (["10", "9", "x"], ["10", "9", "x"]),
        ],
    )
    def test_numbers_in_the_order_of_numbers(self, tmp_path, names, order):
        """The files stay in the order of their names."""
        for i, name in enumerate(names):
            folder = tmp_path / str(name)
            folder.mkdir()
            Image.new("L", (4, 4), i).save(folder / "0.png")
        images, said = load_saying(tmp_path, size=4, with_labels=True)
        assert images.classes == tuple(map(str, order))
        assert said.endswith(f"{len(order) - 1} {list(order)[-1]}")
        values = images.images[:, 0, 0, 0]
        np.testing.assert_array_equal(images.labels, values)
        by_name = sorted(range(len(names)), key=lambda i: str(list(names)[i]))
        np.testing.assert_array_equal(values, by_name)

    def test_whatever_the_ending(self, tmp_path):
        """What Pillow reads is taken; what is left out is counted."""
        write_images(tmp_path, 1, suffix=".jpg")
        for name, kind in (
            *(("a.jfif", "JPEG"), ("b.jpe", "JPEG"), ("c.ppm", "PPM")),
            *(("d.pgm", "PPM"), ("e.tga", "TGA"), ("f", "PNG")),
            *(("g.dat", "GIF"), ("h.PNG", "PNG"), ("i.jp2", "JPEG2000")),
        ):
            Image.fromarray(noise(8, 8)).save(tmp_path / name, kind)
        for name in ("a.heic", "b.heic", "notes.txt", "README", "z.eps"):
            (tmp_path / name).write_bytes(b"#define x\nP5 no image")
        Image.new("RGB", (9, 9)).save(tmp_path / "z.eps")  # drawn by a program
        images, said = load_saying(tmp_path, size=8)
        assert len(images.images) == 10
        assert "10 images" in said
        for part in ("2 .heic (not an image)", "1 .txt", "1 without an ending"):
            assert part in said
        assert "1 .eps" in said

    def test_avif(self, tmp_path):
        if not features.check("avif"):
            pytest.skip("this Pillow has no AVIF")
        write_images(tmp_path, 2, suffix=".avif")
        assert len(load(tmp_path, size=8).images) == 2

    def test_dark_images_of_16_bits_are_told(self, tmp_path):
        """Those of 12 bits, which stay as they are, and those that are not."""
        deep = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
        for i in range(2):
            Image.fromarray(deep).save(tmp_path / f"{i}.png")
        images, said = load_saying(tmp_path, size=8, channels=1)
        assert images.images.max() == 15
        assert "2 images of 16 bits have values up to 4095 of 65535" in said
        assert "multiply them by 16 " in said
        Image.fromarray(deep * 16).save(tmp_path / "0.png")
        load(tmp_path, size=8)

    def test_labels_of_what_was_skipped_go_too(self, tmp_path):
        write_images(tmp_path / "a", 60)
        write_images(tmp_path / "b", 60)
        (tmp_path / "a" / "000.png").write_bytes(b"broken")
        images = load(tmp_path, size=4, with_labels=True, say=lambda line: None)
        assert len(images.images) == len(images.labels) == 119
        assert np.bincount(images.labels).tolist() == [59, 60]
        np.testing.assert_array_equal(images.images[0], images.images[60])

    def test_labels_that_are_missing(self, tmp_path):
        write_images(tmp_path, 3)
        message = "names of sub-folders, and there are none"
        check_refused(message, tmp_path, size=4, with_labels=True)
        write_images(tmp_path / "a", 3)
        message = "3 images lie in none; the first: 000.png"
        check_refused(message, tmp_path, size=4, with_labels=True)

    def test_a_size_is_needed(self, tmp_path):
        write_images(tmp_path)
        check_refused("--size", tmp_path)

    def test_too_few_images(self, tmp_path):
        check_refused(r"no images, .*\.png, \.jpg", tmp_path, size=4)
        (tmp_path / "notes.txt").write_text("not an image")
        message = r"no images, .*received 1 \.txt \(not an image\)"
        check_refused(message, tmp_path, size=4)
        (tmp_path / "notes.txt").unlink()
        write_images(tmp_path, 1)
        check_refused("at least 2 images; received 1", tmp_path, size=4)

    def test_a_size_beyond_the_memory(self, tmp_path):
        write_images(tmp_path, 2)
        check_refused("GiB of memory.*--size", tmp_path, size=10**8)


class TestBrokenFiles:
    @pytest.fixture
    def folder(self, tmp_path):
        """100 images, of which one may be broken."""
        return write_images(tmp_path, 100, suffix=".jpg", size=(40, 40))

    def load_without_one(self, folder, name="042.jpg"):
        lines = []
        images = load(folder, size=8, say=lines.append).images
        assert len(images) == 99
        (line,) = lines
        assert "\n" not in line
        assert line.startswith(f"{folder / name}: skipped: ")
        return images, line.partition("skipped: ")[2]

    def test_it_is_named_and_skipped(self, folder):
        whole = load(folder, size=8).images
        (folder / "042.jpg").write_bytes(b"this is not an image")
        images, reason = self.load_without_one(folder)
        assert reason == "not an image"
        np.testing.assert_array_equal(images, np.delete(whole, 42, axis=0))

    @pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.95])
    def test_cut_off(self, folder, share):
        path = folder / "042.jpg"
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        self.load_without_one(folder)

    def test_all_zeros(self, folder):
        (folder / "042.jpg").write_bytes(bytes(10_000))
        self.load_without_one(folder)

    def test_a_damaged_png(self, folder):
        (folder / "042.jpg").unlink()
        Image.fromarray(noise(40, 40, 3)).save(folder / "042.png")
        content = bytearray((folder / "042.png").read_bytes())
        content[1000:1100] = bytes(100)
        (folder / "042.png").write_bytes(content)
        self.load_without_one(folder, "042.png")

    def test_a_folder_with_the_name_of_an_image(self, folder):
        (folder / "042.jpg").unlink()
        (folder / "042.jpg").mkdir()
        assert len(load(folder, size=8).images) == 99  # not an image at all

    def test_a_link_to_nothing(self, folder):
        (folder / "042.jpg").unlink()
        (folder / "042.jpg").symlink_to(folder / "gone")
        _, reason = self.load_without_one(folder)
        assert reason == "No such file or directory"

    def test_numbers_that_are_no_pixels(self, folder):
        (folder / "042.jpg").unlink()
        path = folder / "042.tif"
        Image.fromarray(np.ones((9, 9), np.float32)).save(path)
        _, reason = self.load_without_one(folder, path.name)
        assert reason == "its pixels are floating-point numbers"
        Image.fromarray(np.full((9, 9), 2**20, np.int32)).save(path)
        _, reason = self.load_without_one(folder, path.name)
        assert reason == "its pixels have more than 16 bits"

    @pytest.mark.parametrize("pixels", [3000, 10_000])
    def test_too_large(self, folder, monkeypatch, pixels):
        """Below and above where Pillow's warning becomes an error."""
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
        Image.new("L", (100, pixels // 100)).save(folder / "042.jpg")
        _, reason = self.load_without_one(folder)
        assert reason.startswith(f"too large: Image size ({pixels} pixels)")

    def test_twenty_thousand_pixels_wide(self, tmp_path):
        """A panorama is read; a square of that size is named as too large."""
        for name, size in (
            ("0.png", (20_000, 30)),
            ("1.jpg", (20_000, 1000)),
            ("2.png", (30, 20_000)),
        ):
            Image.new("L", size, 77).save(tmp_path / name)
        assert np.all(load(tmp_path, size=16).images == 77)
        image = Image.new("1", (20_000, 20_000))
        image.save(tmp_path / "3.png")
        lines = []
        assert len(load(tmp_path, size=16, say=lines.append).images) == 3
        (line,) = lines
        assert "3.png: skipped: too large" in line

    def test_a_few_are_allowed_whatever_the_count(self, tmp_path):
        write_images(tmp_path, 10)
        names = ("003.png", "005.png", "008.png")
        for name in names:
            (tmp_path / name).write_bytes(b"")
        lines = []
        images = load(tmp_path, size=8, say=lines.append).images
        assert len(images) == 7
        assert lines == [
            f"{tmp_path / name}: skipped: not an image" for name in names
        ]

    def test_more_than_a_few_are_refused_and_named(self, folder):
        for i in (13, 42, 57, 90):
            (folder / f"{i:03d}.jpg").write_bytes(b"broken")
        message = (
            r"4 of 100 images cannot be read, more than 3 and more than 1%: "
            r"013\.jpg: not an image; 042\.jpg: .*; 057\.jpg: .*; 090\.jpg: "
        )
        check_refused(message, folder, size=8)

    def test_one_in_a_hundred_of_many_is_allowed(self, tmp_path):
        write_images(tmp_path, 500, size=(2, 2))
        for i in range(5):
            (tmp_path / f"{i:03d}.png").write_bytes(b"broken")
        images = load(tmp_path, size=2, say=lambda line: None).images
        assert len(images) == 495

    def test_all_of_them(self, tmp_path):
        for i in range(40):
            (tmp_path / f"{i}.png").write_bytes(b"broken")
        message = "40 of 40 images cannot be read.*; and 20 more"
        check_refused(message, tmp_path, size=8)

    def test_too_few_are_left(self, tmp_path):
        write_images(tmp_path, 3)
        for name in ("000.png", "001.png"):
            (tmp_path / name).write_bytes(b"broken")
        with pytest.raises(UserError, match="at least 2 images; received 1"):
            load(tmp_path, size=8, say=lambda line: None)


class TestOnePicture:
    def test_it_is_read_as_in_a_folder(self, tmp_path):
        for number in range(2):
            Image.fromarray(noise(9, 14, 3, seed=number)).save(
                tmp_path / f"{number}.png"
            )
        for channels in (1, 3):
            images = load(tmp_path, size=6, channels=channels).images
            for number, image in enumerate(images):
                picture = folders.read_picture(
                    tmp_path / f"{number}.png", 6, channels
                )
                np.testing.assert_array_equal(picture, image)

    @pytest.mark.parametrize("name", ["text.png", "none.png"])
    def test_what_cannot_be_read(self, tmp_path, name):
        (tmp_path / "text.png").write_text("no picture")
        with pytest.raises(UserError, match=rf"{name}: cannot be read: \w"):
            folders.read_picture(tmp_path / name, 6, 3)

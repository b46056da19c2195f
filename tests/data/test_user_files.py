"""Paths that are no files, names with control codes, and the memory."""

import contextlib
import os
import socket

import numpy as np
import pytest

from tests.data.user_data import (
    check_refused,
    load,
    load_saying,
    noise,
    save_npz,
    write_images,
)
from tf_gans import data
from tf_gans.data import archives, user_files
from tf_gans.errors import UserError


class TestMemory:
    """A megabyte of archive may be gigabytes of zeros."""

    def test_an_archive_that_unpacks_to_more_than_there_is(
        self, tmp_path, monkeypatch
    ):
        path = tmp_path / "x.npz"
        np.savez_compressed(path, x_train=np.zeros((100, 128, 128), np.uint8))
        assert path.stat().st_size < 10_000
        assert len(load(path).images) == 100
        monkeypatch.setattr(user_files, "available_memory", lambda: 2**20)
        check_refused(
            "unpacked x_train take 1.6 MiB of memory, and 1.0 MiB are", path
        )

    def test_what_it_is_resized_to_counts_too(self, tmp_path, monkeypatch):
        path = save_npz(tmp_path / "x.npz", x_train=noise(10, 8, 8))
        monkeypatch.setattr(user_files, "available_memory", lambda: 2**20)
        assert load(path, size=256, channels=1).images.shape[1] == 256
        message = "10 images of 512x512 take 2.5 MiB.*smaller --size"
        check_refused(message, path, size=512)
        write_images(tmp_path / "a", 10)
        message = "10 images of 512x512 pixels take 7.5 MiB.*smaller --size"
        check_refused(message, tmp_path / "a", size=512)
        check_refused("triangles: .*MiB", dataset="triangles")

    def test_a_large_one_is_told(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archives, "_LARGE", 2**20)
        path = save_npz(tmp_path / "x.npz", x_train=noise(100, 128, 128))
        _, said = load_saying(path)
        assert said == f"{path}: x_train unpacked: 1.6 MiB"

    def test_there_is_some(self):
        """And a number that the machine could have."""
        assert user_files.available_memory() > 2**20

    def test_a_container_has_its_own(self, tmp_path, monkeypatch):
        meminfo = tmp_path / "meminfo"
        monkeypatch.setattr(user_files, "_MEMINFO", meminfo)
        group = (tmp_path, "max", "current", "inactive_file")
        monkeypatch.setattr(user_files, "_CONTROL_GROUPS", (group,))
        assert user_files.available_memory() == float("inf")
        meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:  8000 kB\n")
        assert user_files.available_memory() == 8000 * 1024
        (tmp_path / "memory.stat").write_text("anon 7\ninactive_file 100\n")
        (tmp_path / "current").write_text("1100\n")
        (tmp_path / "max").write_text("5000\n")
        assert user_files.available_memory() == 5000 - (1100 - 100)
        (tmp_path / "max").write_text("500\n")
        assert user_files.available_memory() == 0
        (tmp_path / "max").write_text("max\n")
        assert user_files.available_memory() == 8000 * 1024


class TestOddPaths:
    """What is no file, has no end, or rings the bell."""

    @pytest.fixture
    def pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.png")
        return tmp_path / "pipe.png"

    def test_a_pipe(self, pipe):
        check_refused("must be a file or a folder; received a pipe", pipe)
        with pytest.raises(UserError, match="received a pipe"):
            data.peek_images(path=pipe)
        check_refused("received a pipe", "/dev/null")

    def test_a_pipe_in_a_folder(self, pipe):
        write_images(pipe.parent, 3)
        os.mkfifo(pipe.parent / "x")
        with socket.socket(socket.AF_UNIX) as listener:
            with contextlib.chdir(pipe.parent):  # a short name
                listener.bind("s")
            images, said = load_saying(pipe.parent, size=4)
        assert len(images.images) == 3
        assert "3 pipe, socket or device" in said

    @pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".npz", "a\0b"])
    def test_impossible_names(self, tmp_path, name):
        with pytest.raises(UserError, match="cannot be read: ") as caught:
            load(str(tmp_path / name))
        assert "\n" not in str(caught.value)
        assert "\0" not in str(caught.value)

    def test_a_circle_of_links(self, tmp_path):
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        check_refused("symbolic links", tmp_path / "a")

    def test_names_are_printed_on_one_line_without_codes(self, tmp_path):
        folder = tmp_path / "new\nline\x1b[31m"
        for name in ("red\x1b[31m", "two\nlines"):
            write_images(folder / name, 3)
        (folder / "red\x1b[31m" / "0\n.png").write_bytes(b"broken")
        (folder / "bell.\a").write_bytes(b"nothing")
        lines = []
        images = load(folder, size=4, with_labels=True, say=lines.append)
        assert len(lines) == 3
        assert all(line.isprintable() for line in lines)
        assert "new\\nline\\x1b[31m" in lines[0]
        # What is kept is the name itself, and what is printed is not.
        assert images.classes == ("red\x1b[31m", "two\nlines")
        assert images.name.isprintable()
        with pytest.raises(UserError) as caught:
            load(folder)
        assert str(caught.value).isprintable()

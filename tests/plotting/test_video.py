"""Films are written by a real ffmpeg and read back by a real ffmpeg."""

import os
import pathlib
import re
import signal
import stat
import subprocess
import time

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from tf_gans.errors import RunError, UserError
from tf_gans.plotting import video
from tf_gans.plotting.video import VideoWriter, check_video_path, find_ffmpeg

SUFFIXES = (".mp4", ".gif", ".webm")


def make_frame(i, width=64, height=48, channels=3):
    """A white picture with a blue square that moves."""
    frame = np.full((height, width, channels), 255, np.uint8)
    left = 4 + i % (width - 24)
    frame[16:32, left : left + 16, :3] = (20, 60, 200)
    return frame


def write_film(path, frames=12, fps=30, **kwargs):
    height, width = make_frame(0, **kwargs).shape[:2]
    with VideoWriter(path, width, height, fps) as film:
        for i in range(frames):
            film.write(make_frame(i, **kwargs))


def describe(path):
    """What ffmpeg says of a file."""
    return subprocess.run(
        [find_ffmpeg(), "-hide_banner", "-i", str(path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    ).stderr


def read_frames(path, tmp_path):
    """Decodes a film into uint8 arrays."""
    out = tmp_path / "decoded"
    out.mkdir()
    subprocess.run(
        [find_ffmpeg(), "-loglevel", "error", "-i", str(path)]
        + ["-fps_mode", "passthrough", str(out / "%05d.png")],
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return [
        np.asarray(Image.open(file).convert("RGB"))
        for file in sorted(out.iterdir())
    ]


def one_line(error, path):
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


@pytest.fixture
def fake_ffmpeg(tmp_path, monkeypatch):
    """Puts a program on the PATH that claims all encoders and does `body`."""

    def install(body):
        program = tmp_path / "bin" / "ffmpeg"
        program.parent.mkdir()
        program.write_text(
            "#!/bin/sh\n"
            'case "$*" in *-encoders*)\n'
            'echo " V..... libx264 x"; echo " V..... gif x"; exit 0;;\n'
            f"esac\n{body}\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        monkeypatch.setenv("PATH", path)

    return install


@pytest.fixture
def no_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "missing"))


class TestFormats:
    @pytest.mark.parametrize("channels", [3, 4])
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_frames_come_back(self, tmp_path, suffix, channels):
        path = tmp_path / f"film{suffix}"
        write_film(path, channels=channels)
        frames = read_frames(path, tmp_path)
        assert len(frames) == 12
        for i, frame in enumerate(frames):
            expected = make_frame(i).astype(int)
            assert frame.shape == expected.shape
            error = np.abs(frame - expected)
            # 4:2:0 smears colours over two pixels at the square's edges.
            limit = 2 if suffix == ".gif" else 5
            assert error.mean() < limit
            inside = error[20:28, 8 + i : 16 + i]
            assert inside.max() < 16
            assert error[:8].max() <= 8

    def test_mp4_plays_everywhere(self, tmp_path):
        path = tmp_path / "film.mp4"
        write_film(path)
        stream = describe(path)
        assert "Video: h264" in stream
        assert re.search(r"yuv420p\(tv, bt709", stream)
        assert "64x48" in stream
        assert "30 fps" in stream
        # "faststart": the index stands before the pictures.
        content = path.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat")

    def test_webm_is_vp9(self, tmp_path):
        path = tmp_path / "film.webm"
        write_film(path)
        assert "Video: vp9" in describe(path)

    def test_gif_plays_at_its_rate_for_ever(self, tmp_path):
        path = tmp_path / "film.gif"
        write_film(path, frames=30, fps=30)
        with Image.open(path) as image:
            assert image.n_frames == 30
            assert image.info["loop"] == 0
            total = 0
            for i in range(image.n_frames):
                image.seek(i)
                total += image.info["duration"]
        assert total == pytest.approx(1000, abs=20)

    def test_gif_keeps_pure_colours(self, tmp_path):
        path = tmp_path / "film.gif"
        write_film(path)
        for i, frame in enumerate(read_frames(path, tmp_path)):
            np.testing.assert_array_equal(frame[0, 0], 255)
            np.testing.assert_allclose(frame[24, 12 + i], (20, 60, 200), atol=4)

    @pytest.mark.parametrize("suffix", [".mp4", ".webm"])
    def test_odd_sizes_grow_by_a_white_line(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        write_film(path, width=63, height=47)
        frame = read_frames(path, tmp_path)[0]
        assert frame.shape == (48, 64, 3)
        assert frame[-1].min() > 250
        assert frame[:, -1].min() > 250

    def test_frame_rate(self, tmp_path):
        path = tmp_path / "film.mp4"
        write_film(path, fps=12)
        assert "12 fps" in describe(path)

    def test_suffix_in_capitals(self, tmp_path):
        path = tmp_path / "film.MP4"
        write_film(path)
        assert "Video: h264" in describe(path)

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_awkward_names(self, tmp_path, suffix):
        path = tmp_path / "a 100%d:é" / f"12:30 %03d'q'{suffix}"
        write_film(path)
        assert [p.name for p in path.parent.iterdir()] == [path.name]
        assert path.stat().st_size > 100

    def test_relative_path(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write_film("film.mp4")
        assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_one_frame(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        write_film(path, frames=1)
        assert len(read_frames(path, tmp_path)) == 1

    def test_permissions_are_those_of_an_ordinary_file(self, tmp_path):
        ordinary = tmp_path / "ordinary"
        ordinary.touch()
        write_film(tmp_path / "film.mp4")
        write_film(tmp_path / "film.gif")
        for name in ("film.mp4", "film.gif"):
            mode = (tmp_path / name).stat().st_mode
            assert mode == ordinary.stat().st_mode


class TestWholeOrNotAtAll:
    def test_nothing_under_the_name_before_the_end(self, tmp_path):
        path = tmp_path / "film.mp4"
        with VideoWriter(path, 64, 48) as film:
            film.write(make_frame(0))
            assert not path.exists()
        assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_former_film_is_replaced(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        path.write_text("former")
        write_film(path)
        assert len(read_frames(path, tmp_path)) == 12

    @pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_exception_in_the_block(self, tmp_path, suffix, error):
        path = tmp_path / f"film{suffix}"
        path.write_text("former")
        with pytest.raises(error), VideoWriter(path, 64, 48) as film:
            film.write(make_frame(0))
            raise error
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        assert path.read_text() == "former"
        assert film._process.returncode is not None

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_killed_half_way(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        path.write_text("former")
        with (
            pytest.raises(RunError) as error,
            VideoWriter(path, 64, 48) as film,
        ):
            for i in range(10_000):
                film.write(make_frame(i))
                if i == 5:
                    os.kill(film._process.pid, signal.SIGKILL)
        assert one_line(error, path).endswith("was killed by signal 9")
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        assert path.read_text() == "former"

    def test_killed_after_the_last_frame(self, tmp_path):
        path = tmp_path / "film.mp4"
        with (
            pytest.raises(RunError) as error,
            VideoWriter(path, 64, 48) as film,
        ):
            film.write(make_frame(0))
            time.sleep(0.2)
            os.kill(film._process.pid, signal.SIGKILL)
        one_line(error, path)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_no_frames(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        with pytest.raises(RunError) as error, VideoWriter(path, 64, 48):
            pass
        assert "no frames" in one_line(error, path)
        assert not list(tmp_path.iterdir())

    def test_ffmpeg_says_why(self, tmp_path, fake_ffmpeg):
        fake_ffmpeg("echo first >&2; echo 'disk on fire' >&2; exit 3")
        path = tmp_path / "films" / "film.mp4"
        with (
            pytest.raises(RunError) as error,
            VideoWriter(path, 640, 480) as film,
        ):
            for i in range(100):
                film.write(make_frame(i, 640, 480))
        assert one_line(error, path).endswith("ffmpeg failed: disk on fire")
        assert not list(path.parent.iterdir())

    def test_ffmpeg_fails_in_silence(self, tmp_path, fake_ffmpeg):
        fake_ffmpeg("cat > /dev/null; exit 3")
        path = tmp_path / "films" / "film.mp4"
        with pytest.raises(RunError, match="exit status 3") as error:
            write_film(path)
        one_line(error, path)
        assert not list(path.parent.iterdir())

    def test_second_pass_of_a_gif_fails(self, tmp_path, fake_ffmpeg):
        real = imageio_ffmpeg.get_ffmpeg_exe()
        fake_ffmpeg(
            'case "$*" in *paletteuse*) echo "no paint" >&2; exit 1;; esac\n'
            f'exec "{real}" "$@"'
        )
        path = tmp_path / "films" / "film.gif"
        with pytest.raises(RunError) as error:
            write_film(path)
        assert one_line(error, path).endswith("ffmpeg failed: no paint")
        assert not list(path.parent.iterdir())

    def test_many_complaints_do_not_block(self, tmp_path, fake_ffmpeg):
        # More than a pipe holds, before anything is read.
        fake_ffmpeg(
            "yes complaint | head -c 2000000 >&2; cat >/dev/null; exit 1"
        )
        path = tmp_path / "film.mp4"
        with pytest.raises(RunError, match="complaint"):
            write_film(path, frames=50)


class TestFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            np.zeros((48, 64), np.uint8),
            np.zeros((64, 48, 3), np.uint8),
            np.zeros((48, 64, 3), np.float32),
            np.zeros((48, 64, 2), np.uint8),
            np.uint8(0),
        ],
    )
    def test_wrong_frame(self, tmp_path, frame):
        path = tmp_path / "film.mp4"
        with (
            pytest.raises(ValueError, match="Received"),
            VideoWriter(path, 64, 48) as film,
        ):
            film.write(frame)
        assert not list(tmp_path.iterdir())

    def test_frames_must_be_alike(self, tmp_path):
        with (
            pytest.raises(ValueError, match="shape"),
            VideoWriter(tmp_path / "film.mp4", 64, 48) as film,
        ):
            film.write(make_frame(0, channels=3))
            film.write(make_frame(0, channels=4))

    def test_views_in_any_order_of_memory(self, tmp_path):
        path = tmp_path / "film.gif"
        with VideoWriter(path, 64, 48) as film:
            film.write(make_frame(3, channels=4)[..., :3])
            film.write(np.asfortranarray(make_frame(3)))
        first, second = read_frames(path, tmp_path)
        np.testing.assert_array_equal(first, second)

    @pytest.mark.parametrize("size", [(0, 48), (64, -1), (64.5, 48)])
    def test_wrong_size(self, tmp_path, size):
        with pytest.raises(ValueError, match="positive integer"):
            VideoWriter(tmp_path / "film.mp4", *size)

    def test_wrong_rate(self, tmp_path):
        with pytest.raises(ValueError, match="fps"):
            VideoWriter(tmp_path / "film.mp4", 64, 48, fps=0)


class TestCheckVideoPath:
    def test_returns_the_path_and_makes_nothing(self, tmp_path):
        path = str(tmp_path / "new" / "film.mp4")
        assert check_video_path(path) == pathlib.Path(path)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["film.avi", "film", "film.mp4.txt"])
    def test_unknown_suffix(self, tmp_path, name):
        for check in (check_video_path, lambda path: VideoWriter(path, 64, 48)):
            with pytest.raises(UserError) as error:
                check(tmp_path / "new" / name)
            message = one_line(error, tmp_path / "new" / name)
            assert ".mp4, .gif or .webm" in message
        assert not list(tmp_path.iterdir())

    def test_below_a_file(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(UserError) as error:
            check_video_path(tmp_path / "file" / "films" / "film.mp4")
        one_line(error, tmp_path)

    def test_is_a_directory(self, tmp_path):
        (tmp_path / "film.mp4").mkdir()
        with pytest.raises(UserError) as error:
            check_video_path(tmp_path / "film.mp4")
        assert "directory" in one_line(error, tmp_path)

    def test_directory_goes_away(self, tmp_path):
        path = tmp_path / "films" / "film.mp4"
        with (
            pytest.raises(UserError) as error,
            VideoWriter(path, 64, 48) as film,
        ):
            path.parent.touch()
            film.write(make_frame(0))
        one_line(error, path)

    @pytest.mark.usefixtures("no_ffmpeg")
    def test_no_ffmpeg(self, tmp_path):
        for check in (check_video_path, lambda path: VideoWriter(path, 64, 48)):
            with pytest.raises(UserError, match="needs ffmpeg") as error:
                check(tmp_path / "film.mp4")
            assert "libx264" in one_line(error, tmp_path / "film.mp4")
        assert not list(tmp_path.iterdir())


class TestFindFfmpeg:
    def test_bundled(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        assert find_ffmpeg() == imageio_ffmpeg.get_ffmpeg_exe()

    def test_path_comes_first(self, tmp_path, fake_ffmpeg):
        fake_ffmpeg("exit 0")
        assert find_ffmpeg() == str(tmp_path / "bin" / "ffmpeg")

    def test_one_without_the_encoder_is_passed_over(
        self, tmp_path, fake_ffmpeg
    ):
        fake_ffmpeg("exit 0")
        assert find_ffmpeg("libvpx-vp9") == imageio_ffmpeg.get_ffmpeg_exe()

    def test_package_without_its_program(self, tmp_path, monkeypatch):
        def missing():
            raise RuntimeError("No ffmpeg exe could be found.")

        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(video.imageio_ffmpeg, "get_ffmpeg_exe", missing)
        with pytest.raises(UserError, match="needs ffmpeg") as error:
            find_ffmpeg()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_last_frame_is_held(tmp_path, suffix):
    """In the time of the film, by frames that are the last one."""
    path = tmp_path / f"film{suffix}"
    with video.VideoWriter(path, 64, 48, fps=20, hold=1.5) as film:
        for i in range(10):
            film.write(make_frame(i))
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == 40
    assert seconds == pytest.approx(2, abs=0.06)


def test_the_last_frame_of_a_gif_is_long(tmp_path):
    path = tmp_path / "film.gif"
    with video.VideoWriter(path, 64, 48, fps=20, hold=1.5) as film:
        for i in range(10):
            film.write(make_frame(i))
    with Image.open(path) as made:
        lengths = []
        for i in range(made.n_frames):
            made.seek(i)
            lengths.append(made.info["duration"])
    assert lengths == [50] * 9 + [1500]

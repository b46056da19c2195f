"""Films, written frame by frame through ffmpeg.

No frame is kept in memory, however long the film.
"""

import contextlib
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any

import imageio_ffmpeg
import numpy as np

from tf_gans import files, provenance
from tf_gans.errors import RunError, UserError, check_positive_int

_ENCODERS = {".mp4": "libx264", ".gif": "gif", ".webm": "libvpx-vp9"}

# Every player shows 4:2:0, which halves the colours' resolution, so an odd
# size grows by a line. Without the tags, players guess how to turn the colours
# back, some of them from the picture's size.
_TO_YUV = (
    "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white,"
    "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
    "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)

# On a chart, "ultrafast" takes half the processor time of "veryfast", on a
# core that would else be idle, and makes a file three times as large.
_MP4 = [
    *["-vf", _TO_YUV],
    *["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"],
    *["-movflags", "+faststart", "-f", "mp4"],
]
_WEBM = [
    *["-vf", _TO_YUV],
    *["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
    *["-row-mt", "1", "-crf", "30", "-b:v", "0", "-f", "webm"],
]

# The palette of a GIF depends on all frames, which are therefore stored, in a
# lossless codec that every ffmpeg has, and read twice. A single pass would
# hold the film in memory: 1.4 MB for a frame of 720 by 480.
_STORE = ["-c:v", "qtrle", "-f", "mov"]
_PALETTE = [
    *["-vf", "palettegen"],
    *["-c:v", "png", "-f", "image2pipe", "pipe:1"],
]
_GIF = [
    # A chart and grey images have few enough colours. A dither would make the
    # white of the paper uneven and, if it diffuses errors, shimmer.
    *["-lavfi", "paletteuse=dither=none:diff_mode=rectangle"],
    *["-f", "gif"],
]

_QUIET = ["-hide_banner", "-loglevel", "error", "-y"]


def find_ffmpeg(encoder="libx264"):
    """Finds an ffmpeg program: the one on the PATH, or imageio-ffmpeg's.

    Args:
        encoder: str. An encoder that the program must have; some Linux
            distributions build theirs without H.264. Defaults to `"libx264"`.

    Returns:
        The program's path, a str.

    Raises:
        UserError: there is none.
    """
    candidates = [shutil.which("ffmpeg")]
    # The package may be installed without its program.
    with contextlib.suppress(RuntimeError):
        candidates.append(imageio_ffmpeg.get_ffmpeg_exe())
    for program in candidates:
        if program and encoder in _list_encoders(program):
            return program
    raise UserError(
        f"a film needs ffmpeg with the encoder {encoder}, and none was found: "
        "install ffmpeg, or the Python package imageio-ffmpeg"
    )


@functools.cache
def _list_encoders(program):
    try:
        listing = subprocess.run(
            [program, "-hide_banner", "-encoders"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return frozenset()
    # " V....D libx264   H.264 / AVC"
    rows = (line.split() for line in listing.splitlines())
    return frozenset(row[1] for row in rows if len(row) > 1)


def check_video_path(path):
    """Checks that a film can be written, before hours are spent on its frames.

    Looks, and makes nothing.

    Args:
        path: str or path-like. Its suffix, .mp4, .gif or .webm, is the format.

    Returns:
        The path, a `pathlib.Path`.

    Raises:
        UserError: the suffix is another one, no file can be written there, or
            there is no ffmpeg.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in _ENCODERS:
        raise UserError(
            f"{path}: a film's name must end in .mp4, .gif or .webm; "
            f"received {suffix or 'no suffix'}"
        )
    try:
        find_ffmpeg(_ENCODERS[suffix])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    files.check_writable(path)
    return path


class VideoWriter:
    """Writes a film; a context manager.

    The film is under its name when the `with` block ends, whole, and never
    before. When the block raises, or ffmpeg fails, no file is left, and a
    former film of that name is untouched.

    Args:
        path: str or path-like. Its suffix is the format: .mp4 (H.264), .gif or
            .webm (VP9).
        width: int, in pixels.
        height: int, in pixels. Where a format needs even sizes, an odd one
            grows by a white line.
        fps: int. Frames per second. Defaults to `30`. (A GIF counts in
            hundredths of a second, so some of its frames last 0.03 s and some
            0.04 s.)
        hold: float. Seconds that the last frame stays, so that the end is
            seen before a player begins again. Defaults to `0`.
        about: dict of what is known of the film, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> with VideoWriter("noise.mp4", width=64, height=48) as film:
    ...     for _ in range(90):
    ...         film.write(np.random.randint(256, size=(48, 64, 3), dtype="u1"))
    """

    def __init__(self, path, width, height, fps=30, hold=0.0, about=None):
        self.path = check_video_path(path)
        self.hold = hold
        self.about = about
        self.width = check_positive_int("width", width)
        self.height = check_positive_int("height", height)
        self.fps = check_positive_int("fps", fps)
        suffix = self.path.suffix.lower()
        self._ffmpeg = find_ffmpeg(_ENCODERS[suffix])
        self._is_gif = suffix == ".gif"
        self._encode = {
            ".mp4": _MP4,
            ".webm": _WEBM,
            ".gif": _STORE,
        }[suffix]
        # Where the frames go: of a GIF, to be read again.
        self._stream = files.temporary_path(self.path)
        if self._is_gif:
            self._stream = self._stream.with_suffix(".mov")
        self._shape = None
        self._last = b""  # the frame that is held
        # An `ffmpeg` from the first frame on, which tells the channels.
        self._process: Any = None

    def __enter__(self):
        self._errors = tempfile.TemporaryFile()
        return self

    def __exit__(self, exception, *_):
        try:
            if exception is None:
                self._finish()
        finally:
            self._clean_up()

    def write(self, frame):
        """Appends a frame.

        Args:
            frame: uint8 array of shape `(height, width, 3)`, red, green and
                blue; or, in all frames of the film, `(height, width, 4)`, of
                which the last channel is ignored.

        Raises:
            RunError: ffmpeg failed.
        """
        frame = np.asarray(frame)
        if self._process is None:
            self._start(frame.shape[-1] if frame.ndim else 0)
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(
                f"`frame` must be uint8 of shape {self._shape}. "
                f"Received: {frame.dtype} of shape {frame.shape}"
            )
        data = np.ascontiguousarray(frame).data
        if self.hold and not self._is_gif:
            self._last = bytes(data)
        self._send(data)

    def _send(self, data):
        try:
            self._process.stdin.write(data)
        except OSError:  # a broken pipe: ffmpeg has ended, and says why
            raise self._failure(self._end_stream()) from None

    def _start(self, channels):
        if channels not in (3, 4):
            raise ValueError(
                "`frame` must have 3 or 4 channels. "
                f"Received: {channels} channels"
            )
        self._shape = (self.height, self.width, channels)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written: {error.strerror}"
            ) from None
        self._process = subprocess.Popen(
            [
                *[self._ffmpeg, *_QUIET],
                *["-f", "rawvideo", "-framerate", str(self.fps)],
                *["-pix_fmt", "rgb24" if channels == 3 else "rgb0"],
                *["-video_size", f"{self.width}x{self.height}", "-i", "pipe:0"],
                *["-metadata", f"comment={provenance.comment(self.about)}"],
                *[*self._encode, _url(self._stream)],
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # A file, because a pipe that nobody reads would fill and block.
            stderr=self._errors,
            # Ctrl+C in a terminal reaches a whole group of processes, and
            # ffmpeg would end the film there. When to end is for us to say.
            start_new_session=True,
        )

    def _finish(self):
        if self._process is None:
            raise RunError(f"{self.path}: the film has no frames")
        for _ in range(round(self.hold * self.fps) if self._last else 0):
            self._send(self._last)
        status = self._end_stream()
        if status != 0:
            raise self._failure(status)
        with files.replacing(self.path) as temporary:
            if self._is_gif:
                self._convert_to_gif(temporary)
            else:
                os.replace(self._stream, temporary)

    def _convert_to_gif(self, path):
        stored = ["-i", _url(self._stream)]
        palette = self._run([*stored, *_PALETTE])
        picture = ["-f", "png_pipe", "-i", "pipe:0"]
        gif = [*_GIF]
        if self.hold:  # a GIF's frames have lengths of their own
            gif += ["-final_delay", str(round(100 * self.hold))]
        self._run([*stored, *picture, *gif, _url(path)], palette)
        provenance.stamp_gif(path, self.about)

    def _run(self, arguments, data=b""):
        """Runs ffmpeg on `data` and returns what it prints."""
        done = subprocess.run(
            [self._ffmpeg, *_QUIET, *arguments],
            input=data,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise self._failure(done.returncode)
        return done.stdout

    def _end_stream(self):
        """Ends the stream of frames and returns ffmpeg's exit status."""
        # It may have ended already; the status tells.
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        return self._process.wait()

    def _failure(self, status):
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").splitlines()
        lines = [line.strip() for line in lines if line.strip()]
        if lines:
            reason = f"failed: {lines[-1]}"
        elif status < 0:
            reason = f"was killed by signal {-status}"
        else:
            reason = f"ended early with exit status {status}"
        return RunError(f"{self.path}: ffmpeg {reason}")

    def _clean_up(self):
        if self._process is not None:
            self._process.kill()
            self._end_stream()
        self._errors.close()
        # An error of its own would hide the one that is under way.
        with contextlib.suppress(OSError):
            self._stream.unlink()


def _url(path):
    # A bare name with a colon would be taken for that of a protocol.
    return f"file:{path}"

"""A user's files and folders: whether they can be opened, how they are named.

What comes from outside may be a pipe that never ends, a name that rings the
terminal's bell, or an archive that unpacks to more than the memory holds.
"""

import contextlib
import math
import os
import pathlib
import stat
import textwrap

from PIL import Image, UnidentifiedImageError

from tf_gans.errors import UserError, shown

_MEMINFO = pathlib.Path("/proc/meminfo")
_CGROUP = pathlib.Path("/sys/fs/cgroup")
# Linux' control groups as a container sees its own, of version 2 and of 1: the
# folder, the files of the limit and of what is used, and the statistic of
# cached files, which are given up where memory is needed.
_CONTROL_GROUPS = (
    (_CGROUP, "memory.max", "memory.current", "inactive_file"),
    (
        _CGROUP / "memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def one_line(error):
    """An error's message, on one line that is not too long."""
    text = shown(" ".join(str(error).split()).rstrip("."))
    return textwrap.shorten(text, 300) or type(error).__name__


def reason(error):
    """Why a file could not be read, in a few words."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(
        error, (Image.DecompressionBombError, Image.DecompressionBombWarning)
    ):
        return "too large: " + one_line(error).partition(",")[0]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return one_line(error)


def kind(path):
    """What a path leads to: `"folder"`, `"file"`, or a `UserError`.

    Nothing else is ever opened: reading a pipe, a socket or a terminal waits
    until somebody writes to it.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: does not exist") from None
    except (OSError, ValueError) as error:  # a name of 300 letters, a loop
        raise UserError(
            f"{shown(path)}: cannot be read: {reason(error)}"
        ) from None
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    raise UserError(
        f"{shown(path)}: must be a file or a folder; received a pipe, a socket "
        "or a device"
    )


# Memory ----------------------------------------------------------------------


def check_memory(name, what, num_bytes, advice):
    """Raises a `UserError` for an array that the memory cannot hold.

    Args:
        name: the path or the data set that the error names.
        what: str. What takes the memory, in the plural.
        num_bytes: int.
        advice: str. What the user can do.
    """
    available = available_memory()
    if num_bytes > available:
        raise UserError(
            f"{shown(name)}: {what} take {size_text(num_bytes)} of memory, and "
            f"{size_text(available)} are available; {advice}"
        )


def available_memory():
    """How many bytes are free: the machine's, or those of its container."""
    free = [math.inf]
    with contextlib.suppress(OSError, ValueError, IndexError):
        # What can be had without swapping: the cache of files is no obstacle.
        text = _MEMINFO.read_text()
        free.append(1024 * int(text.split("MemAvailable:")[1].split()[0]))
    for folder, limit, usage, cache in _CONTROL_GROUPS:
        # There may be no such group, or a limit of "max".
        with contextlib.suppress(OSError, ValueError, KeyError):
            rows = (folder / "memory.stat").read_text().splitlines()
            cached = int(dict(row.split() for row in rows)[cache])
            used = int((folder / usage).read_text()) - cached
            free.append(int((folder / limit).read_text()) - used)
    return max(0, min(free))


def size_text(num_bytes):
    """A number of bytes as a person reads it."""
    if num_bytes < 2**29:
        return f"{num_bytes / 2**20:,.1f} MiB"
    return f"{num_bytes / 2**30:,.1f} GiB"

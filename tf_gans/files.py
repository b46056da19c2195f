"""Files that appear whole or not at all."""

import contextlib
import errno
import hashlib
import os
import pathlib
import re
import secrets
import shutil

from tf_gans.errors import UserError

# Of this process. A container gives each start the same process id.
_TOKEN = secrets.token_hex(4)
_TEMPORARY = re.compile(r"\.tf_gans-(\d+)-([0-9a-f]{8}).*")


@contextlib.contextmanager
def replacing(path):
    """Writes a file whole or not at all.

    Yields a temporary path next to `path`, with the same suffix; when the block
    ends, what was written there takes the place of `path` in one step. When it
    fails, nothing remains.

    Args:
        path: the file to write. Its directory is made where it is missing.

    Raises:
        UserError: the file cannot be written, with the reason.
    """
    path = pathlib.Path(path)
    temporary = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except OSError as error:
        # HDF5 puts a page of text in place of the system's few words.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"{path}: cannot be written: {reason}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def temporary_path(path):
    """A hidden path next to `path`, for what takes its place when it is whole.

    The name says whose it is, so that `sweep` knows what a killed process left.
    """
    path = pathlib.Path(path)
    mine = f".tf_gans-{os.getpid()}-{_TOKEN}"
    return path.with_name(f"{mine}-{secrets.token_hex(4)}{path.suffix}")


def is_temporary(path):
    """Whether a path is one that `temporary_path` makes."""
    return bool(_TEMPORARY.fullmatch(path.name))


def sweep(directory):
    """Removes what killed processes left half-written in a directory.

    That is what `temporary_path` names, files and directories. Nothing else is
    removed, whatever its name, and nothing of a living process.

    Args:
        directory: path. It need not exist; its sub-directories are not looked
            at.
    """
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            found = _TEMPORARY.fullmatch(entry.name)
            if not found or entry.is_symlink() or _is_alive(*found.groups()):
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.is_file():
                with contextlib.suppress(OSError):
                    os.unlink(entry)


def _is_alive(pid, token):
    if int(pid) == os.getpid():
        return token == _TOKEN
    try:
        os.kill(int(pid), 0)
    except OverflowError:  # no process has such a number
        return False
    except OSError as error:
        return error.errno != errno.ESRCH
    return True


def write_text(path, text):
    """Writes a text file whole or not at all; see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sync(path):
    """Asks the system to put a file or a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_writable(path):
    """Raises a `UserError` unless a file can be made at `path`.

    Looks, and makes nothing: a long run should not find out at its end, and a
    refused one should leave nothing behind.
    """
    path = pathlib.Path(path).absolute()
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UserError(
                f"{path}: cannot be written: {error.strerror}"
            ) from None
    if path.is_dir():
        raise UserError(f"{path}: cannot be written: is a directory")
    ancestor = path.parent
    while not ancestor.exists():
        ancestor = ancestor.parent
    if not ancestor.is_dir():
        raise UserError(
            f"{path}: cannot be written: {ancestor} is not a directory"
        )
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise UserError(f"{path}: cannot be written: {ancestor} is read-only")


def sha256(path):
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

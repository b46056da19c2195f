"""Files of JSON objects, one a line: what a run writes while it goes on."""

import json

from tf_gans import files
from tf_gans.errors import UserError


def append(path, rows):
    """Appends objects to a file, one a line.

    Raises:
        UserError: it cannot be written.
    """
    text = "".join(json.dumps(row) + "\n" for row in rows)
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written: {error.strerror}"
        ) from error


def read(path):
    """The objects of a file, up to one that is damaged.

    Returns:
        A list of dicts, empty where there is no file.
    """
    rows, _ = _whole(path)
    return [row for row, _ in rows]


def truncate(path, last_step, say=lambda message: None):
    """Forgets the objects of later steps, and a torn last line.

    Args:
        path: of the file. Its objects have a `"step"`.
        last_step: int. The last step that is kept.
        say: called with a line, where one that is damaged stands among the
            others: it and what follows are forgotten, too.
    """
    if not path.exists():
        return
    rows, damaged = _whole(path)
    if damaged:
        say(
            f"{path}, line {damaged}: damaged; it and the lines after it are "
            "left out"
        )
    kept = [line for row, line in rows if row["step"] <= last_step]
    files.write_text(path, "".join(kept))


def _whole(path):
    """The objects before the first damaged line, each with its line.

    Returns:
        A list of pairs, and the damaged line's number, from 1, where it is
        not the last one, else None.
    """
    if not path.exists():
        return [], None
    rows, lines = [], path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            row["step"] + 0
            rows.append((row, line.decode().rstrip("\n") + "\n"))
        except (ValueError, KeyError, TypeError, RecursionError):
            return rows, number if number < len(lines) else None
    return rows, None

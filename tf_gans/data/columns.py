"""One column of numbers from a text file or an .npy file.

Programs write a table of numbers in many ways. What can be read in one way
only is read; what cannot is refused with the line and both readings.
"""

import collections
import contextlib
import csv
import math
import re
import tokenize
import zipfile

import numpy as np

from tf_gans.data.user_files import (
    check_memory,
    kind,
    one_line,
    reason,
)
from tf_gans.errors import UserError, shown

_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
_NPY_ERRORS = (
    *(ValueError, EOFError, MemoryError, tokenize.TokenError),
    *(zipfile.BadZipFile, NotImplementedError),
)
# What stands where a number is missing.
_MISSING = re.compile(
    r"#?n/?\.?a\.?n?(?:/a)?|null|nil|none|missing|[-?.*]+", re.IGNORECASE
)
# A number with signs before it or a unit behind it.
_DAMAGED = re.compile(
    r"(?P<sign>[^\w]*)(?P<number>\d[\d.,]*)\s*(?P<rest>.*)", re.DOTALL
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
_LONGEST_UNIT = 4  # letters


def read_column(path, column=None, say=print):
    """Reads one column of numbers from a .csv, .txt or .npy file.

    Args:
        path: `pathlib.Path`.
        column: str or int. The column's name in the first line, or its number,
            counted from 1. A file of one column does without. Defaults to
            `None`.
        say: function that is called with a line for what the file did not say
            itself. Defaults to `print`.

    Returns:
        A one-dimensional array of finite numbers.

    Raises:
        UserError: it is not plain which numbers are meant. The message names
            the line.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".txt", ".npy"):
        raise UserError(
            f"{shown(path)}: the file must end in .csv, .txt or .npy; "
            f"received {shown(suffix) or 'no suffix'}"
        )
    try:
        if kind(path) == "folder":
            raise UserError(f"{shown(path)}: must be a file; received a folder")
        # As text, a number takes several times the memory of its bytes.
        size = path.stat().st_size * (1 if suffix == ".npy" else 10)
        check_memory(path, "its numbers", size, "name a smaller file")
        if suffix == ".npy":
            return _read_npy(path, column)
        text = _decode(path, path.read_bytes())
    except OSError as error:
        raise UserError(
            f"{shown(path)}: cannot be read: {reason(error)}"
        ) from None
    if column is None:
        with contextlib.suppress(ValueError):  # the common case, at once
            return _read_plain(text)
    return _Table(path, text, say).read(column)


def _read_plain(text):
    """The numbers of a text that has one in each line, or a `ValueError`."""
    lines = map(str.strip, text.splitlines())
    values = np.array([float(line) for line in lines if line], np.float64)
    if not np.isfinite(values).all():
        raise ValueError("not finite")
    return values


def _read_npy(path, column):
    try:
        with open(path, "rb") as file:  # numpy leaves a bad archive's open
            values = np.load(file, allow_pickle=False)
    except _NPY_ERRORS as error:
        raise UserError(
            f"{shown(path)}: is not an array of numbers: {one_line(error)}"
        ) from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
        what = getattr(values, "dtype", type(values).__name__)
        raise UserError(
            f"{shown(path)}: must hold integers or floats; received {what}"
        )
    shape = values.shape
    if column is not None and values.ndim == 2:
        if not str(column).isdecimal() or not 1 <= int(column) <= shape[1]:
            raise UserError(
                f"{shown(path)}: the column must be a number from 1 to "
                f"{shape[1]}; received {shown(column)}"
            )
        values = values[:, int(column) - 1]
    if values.squeeze().ndim > 1:
        raise UserError(
            f"{shown(path)}: must hold one column; received shape {shape}: "
            "name one with --column"
        )
    values = values.ravel()
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise UserError(
            f"{shown(path)}: values must be finite numbers; received "
            f"{values[wrong[0]]} as number {wrong[0] + 1} of {values.size}"
        )
    return values


def _decode(path, content):
    """The text of a file in UTF-8, or in what its byte-order mark names."""
    found = (
        name
        for mark, name in _BYTE_ORDER_MARKS.items()
        if content.startswith(mark)
    )
    encoding = next(found, "utf-8")
    if encoding == "utf-8" and b"\0" in content[:1000]:
        raise UserError(
            f"{shown(path)}: looks like text in UTF-16 without a byte-order "
            "mark, or is not text; save it as UTF-8"
        )
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UserError(
            f"{shown(path)}: the file is not text in "
            f"{encoding.removesuffix('-sig').upper()}; "
            "save it as UTF-8"
        ) from None


class _Table:
    """The rows and columns of a text file.

    Attributes:
        rows: list of pairs: a line's number, counted from 1, and its cells.
        header: list of the columns' names, or None.
        width: int. How many columns most lines have.
    """

    def __init__(self, path, text, say):
        self._path = path
        self._say = say
        lines = text.splitlines()
        self._separator = _find_separator(lines)
        self.rows = self._split(lines)
        body = self.rows[1:] or self.rows
        counts = collections.Counter(len(cells) for _, cells in body)
        self.width = counts.most_common(1)[0][0] if counts else 1
        self.header = self._take_header(lines)

    def _split(self, lines):
        """Cells of the lines that are not empty; empty last cells are none."""
        if self._separator is None:
            split = ([line.strip().strip('"')] for line in lines)
            rows = list(enumerate(split, 1))
        elif self._separator == " ":
            rows = list(enumerate((line.split() for line in lines), 1))
        else:
            reader = csv.reader(
                lines, delimiter=self._separator, skipinitialspace=True
            )
            rows = []
            try:
                for cells in reader:
                    rows.append((reader.line_num, cells))
            except csv.Error as error:
                raise self._wrong(reader.line_num, one_line(error)) from None
        table = []
        for number, cells in rows:
            cells = [cell.strip() for cell in cells]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                table.append((number, cells))
        return table

    def _wrong(self, number, message):
        return UserError(f"{shown(self._path)}, line {number}: {message}")

    def _take_header(self, lines):
        """Removes the first row where it is text, and returns its cells."""
        if not self.rows:
            return None
        number, cells = self.rows[0]
        words = [cell for cell in cells if cell and not _is_number(cell)]
        if not words or any(map(_is_damaged, words)):
            return None
        if len(words) < sum(map(bool, cells)) and not self._is_above_numbers():
            self._say(
                f"{shown(self._path)}: line {number} has a number in it, and "
                "is taken for data"
            )
            return None
        if self.width == 1:  # whose name may have commas in it
            cells = [lines[number - 1].strip().rstrip(",;").strip('"')]
        if cells[0].startswith("#"):  # numpy's mark of a line without data
            cells[0] = cells[0].lstrip("# ")
            cells = cells if cells[0] else cells[1:]
        self.rows = self.rows[1:]
        listed = shown(", ".join(cells))[:200]
        self._say(
            f"{shown(self._path)}: line {number} is taken for the header: "
            f"{listed}"
        )
        self.width = max(self.width, len(cells))
        return cells

    def _is_above_numbers(self):
        """Whether a word of the first row has a number below it."""
        if len(self.rows) == 1:
            return False
        above, below = self.rows[0][1], self.rows[1][1]
        return any(
            word and not _is_number(word) and _is_number(cell)
            for word, cell in zip(above, below, strict=False)
        )

    def read(self, column):
        """The numbers of a column; see `read_column`."""
        index = self._find(column)
        cells = []
        for number, row in self.rows:
            if len(row) > self.width:
                what = f"{len(row)} columns"
                if self.width == 1:
                    raise self._wrong(
                        number, f"must be one number; received {what}"
                    )
                raise self._wrong(
                    number, f"must have {self.width} columns; received {what}"
                )
            cells.append((number, row[index] if index < len(row) else ""))
        has_decimal_comma = self._has_decimal_comma(cells)
        values = []
        for number, cell in cells:
            text = cell
            if has_decimal_comma and _DECIMAL_COMMA.fullmatch(cell):
                text = cell.replace(",", ".")
            if not _is_number(text):
                received = repr(cell[:40]) if cell else "an empty cell"
                raise self._wrong(
                    number, f"must be one number; received {received}"
                )
            value = float(text)
            if not math.isfinite(value):
                raise self._wrong(
                    number, f"values must be finite numbers; received {cell}"
                )
            values.append(value)
        return np.array(values, np.float64)

    def _find(self, column):
        """The place of the column that is meant, counted from 0."""
        if column is not None:
            return self._find_named(str(column))
        if self.width == 1:
            return 0
        if self.width == 2 and self._is_index():
            self._say(
                f"{shown(self._path)}: the first column counts the lines, and "
                "is left out"
            )
            return 1
        number, row = self.rows[0] if self.rows else (1, [])
        if self.header:
            number -= 1
        what = f"{self.width} columns ({self._list_columns()})"
        message = f"must be one number; received {what}: name one with --column"
        if self._is_pairs():
            # Some lines may be whole numbers.
            row = next(row for _, row in self.rows if len(row) == 2)
            message += (
                f", or write {row[0]}.{row[1]} if {row[0]},{row[1]} is one "
                "number with a decimal comma"
            )
        raise self._wrong(number, message)

    def _find_named(self, column):
        names = self.header or []
        if names.count(column) == 1:
            return names.index(column)
        if column.isdecimal() and 1 <= int(column) <= self.width:
            return int(column) - 1
        raise UserError(
            f"{shown(self._path)}: --column must be one of "
            f"{self._list_columns()}, or a number from 1 to {self.width}; "
            f"received {shown(column)}"
            f"{', which several columns have' if column in names else ''}"
        )

    def _list_columns(self):
        names = [name or str(i) for i, name in enumerate(self.header or (), 1)]
        numbers = range(len(names) + 1, self.width + 1)
        return shown(", ".join([*names, *map(str, numbers)]))[:300]

    def _is_index(self):
        """Whether the first column counts the lines and has no real name."""
        name = self.header[0].lower() if self.header else None
        if name not in ("", "index", "id", "unnamed: 0"):
            return False
        first = [row[0] for _, row in self.rows]
        return any(
            first == [str(i) for i in range(start, start + len(first))]
            for start in (0, 1)
        )

    def _is_pairs(self):
        """Whether two columns may be numbers with a decimal comma."""
        return (
            self._separator == ","
            and self.header is None
            and self.width == 2
            and all(
                len(row) <= 2
                and all(cell.lstrip("+-").isdecimal() for cell in row[:1])
                and all(cell.isdecimal() for cell in row[1:])
                for _, row in self.rows
            )
            and bool(self.rows)
        )

    def _has_decimal_comma(self, cells):
        """Whether a comma in a cell is the decimal mark, and says so."""
        found = [cell for _, cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
        if not found:
            return False
        if any("." in cell for _, cell in cells):
            return False  # where a point is, a comma is none
        if self._separator != ";" and all(map(_THOUSANDS.fullmatch, found)):
            number = next(n for n, cell in cells if cell == found[0])
            raise self._wrong(
                number,
                "must be one number; received "
                f"{found[0]}, whose comma could be a decimal mark or one of "
                "thousands: write a point, or leave it out",
            )
        self._say(
            f"{shown(self._path)}: the comma is taken for the decimal mark, as "
            f"in {found[0]}"
        )
        return True


def _find_separator(lines):
    """What separates the columns: `"\\t"`, `";"`, `","`, `" "` or None."""
    lines = [line for line in lines if line.strip()]
    body = lines[1:1001] or lines
    counts = {mark: sum(mark in row for row in body) for mark in "\t;,"}
    mark = max(counts, key=lambda mark: counts[mark])
    if counts[mark] and not _is_one_column_with_commas(lines):
        return mark
    if body and all(
        len(row.split()) > 1 and all(map(_is_number, row.split()))
        for row in body
    ):
        return " "
    return None


def _is_one_column_with_commas(lines):
    """Whether a name without a comma stands over numbers with one."""
    name, *body = lines
    return (
        bool(body)
        and not _is_number(name)
        and not any(mark in name for mark in "\t;,")
        and all(_DECIMAL_COMMA.fullmatch(row.strip()) for row in body)
    )


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_damaged(cell):
    """Whether a first line's cell is a number that went wrong, not a name."""
    if _MISSING.fullmatch(cell):
        return True
    found = _DAMAGED.fullmatch(cell)
    if not found or _ORDINAL.match(cell):
        return False
    is_plain = not found["sign"] and found["number"].isdecimal()
    letters = sum(c.isalpha() for c in found["rest"])
    # "2019 sales" and "3 months old" are names, "5 kg" and "-2.5 metres" not.
    return not is_plain or letters <= _LONGEST_UNIT

"""Columns of numbers as programs write them."""

import os
import re

import numpy as np
import pytest

from tf_gans import data
from tf_gans.data import columns
from tf_gans.errors import UserError


def read(path, column=None):
    """The values of a file in their order, and what was said."""
    said = []
    values = columns.read_column(path, column, said.append)
    assert all(line.startswith(f"{path}: ") for line in said)
    assert not any("\n" in line for line in said)
    return values.tolist(), " | ".join(said)


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("1\n2\n", [1, 2], "^$"),
        ("height, cm\n1\n2\n", [1, 2], "the header: height, cm$"),
        ("1st reading\n1\n2\n", [1, 2], "the header: 1st reading$"),
        ("2019 sales\n1\n2\n", [1, 2], "the header: 2019 sales$"),
        ("he\x1b[1might\n1\n2\n", [1, 2], r"header: he\\x1b\[1might$"),
        ("# height\n1\n2\n", [1, 2], "the header: height$"),
        ("h\n1,5\n-2,25\n", [1.5, -2.25], "decimal mark, as in 1,5$"),
        ('"1,5"\n"2,5"\n', [1.5, 2.5], "decimal mark, as in 1,5$"),
        (",h\n0,1.5\n1,2.5\n", [1.5, 2.5], "first column counts the lines"),
        ("index;h\n1;3,5\n2;4\n", [3.5, 4], "counts the lines.*decimal mark"),
    ],
)
def test_what_is_not_plain_is_said(tmp_path, text, values, said):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    found, lines = read(path)
    assert found == values
    assert re.search(said, lines), lines


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(tmp_path, encoding):
    path = tmp_path / "x.csv"
    path.write_text("h\u00f6he\n1\n2\n", encoding=encoding)
    values, said = read(path)
    assert values == [1, 2]
    assert said.endswith("the header: h\u00f6he")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n3\t4\n",
        "# a b\n1 2\n3 4\n",
        '"a","b"\n"1","2",\n3,4\n',
        "a,b,c\n1,2,x\n3,4,\n",
    ],
)
@pytest.mark.parametrize("column", ["b", "2", 2])
def test_a_column_of_several(tmp_path, text, column):
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert read(path, column)[0] == [2, 4]
    source = data.Empirical.from_file(path, 8, column=column)
    np.testing.assert_array_equal(source.values, [2, 4])


def test_a_row_of_data_with_a_word_is_no_header(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Anna,1.5\nBert,2.5\n")
    values, said = read(path, 2)
    assert values == [1.5, 2.5]
    assert "line 1 has a number in it, and is taken for data" in said
    path.write_text("height,2019\n1.5,4\n2.5,5\n")
    assert read(path, "2019")[0] == [4, 5]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a,b\n1,2\n", "c", "--column must be one of a, b, .*received c"),
        ("a,b\n1,2\n", 3, "from 1 to 2; received 3"),
        ("a,b\n1,2\n", 0, "from 1 to 2; received 0"),
        ("a,a\n1,2\n", "a", "received a, which several columns have"),
        ("a,b\n1,2\n3,\n4,5\n", "b", "line 3: .*an empty cell"),
        ("a,b\n1,2\n3,4,5\n6,7\n", "b", "line 3: .*2 columns; received 3"),
        ("a;b\n1;2,5\n2;x\n", "b", "line 3: .*'x'"),
        ("a,b\n1,2\n3,nan\n", "b", "line 3: .*finite.*nan"),
        ("7\n0,5\n", None, "or write 0.5 if 0,5 is one number"),
    ],
)
def test_wrong_columns(tmp_path, text, column, message):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read(path, column)


def test_only_regular_files_are_opened(tmp_path):
    path = tmp_path / "x.csv"
    os.mkfifo(path)
    with pytest.raises(UserError, match="received a pipe"):
        read(path)
    with pytest.raises(UserError, match="File name too long"):
        read(tmp_path / f"{'x' * 300}.csv")
    (tmp_path / "y.csv").mkdir()
    with pytest.raises(UserError, match="received a folder"):
        read(tmp_path / "y.csv")


def test_a_column_of_an_npy(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6.0).reshape(3, 2))
    assert read(path, 2)[0] == [1, 3, 5]
    for column in (0, 3, "b"):
        with pytest.raises(UserError, match="a number from 1 to 2; received"):
            read(path, column)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"}", b" "))
    with pytest.raises(UserError, match="is not an array of numbers"):
        read(path)

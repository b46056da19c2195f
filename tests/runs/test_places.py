"""Seeds and files of z, as the command line names them."""

import argparse
import pathlib
import types

import numpy as np
import pytest

from tf_gans.errors import UserError
from tf_gans.runs import places

SAMPLER = types.SimpleNamespace(
    latents=types.SimpleNamespace(shape=(2,)),
    draw_each=lambda seeds: np.array([[s, -s] for s in seeds], np.float32),
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_written_is_read():
    z = np.array([[0.5, 1.5], [2.5, 3.5]], np.float32)
    places.write_z(pathlib.Path("a.npz"), z, ["dog", "cat"], np.ones(2))
    found, names = places.read_z(pathlib.Path("a.npz"), (2,))
    np.testing.assert_array_equal(found, z)
    assert names == ["dog", "cat"]


def test_seeds_and_files_stay_in_their_order():
    z = np.array([[0.5, 1.5], [2.5, 3.5]], np.float64)
    np.savez("a.npz", z=z)
    found, names = places.find_z(SAMPLER, places.places()("7,a.npz,3,a.npz"))
    np.testing.assert_array_equal(found, [[7, -7], *z, [3, -3], *z])
    assert found.dtype == np.float32
    assert names == [7, "a[0]", "a[1]", 3, "a[0]", "a[1]"]


def test_no_seed_is_drawn_where_there_are_files_only():
    np.savez("a.npz", z=np.ones((1, 2)))
    sampler = types.SimpleNamespace(latents=SAMPLER.latents)
    z, name = places.the_one_z(sampler, "--seed", pathlib.Path("a.npz"))
    np.testing.assert_array_equal(z, [1, 1])
    assert name == "a[0]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1", "2 numbers or more"),
        ("1,", "received ''"),
        ("1,-2", "received '-2'"),
        ("1,b.npz", "'b.npz' does not exist"),
        ("1,b.npy", "received 'b.npy'"),
    ],
)
def test_what_is_no_place(text, words):
    with pytest.raises(argparse.ArgumentTypeError, match=words):
        places.places(least=2)(text)


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (np.zeros((1, 3)), r"of shape \(3,\), and this one's of shape \(2,\)"),
        (np.zeros((0, 2)), r"float64 of shape \(0, 2\)"),
        (np.zeros((1, 2), int), "int64"),
        (np.array([[0, np.inf]]), "finite"),
        (np.array(["text"]), "received <U4"),
        (np.array([None]), "with z in it"),
    ],
)
def test_files_of_something_else(z, words):
    np.savez("a.npz", z=z)
    with pytest.raises(UserError, match=r"a\.npz: .*" + words):
        places.find_z(SAMPLER, [pathlib.Path("a.npz")])

"""The code in the documents runs, and their links lead somewhere."""

import importlib
import json
import re
import shutil
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import mutants
from tests.paths import ROOT
from tf_gans import moved
from tf_gans.recipes import members

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if not re.match(r"https?://|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_commands_of_make():
    """Their targets exist, and the mutants' modules have tests."""
    targets = re.findall(
        r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text("utf-8")
    )
    named = [
        words
        for path in DOCUMENTS
        for words in re.findall(
            r"(?:`|(?m:^    ))make ([^`\n#]+)", path.read_text("utf-8")
        )
    ]
    named = [words.split()[0] for words in named]
    assert {"test", "test-all", "lint", "bench", "mutants"} <= {*named}
    for target in named:
        assert target in targets
    for module, tests in mutants.TESTS.items():
        assert (ROOT / f"tf_gans/{module}.py").is_file(), module
        for test in map(mutants.path, tests):
            assert (ROOT / test.partition("::")[0]).is_file(), test


def test_make_says_what_pip_does(tmp_path):
    """Before it is silent for minutes; README says how much it takes."""
    if shutil.which("make") is None:
        pytest.skip("needs make")
    done = subprocess.run(
        ["make", "--dry-run", "gaussian", f"VENV={tmp_path}/new"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.index("installing TensorFlow and what goes with it")
    assert said < done.stdout.index("pip --disable-pip-version-check install")
    (size,) = re.findall(r"\((\S+ GB)", done.stdout)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"`.venv` ({size}," in readme


def python_blocks(path):
    text = (ROOT / path).read_text("utf-8")
    return "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def test_the_readmes_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(python_blocks("README.md"), names)
    assert names["samples"].shape == (1000, 1)
    assert (tmp_path / "gaussian.keras").is_file()
    assert (tmp_path / "saved_models/gaussian/1").is_dir()


def test_the_notebook(tmp_path, monkeypatch):
    """Its cells run in order, with a stand-in for what a notebook brings."""
    path = ROOT / "examples/first_gan.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(not c["outputs"] for c in cells)
    shown = []
    display = types.SimpleNamespace(Image=shown.append)
    ipython = types.SimpleNamespace(version_info=(9, 0), display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.chdir(tmp_path)
    names = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
    assert len(names["rows"]) == 500
    assert names["scores"]["w1"] < 0.1
    assert len(shown) == 2
    assert all((tmp_path / name).stat().st_size for name in shown)


def test_the_notebooks_links():
    path = ROOT / "examples/first_gan.ipynb"
    text = "".join(
        "".join(cell["source"])
        for cell in json.loads(path.read_text("utf-8"))["cells"]
    )
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets
    assert all((path.parent / target).is_file() for target in targets)


def test_the_porting_guides_python():
    noise = tf.random.stateless_normal((64, 2), seed=(1, 2))
    dataset = tf.data.Dataset.from_tensor_slices(noise)
    names = {"dataset": dataset.batch(16, drop_remainder=True)}
    exec(python_blocks("docs/porting.md"), names)
    assert names["samples"].shape == (1000, 2)
    assert int(names["gan"].step.numpy()) == 40


def test_the_python_of_the_autoencoders():
    names = {}
    exec(python_blocks("docs/autoencoders.md"), names)
    assert names["codes"].shape == (100, 64)
    assert names["scores"].shape == (100,)


def test_the_examples_of_extending(tmp_path):
    names = {"__name__": "extending"}
    exec(python_blocks("docs/extending.md"), names)
    gan, score = names["gan"], names["score"]
    assert int(gan.step.numpy()) == 300
    assert names["samples"].shape == (500, 2)
    assert 0 <= score["radius_error"] < 0.9
    assert names["real"]["radius_error"] < 1e-6
    losses = names["matching"].step_losses["loss"]
    assert losses[-1] < losses[0] / 2
    for model in (gan, names["matching"]):
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded.sample(5), model.sample(5))


def test_the_first_release_s_names(tmp_path, monkeypatch):
    """README's program of then, and modules where they were."""
    program = """
import keras
import tf_gans
from tf_gans.networks import gaussian
from tf_gans.networks.points import Generator
import tf_gans.recipes.curves

source = tf_gans.data.Gaussian(batch_size=8)
gan = tf_gans.GAN(
    gaussian.Generator(hidden_size=4),
    gaussian.Discriminator(hidden_size=4, minibatch=True),
    latents=tf_gans.latents.Stratified(-8, 8),
)
gan.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3),
    discriminator_optimizer=keras.optimizers.Adam(1e-3),
)
gan.fit(source, steps_per_epoch=20, verbose=0)
tf_gans.recipes.points.build("ns", tf_gans.data.Ring(8))
tf_gans.metrics.scalar_floors, tf_gans.callbacks.CurveProbe
"""
    exec(program, {})


def modules_of_the_architecture():
    """The paths that the tree of docs/architecture.md names, in tf_gans/.

    A line has names, then two spaces and what they are. `*/` is each directory
    above it.
    """
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    house = text.split("## The house\n")[1].split("\nWhere is")[0]
    paths, parents = [], {}
    for indent, names in re.findall(
        r"(?m)^    ( *)([^\s,]+(?:, [^\s,]+)*)", house
    ):
        level = len(indent)
        parents = {k: v for k, v in parents.items() if k < level}
        above = "".join(parents.values())
        for name in names.split(", "):
            if name.endswith("/"):
                parents[level] = name
            elif name.endswith(".py") and above.startswith("tf_gans/"):
                paths.append(above + name)
    return paths


def test_the_architecture_names_every_module():
    named = modules_of_the_architecture()
    found = {path: set(ROOT.glob(path)) for path in named}
    assert [path for path, files in found.items() if not files] == []
    assert len(named) == len(set(named))
    modules = {
        path
        for path in ROOT.glob("tf_gans/**/*.py")
        if path.name != "__init__.py"
    }
    assert modules - set().union(*found.values()) == set()
    # Each of `*/` has all of them.
    for path in named:
        if "*" in path:
            assert len(found[path]) == 4, path


def test_where_things_are():
    """The files in the second column of the table exist; so do the rows."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    table = text.split("| ... | here |\n")[1].split("\n\n")[0]
    places = re.findall(r"`([\w/]+\.py)`", table)
    assert len(places) > 5
    for place in places:
        assert list(ROOT.glob(f"tf_gans/**/{place}")), place
    rows = re.findall(r'`\("(\w+)", "(\w+)"\)`', table)
    assert rows
    assert set(rows) <= set(members.RECIPES)


@pytest.mark.parametrize("name", sorted(moved.MODULES))
def test_a_moved_module_is_the_new_one(name):
    new = importlib.import_module(moved.MODULES[name])
    assert importlib.import_module(name) is new

"""README.md's commands: all of them parse, and all of them run as written.

What a training takes is made short: flags are appended to a command, which
count instead of the ones before them, and small files stand in for those that
a reader has or that are downloaded.
"""

import itertools
import re
import shlex
import shutil
import sys
import tomllib
from unittest import mock

import keras
import numpy as np
import pytest
from PIL import Image

from benchmarks.__main__ import CLAIMS, PACKAGES, check_packages
from tests import script_runner
from tests.paths import BENCHMARKS, ROOT
from tf_gans.data import arrays, downloads
from tf_gans.data.triangles import draw_triangles
from tf_gans.runs import console

README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", README, re.M))
WITH_COMMANDS = (
    *("Two commands", "The script", "Images", "The family"),
    "How good it is",
)

# What makes a command short.
IMAGES = ["--epochs", "1", "--batch-size", "8"]
SHORT = {
    "gaussian": ["--num-steps", "20"],
    "curves": ["--num-steps", "20"],
    "mixtures": ["--num-steps", "20"],
    "dirac": ["--num-steps", "20"],
    "mnist": IMAGES,
    "dcgan": IMAGES,
    "variants": IMAGES,
    "autoencoder": IMAGES,
    "semi_supervised": [*IMAGES, "--labels", "10", "--no-baseline"],
    "generate": ["--num-images", "20"],
    "latent": [],
    "explore": [],
    "client": [],
    "export": [],
    "evaluate": [],
    "compare": [],
}
NUM_IMAGES = 16

# The flags that name what a command writes.
OUTPUTS = ("--anim-path", "--export", "--png-dir", "--npz", "--out")


def split(line):
    """A line's words, without its comment."""
    return shlex.split(line, comments=True)


def commands(section):
    """The words of each indented line of a section."""
    section = re.sub(r"(?ms)^```.*?^```$", "", section)
    return [split(line) for line in re.findall(r"(?m)^    (.+)$", section)]


def inline_commands():
    """The words of each command within a sentence or a table."""
    starts = ("make ", "pip ", "python ", "tf-gans ", "tensorboard ")
    return [
        split(code)
        for code in re.findall(r"`([^`\n]+)`", README)
        if code.startswith(starts)
    ]


ALL = [
    *(words for text in SECTIONS.values() for words in commands(text)),
    *inline_commands(),
]


def script_of(words):
    """A command's script and its arguments; None where it runs no script."""
    if words[0] == "tf-gans":
        return words[1], words[2:]
    found = re.fullmatch(r"python scripts/(\w+)\.py", " ".join(words[:2]))
    return (found[1], words[2:]) if found else None


def extras():
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["optional-dependencies"]


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """A directory with the files that the commands name."""
    directory = tmp_path_factory.mktemp("readme")
    write_files(directory)
    return directory


def write_files(directory):
    rng = np.random.default_rng(0)
    heights = rng.normal(171, 9, 400).round(1)
    (directory / "heights.csv").write_text("\n".join(map(str, heights)))
    rows = [f"{i},{age}" for i, age in enumerate(rng.integers(18, 90, 400))]
    (directory / "table.csv").write_text("\n".join(["number,age", *rows]))
    shipped = ROOT / "saved_models" / "gaussian"
    shutil.copytree(shipped, directory / "saved_models" / "gaussian")
    (directory / "my_pictures").mkdir()
    for number in range(NUM_IMAGES):
        height, width = rng.integers(70, 90, 2)
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(directory / f"my_pictures/{number}.jpg")
    faces = rng.integers(0, 256, (NUM_IMAGES, 64, 64, 3), np.uint8)
    np.savez(directory / "faces.npz", x_train=faces)


@pytest.fixture
def downloaded(monkeypatch):
    """Few images in the place of the data sets that have names."""
    rng = np.random.default_rng(1)
    labels = np.arange(NUM_IMAGES, dtype=np.uint8) % 10
    for name, shape in {
        "mnist": (28, 28),
        "fashion_mnist": (28, 28),
        "cifar10": (32, 32, 3),
    }.items():
        images = rng.integers(0, 256, (NUM_IMAGES, *shape), np.uint8)
        loaded = ((images, labels), (images, labels))
        monkeypatch.setattr(
            getattr(keras.datasets, name), "load_data", lambda x=loaded: x
        )
        if name == "fashion_mnist":
            digest = arrays.sha256(images, labels)
            digests = dict.fromkeys(("train", "test"), digest)
            monkeypatch.setattr(downloads, "_FASHION_MNIST_SHA256", digests)

    def few(num_images=NUM_IMAGES, seed=0, size=28):
        return draw_triangles(NUM_IMAGES, seed, size)

    monkeypatch.setattr(downloads, "draw_triangles", few)


def test_the_commands_are_found():
    """A README of another form would leave nothing to test."""
    for name in WITH_COMMANDS:
        assert commands(SECTIONS[name]), name
    assert {script_of(words)[0] for words in ALL if script_of(words)} == set(
        SHORT
    )


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_command_parses(words, stand_ins, monkeypatch):
    monkeypatch.chdir(stand_ins)
    if script := script_of(words):
        name, arguments = script
        assert name in console.COMMANDS
        module = script_runner.load(name)
        monkeypatch.setattr(sys, "argv", [module.__file__, *arguments])
        if hasattr(module, "parse_arguments"):
            module.parse_arguments()
        else:
            module.main.__self__().parse()
    elif words[0] == "make":
        makefile = (ROOT / "Makefile").read_text("utf-8")
        for target in words[1:]:
            assert re.search(rf"(?m)^{re.escape(target)}:", makefile), target
    elif words[:2] == ["pip", "install"]:
        check_pip(words[2:])
    elif words[:3] == ["python", "-m", "benchmarks"]:
        assert set(words[3:]) <= set(CLAIMS)
    elif words[:2] == ["python", "-m"]:
        package, _, name = words[2].partition(".")
        assert package == "benchmarks"
        assert (BENCHMARKS / f"{name}.py").is_file()
        assert not words[3:]
    elif words[0] == "tensorboard":
        assert words[1] == "--logdir"
        assert "tensorboard" in extras()
    else:
        assert words in (
            ["python3", "-m", "venv", ".venv"],
            [".", ".venv/bin/activate"],
        )


def check_pip(words):
    """Each word of `pip install` is a flag, a file or an extra of ours."""
    words = iter(words)
    for word in words:
        if word == "-c":
            assert (ROOT / next(words)).is_file()
        elif word != "-e":
            found = re.fullmatch(r"\.(?:\[(.+)\])?", word)
            assert found, word
            assert set((found[1] or "").split(",")) <= {"", *extras()}


def test_every_flag_exists(capsys):
    """Every `--flag` in the text is some script's."""
    for name in SHORT:
        module = script_runner.load(name)
        helps = [["--help"]]
        if name == "latent":
            helps += [[command, "--help"] for command in module.COMMANDS]
        for arguments in helps:
            with (
                mock.patch.object(sys, "argv", [module.__file__, *arguments]),
                pytest.raises(SystemExit),
            ):
                module.main()
    known = set(re.findall(r"--[a-z][\w-]*", capsys.readouterr().out))
    named = {
        flag
        for code in re.findall(r"`([^`\n]+)`", README)
        for flag in re.findall(r"(?<!\w)--[a-z][\w-]*", code)
    }
    assert len(named) > 10
    assert named - known == set()


@pytest.mark.parametrize(
    "section",
    [
        "Two commands",
        pytest.param("The script", marks=pytest.mark.slow),
        pytest.param("Images", marks=pytest.mark.slow),
        pytest.param("The family", marks=pytest.mark.slow),
    ],
)
def test_the_commands_run(section, tmp_path, downloaded):
    """One after the other, in a directory with nothing but a reader's files."""
    write_files(tmp_path)
    ran = 0
    for words in commands(SECTIONS[section]):
        if script := script_of(words):
            name, arguments = script
            module = script_runner.load(name)
            script_runner.run(module, *arguments, *SHORT[name], cwd=tmp_path)
            for flag, value in itertools.pairwise(arguments):
                if flag in OUTPUTS:
                    assert (tmp_path / value).exists(), value
            ran += 1
    assert ran
    for name in leaves(SECTIONS[section]):
        for run in (tmp_path / "runs").glob("*-001"):
            assert (run / name).exists(), f"{run.name}/{name}"


def leaves(section):
    """The files of the table of what a run leaves, which has no scripts."""
    names = re.findall(r"(?m)^\| `([\w./]+)` \|", section)
    return [name for name in names if not name.endswith(".py")]


def test_benchmarks_name_the_extra_that_is_missing(monkeypatch, capsys):
    """And it has what they need."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        check_packages(["images", "loop"])
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "python -m benchmarks: needs torch, jax, optax, of the extra bench: "
        "pip install -c constraints.txt -e '.[bench]'\n"
    )
    check_packages(["mixtures"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extra = " ".join(project["project"]["optional-dependencies"]["bench"])
    for package in sum(PACKAGES.values(), ()):
        assert package in extra

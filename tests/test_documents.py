"""The code in the documents runs, and their links lead somewhere."""

import re

import pytest
import tensorflow as tf

from tests.paths import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if not re.match(r"https?://|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


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


def test_the_porting_guides_python():
    noise = tf.random.stateless_normal((64, 2), seed=(1, 2))
    dataset = tf.data.Dataset.from_tensor_slices(noise)
    names = {"dataset": dataset.batch(16, drop_remainder=True)}
    exec(python_blocks("docs/porting.md"), names)
    assert names["samples"].shape == (1000, 2)
    assert int(names["gan"].step.numpy()) == 40

"""`scripts/mixtures.py`."""

import json

import pytest

from tests import script_runner
from tests.script_runner import assert_same_weights
from tf_gans.models.gan import GAN
from tf_gans.runs import load

QUICK = ["--num-steps", "40", "--log-every", "20", "--no-window"]


@pytest.fixture(scope="module")
def script():
    return script_runner.load("mixtures")


@pytest.fixture(scope="module")
def quick(script, tmp_path_factory):
    """A run with everything on."""
    cwd = tmp_path_factory.mktemp("quick")
    said = script_runner.run(
        script,
        *QUICK,
        *("--run-dir", "run"),
        *("--anim-path", "film.mp4", "--anim-every", 10),
        *("--export", "saved"),
        cwd=cwd,
    )
    return cwd, *said


def test_what_is_left(quick):
    cwd, *_ = quick
    assert {p.name for p in cwd.iterdir()} == {"run", "film.mp4", "saved"}
    assert {p.name for p in (cwd / "run").iterdir()} == {
        "checkpoints",
        "config.json",
        "curves.png",
        "frames",
        "log.jsonl",
        "mixture.png",
        "report.html",
        "summary.json",
    }
    assert (cwd / "saved/1/saved_model.pb").is_file()
    assert (cwd / "film.mp4").stat().st_size > 1000


def test_what_is_said(quick):
    cwd, out, err = quick
    assert err == ""
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["0", "20", "40"]
    summary = json.loads((cwd / "run/summary.json").read_text())
    assert (summary["steps"], summary["n_fake"]) == (41, 2500)
    assert summary["num_modes"] == 8
    assert sum(line.endswith(" steps/s") for line in lines) == 1
    assert summary["baseline"]["high_quality"] == pytest.approx(0.989, abs=1e-3)
    assert summary["baseline"]["reverse_kl"] == pytest.approx(0.0013, abs=3e-4)
    shown = {
        line.split()[0]: line.split()[1:] for line in lines if line.strip()
    }
    for name in ("modes", "high_quality"):
        samples, baseline = map(float, shown[name])
        assert samples == pytest.approx(summary["samples"][name], rel=1e-3)
        assert baseline == pytest.approx(summary["baseline"][name], rel=1e-3)


@pytest.mark.slow
def test_a_cut_run_ends_with_the_same_bits(
    quick, script, tmp_path, monkeypatch
):
    cwd, *_ = quick
    monkeypatch.chdir(tmp_path)
    # As a run that was killed left it: with an earlier checkpoint alone.
    arguments = [*QUICK, "--run-dir", "run"]
    fit = GAN.fit

    def cut(self, *args, steps_per_epoch, **kwargs):
        return fit(self, *args, steps_per_epoch=17, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(GAN, "fit", cut)
        script_runner.run(script, *arguments)
    out, _ = script_runner.run(
        script, "--run-dir", "run", "--resume", "--no-window", "--log-every", 20
    )
    assert "Going on with run after 17 steps." in out
    assert_same_weights(cwd / "run", tmp_path / "run")
    assert (cwd / "run/log.jsonl").read_text() == (
        tmp_path / "run/log.jsonl"
    ).read_text()
    again, _ = script_runner.run(
        script, "--run-dir", "run", "--resume", "--no-window"
    )
    assert "has nothing left to train" in again
    line = script_runner.refused(
        script, "--run-dir", "run", "--resume", "--gan", "ns"
    )
    assert "gan was 'stable', received 'ns'" in line


@pytest.mark.slow
def test_a_cut_run_remembers_what_is_added(script, tmp_path, monkeypatch):
    """The history is part of a checkpoint, the flags of the run."""
    monkeypatch.chdir(tmp_path)
    flags = ["--feature-matching", "--historical-averaging", 0.1]
    arguments = ["--gan", "ns", *flags, "--num-steps", 30, "--no-window"]
    script_runner.run(script, *arguments, "--run-dir", "whole")
    fit = GAN.fit

    def cut(self, *args, steps_per_epoch, **kwargs):
        return fit(self, *args, steps_per_epoch=11, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(GAN, "fit", cut)
        script_runner.run(script, *arguments, "--run-dir", "cut")
    resume = ["--run-dir", "cut", "--resume", "--no-window"]
    line = script_runner.refused(script, *resume, "--historical-averaging", 0.2)
    assert "historical_averaging was 0.1, received 0.2" in line
    script_runner.run(script, *resume)
    assert_same_weights(tmp_path / "whole", tmp_path / "cut")
    gan = load.load_run(tmp_path / "cut")
    assert gan.feature_matching
    assert int(gan.generator_history.count) == 31
    assert '"g_pull"' in (tmp_path / "cut/log.jsonl").read_text()


@pytest.mark.parametrize(
    ("gan", "dataset", "minibatch"),
    [
        ("vae", "grid", False),
        pytest.param("began", "swiss-roll", False, marks=pytest.mark.slow),
        pytest.param("wgan-gp", "ring", False, marks=pytest.mark.slow),
        pytest.param("ns", "ring", True, marks=pytest.mark.slow),
    ],
)
def test_any_recipe_on_any_data(
    script, tmp_path, monkeypatch, gan, dataset, minibatch
):
    monkeypatch.chdir(tmp_path)
    out, err = script_runner.run(
        script,
        *("--gan", gan, "--dataset", dataset, "--num-steps", 4),
        *(["--minibatch"] if minibatch else []),
        *("--log-every", 2, "--no-window", "--anim-path", "film.gif"),
    )
    assert err == ""
    assert out.startswith("0: ")
    assert (tmp_path / "film.gif").is_file()
    assert (tmp_path / "runs/mixtures-001/mixture.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gan", "gan"], "argument --gan: invalid choice: 'gan'"),
        (
            ["--dataset", "line"],
            "argument --dataset/--data-set: invalid choice",
        ),
        (["--num-steps", "0"], "argument --num-steps: must be a whole number"),
        (["--resume"], "argument --resume: needs --run-dir DIR"),
        (
            ["--gan", "vae", "--minibatch"],
            "--minibatch is for a discriminator that judges, and vae has none",
        ),
        (
            ["--gan", "wgan-gp", "--minibatch"],
            "--minibatch mixes the samples of a batch, and the penalty of wgan-gp",
        ),
        (
            ["--gan", "began", "--feature-matching"],
            "--feature-matching does nothing in the recipe began",
        ),
        (
            ["--gan", "vae", "--historical-averaging", "0.1"],
            "--historical-averaging does nothing in the recipe vae",
        ),
        (["--historical-averaging", "0"], "must be a number above 0 to"),
        (["--anim-path", "film.avi"], "must end in .mp4, .gif or .webm"),
    ],
)
def test_refusals(script, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in script_runner.refused(script, *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cgan", "acgan", "infogan"])
def test_members_that_learn_labels(script, tmp_path, name):
    line = script_runner.refused(script, "--gan", name, cwd=tmp_path)
    assert f"argument --gan: {name} learns labels, or codes" in line
    assert "variants.py" in line
    assert not list(tmp_path.iterdir())

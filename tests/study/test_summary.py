import itertools

import matplotlib.image
import numpy as np
import pytest

from tf_gans.study import figures, summary
from tf_gans.study.plan import Study

STUDY = Study(gans=("ns", "vae", "began"), samples=4, seeds=2).config()


def _row(gan, sample, fid, f1=None, seed=0):
    return {
        "id": f"{gan}/{sample:03d}/{seed}",
        "gan": gan,
        "sample": sample,
        "seed": seed,
        "settings": {"beta_1": 0.5, "batch_norm": False},
        "status": "trained",
        "fid": fid,
        "f1": f1,
        "precision": f1 and f1 + 0.1,
        "recall": f1 and f1 - 0.05,
    }


ROWS = [
    _row("ns", 0, 40.0, 0.3),
    _row("ns", 1, 20.0, 0.2),
    _row("ns", 2, None),
    _row("ns", 3, 30.0, 0.6),
    _row("ns", 1, 24.0, 0.5, seed=1),
    _row("vae", 0, 60.0, 0.1),
    _row("vae", 1, 50.0, 0.4),
    _row("began", 0, None),
]
BASELINE = {"fid": 0.5, "f1": 0.99, "precision": 1.0, "recall": 0.98}


def test_the_best_of_a_budget_is_that_of_all_draws():
    values = [40.0, 20.0, 30.0]
    for budget in (1, 2, 3):
        draws = [min(d) for d in itertools.product(values, repeat=budget)]
        mean, low, high = summary.best_of(values, budget)
        assert mean == pytest.approx(np.mean(draws), abs=0.4)
        assert low == min(draws) and high == max(draws)
    mean, *_ = summary.best_of(values, 2, lower_is_better=False)
    assert mean == pytest.approx(np.mean([40] * 5 + [30] * 3 + [20]), abs=0.4)


def test_what_failed_counts_as_the_worst():
    # Of the draws of two, one in four has no other.
    mean, low, high = summary.best_of([None, 10.0], 2)
    assert mean == low == high == 10.0
    assert summary.best_of([None, None, 10.0], 1) is None
    assert summary.best_of([None], 5) is None


def test_the_table():
    text = summary.table(ROWS, STUDY, BASELINE)
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.strip().splitlines()
    ]
    head, _, ns, vae, began, real = lines
    assert {len(line) for line in lines} == {len(head)}
    ns, vae, began, real = (
        dict(zip(head, line, strict=True)) for line in (ns, vae, began, real)
    )
    assert ns["FID of the authors' settings"] == "40"
    # Of the best sample's seeds, 20 and 24.
    assert ns["best FID"] == "22 ± 2.8"
    assert ns["its settings"] == "beta 1 0.5, without batch norm"
    # F1 is chosen on its own.
    assert (ns["best F1"], ns["precision"]) == ("0.600", "0.700")
    assert ns["failed"] == "1 of 4"
    assert vae["best FID"] == "50"
    assert began["best FID"] == "none" and began["failed"] == "1 of 1"
    assert began["FID of the authors' settings"] == "failed"
    assert real["best FID"] == "0.5" and real["best F1"] == "0.990"


def test_figures(tmp_path):
    figures.draw_budget(tmp_path / "a.png", ROWS, STUDY, "fid", "FID")
    figures.draw_budget(tmp_path / "b.png", ROWS, STUDY, "f1", "F1", False)
    figures.draw_precision_recall(tmp_path / "c.png", ROWS, STUDY)
    for name in "abc":
        image = matplotlib.image.imread(tmp_path / f"{name}.png")
        # Lines of both colours, and none of the member that has failed.
        blue, orange = figures.colours(STUDY)[:2]
        for colour in (blue, orange):
            near = np.abs(image[..., :3] - colour).max(-1) < 0.25
            assert near.sum() > 30


def test_no_two_intervals_lie_on_one_another(tmp_path):
    figures.draw_budget(tmp_path / "a.png", ROWS, STUDY, "fid", "FID")
    image = matplotlib.image.imread(tmp_path / "a.png")[..., :3]
    across = []
    for colour in figures.colours(STUDY)[:2]:
        paler = 0.75 + 0.25 * np.array(colour)
        near = np.abs(image - paler).max(-1) < 0.01
        assert near.sum() > 300
        across.append(np.flatnonzero(near.any(axis=0)))
    assert across[0].max() < across[1].min()  # panels of their own

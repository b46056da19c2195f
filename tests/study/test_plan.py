from tf_gans.study import plan
from tf_gans.study.plan import Run, Study

STUDY = Study(gans=("ns", "vae"), samples=3, seeds=3, seed=7)


def _row(gan, sample, seed, fid):
    return {
        "id": Run(gan, sample, seed).id,
        "gan": gan,
        "sample": sample,
        "seed": seed,
        "fid": fid,
    }


def test_each_round_has_every_member():
    runs = plan.search(STUDY)
    assert [(run.sample, run.gan) for run in runs] == [
        (0, "ns"),
        (0, "vae"),
        (1, "ns"),
        (1, "vae"),
        (2, "ns"),
        (2, "vae"),
    ]
    assert {run.seed for run in runs} == {7}
    assert len({run.id for run in runs}) == 6


def test_the_best_sample_is_repeated_with_other_seeds():
    rows = [
        _row("ns", 0, 7, 30.0),
        _row("ns", 1, 7, 20.0),
        _row("ns", 2, 7, None),
        # A lucky repetition does not make another sample the best one.
        _row("ns", 0, 8, 1.0),
        _row("vae", 0, 7, None),
    ]
    assert plan.repetitions(STUDY, rows) == [Run("ns", 1, 8), Run("ns", 1, 9)]


def test_what_is_done_is_not_done_again():
    runs = plan.search(STUDY)
    rows = [_row("ns", 1, 7, None), _row("vae", 0, 7, 3.0)]
    left = plan.missing(runs, rows)
    assert len(left) == 4
    assert Run("ns", 1, 7) not in left and Run("vae", 0, 7) not in left

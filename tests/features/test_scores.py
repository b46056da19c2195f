"""Scores are compared only where they were measured in the same way."""

import dataclasses

import pytest

from tf_gans.features import Score

SCORE = Score("fid", 12.5, "digits-01234567", "28x28", 10_000, 5_000, "test")


def test_a_difference():
    better = dataclasses.replace(SCORE, value=10.0)
    assert better - SCORE == -2.5
    assert SCORE.compare(better) == -2.5
    assert float(SCORE) == 12.5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metric", "kid"),
        ("features", "digits-76543210"),
        ("features", "inception-01234567"),
        ("resize", "299x299"),
        ("num_real", 5_000),
        ("num_fake", 10_000),
        ("reference", "training"),
    ],
)
def test_what_differs_is_named(field, value):
    other = dataclasses.replace(SCORE, **{field: value})
    for difference in (lambda: SCORE - other, lambda: SCORE.compare(other)):
        with pytest.raises(ValueError, match=f"same {field}"):
            difference()


def test_a_number_is_no_score():
    with pytest.raises(TypeError):
        SCORE - 3.0

"""Accuracies over the number of images."""

import pytest

from tf_gans.plotting import accuracies


@pytest.mark.parametrize("generated", [0.31, 0.95])
def test_the_legend_covers_nothing(generated, monkeypatch, tmp_path):
    figures = []
    monkeypatch.setattr(
        accuracies, "save_figure", lambda path, figure: figures.append(figure)
    )
    means = {"real": 0.9, "generated": generated, "both": 0.97, "more": 0.8}
    accuracies.plot_accuracies(
        tmp_path / "a.png",
        {
            kind: dict.fromkeys((10, 100), (mean, mean - 0.02, mean + 0.02))
            for kind, mean in means.items()
        },
        "Accuracies",
    )
    (figure,) = figures
    figure.draw_without_rendering()
    (axes,), (legend,) = figure.axes, figure.legends
    words = [word.get_text() for word in legend.get_texts()]
    assert words == list(means)
    assert not legend.get_window_extent().overlaps(axes.get_tightbbox())
    assert figure.bbox.containsx(legend.get_window_extent().x0)
    assert figure.bbox.containsx(legend.get_window_extent().x1)

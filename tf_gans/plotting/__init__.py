"""Figures and films; nothing here knows how anything is trained."""

from tf_gans.plotting.curves import plot_curves
from tf_gans.plotting.distributions import (
    DistributionAnimation,
    DistributionAxes,
    plot_distributions,
    show_distributions,
)
from tf_gans.plotting.images import GridFilm, image_grid, write_png
from tf_gans.plotting.mixtures import (
    MixtureAnimation,
    PointAxes,
    plot_mixture,
    show_mixture,
)
from tf_gans.plotting.quadratics import (
    CurveAxes,
    QuadraticsAnimation,
    plot_quadratics,
    show_quadratics,
)
from tf_gans.plotting.video import VideoWriter, check_video_path, find_ffmpeg

__all__ = [
    "CurveAxes",
    "DistributionAnimation",
    "DistributionAxes",
    "GridFilm",
    "MixtureAnimation",
    "PointAxes",
    "QuadraticsAnimation",
    "VideoWriter",
    "check_video_path",
    "find_ffmpeg",
    "image_grid",
    "plot_curves",
    "plot_distributions",
    "plot_mixture",
    "plot_quadratics",
    "show_distributions",
    "show_mixture",
    "show_quadratics",
    "write_png",
]

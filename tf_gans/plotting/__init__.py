"""Figures and films; nothing here knows how anything is trained."""

from tf_gans import moved
from tf_gans.plotting.images import (
    GridFilm,
    class_grid,
    image_grid,
    labelled_grid,
    picture_scale,
    write_png,
)
from tf_gans.plotting.neighbours import neighbours_grid
from tf_gans.plotting.training_curves import plot_curves
from tf_gans.plotting.video import VideoWriter, check_video_path, find_ffmpeg

__all__ = [
    "GridFilm",
    "VideoWriter",
    "check_video_path",
    "class_grid",
    "find_ffmpeg",
    "image_grid",
    "labelled_grid",
    "neighbours_grid",
    "picture_scale",
    "plot_curves",
    "write_png",
]
__getattr__ = moved.attributes(__name__)

"""Figures and films; nothing here knows how anything is trained."""

from tf_gans.plotting.distributions import (
    DistributionAnimation,
    DistributionAxes,
    plot_distributions,
    show_distributions,
)
from tf_gans.plotting.video import VideoWriter, check_video_path, find_ffmpeg

__all__ = [
    "DistributionAnimation",
    "DistributionAxes",
    "VideoWriter",
    "check_video_path",
    "find_ffmpeg",
    "plot_distributions",
    "show_distributions",
]

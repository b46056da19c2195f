"""Images to features, by networks that say which they are."""

from tf_gans.features.base import Features
from tf_gans.features.digits import digits
from tf_gans.features.inception import inception
from tf_gans.features.own import of_file, of_model, pixels
from tf_gans.features.scores import Score

__all__ = [
    "Features",
    "Score",
    "digits",
    "inception",
    "of_file",
    "of_model",
    "pixels",
]

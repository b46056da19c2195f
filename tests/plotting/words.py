"""The words that a picture shows."""

from matplotlib.figure import Figure
from matplotlib.text import Text

from tf_gans.plotting.picture import Sheet


def words(picture):
    """The texts of a `Picture` without its title, as a list."""
    figure = Figure()
    picture.draw_axes(Sheet(figure, *picture.size))
    figure.canvas.draw()  # ticks get their labels
    return [text.get_text() for text in figure.findobj(Text)]

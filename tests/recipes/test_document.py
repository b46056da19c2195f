"""docs/recipes.md, which is made of the recipes' own data."""

import pytest

from benchmarks import recipes as document
from tests.paths import ROOT
from tf_gans.recipes import autoencoder, dcgan, members, mnist, objectives

RECIPES = [*members.RECIPES.values(), *mnist._RECIPES.values()]
RECIPES += [*dcgan._RECIPES.values(), *autoencoder._RECIPES.values()]


def test_is_what_the_recipes_say():
    """After a change: python -m benchmarks.recipes --write docs/recipes.md"""
    text = (ROOT / "docs/recipes.md").read_text("utf-8")
    assert text == document.document()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.source)
def test_every_value_has_a_source(recipe):
    assert set(recipe.sources) == set(objectives.VALUES)
    assert document.of_images(recipe).keys() == set(objectives.VALUES)
    for text in recipe.sources.values():
        assert text.partition(" | ")[0].strip()

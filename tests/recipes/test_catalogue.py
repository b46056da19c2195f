"""The catalogue of names: it is the recipes', and loads no TensorFlow."""

import subprocess
import sys

import pytest

from tf_gans.recipes import (
    autoencoder,
    catalogue,
    dcgan,
    family,
    members,
    mnist,
    semi_supervised,
)
from tf_gans.recipes.catalogue import PROBLEMS
from tf_gans.toys.gaussian import recipes as gaussian
from tf_gans.toys.mixtures import recipes as mixtures
from tf_gans.toys.quadratics import recipes as quadratics

RECIPES = {
    "gaussian": gaussian,
    "curves": quadratics,
    "mixtures": mixtures,
    "mnist": mnist,
    "dcgan": dcgan,
    "autoencoder": autoencoder,
    "variants": family,
    "semi_supervised": semi_supervised,
}


def test_loads_no_tensorflow():
    """So flags are answered at once; the values of the recipes are there."""
    code = (
        "import sys\n"
        "from tf_gans.recipes import catalogue, dcgan, family, mnist\n"
        "from tf_gans.recipes import semi_supervised\n"
        "assert semi_supervised.get('book').steps == 8000\n"
        "assert family.get('wgan-gp').batch_size == 64\n"
        "assert dcgan.get().epochs == 25 and mnist.get().epochs == 10\n"
        "loaded = {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_problem_has_its_recipes():
    assert PROBLEMS.keys() == RECIPES.keys()
    for name, problem in PROBLEMS.items():
        module = RECIPES[name]
        assert problem.recipes == module.NAMES
        assert problem.default in problem.recipes
        for recipe in problem.recipes:
            for preset in problem.presets or ((),):
                assert module.get(recipe, *[preset] if preset else []).source
        with pytest.raises(ValueError, match="must be one of"):
            module.get("no such recipe")


def test_nothing_is_left_out():
    """A recipe that stands in a table can also be named."""
    assert set(gaussian._RECIPES) == set(gaussian.NAMES)
    assert set(quadratics._RECIPES) == set(quadratics.NAMES)
    assert set(mnist._RECIPES) == set(mnist.NAMES)
    assert set(dcgan._RECIPES) == set(dcgan.NAMES)
    assert set(autoencoder._RECIPES) == set(autoencoder.NAMES)
    assert set(semi_supervised._RECIPES) == set(semi_supervised.NAMES)
    assert {name for name, *_ in members.RECIPES} == set(family.NAMES)
    assert {preset for _, preset, *_ in members.RECIPES} == set(family.PRESETS)


def test_losses():
    assert PROBLEMS["gaussian"].losses == tuple(gaussian.LOSSES)
    assert PROBLEMS["curves"].losses == tuple(quadratics.LOSSES)
    assert quadratics.get("stable").loss == PROBLEMS["curves"].losses[0]


def test_options_are_those_of_build():
    """Each is an option of some member, or is refused with its reason."""
    options = PROBLEMS["variants"].options
    assert len(options) == len(set(options))
    names = {"networks": "infogan", "optimizer": "adam"}
    recipe, changed = family.get("vae"), set()
    for option in options:
        try:
            family._changed("vae", recipe, {option: names.get(option, 2)})
            changed.add(option)
        except ValueError as error:
            assert f"`{option}` does nothing" in str(error)
    assert {"spread", "batch_norm", "beta_1", "latent_dim"} < changed
    assert changed.isdisjoint({"gamma", "critic_steps", "filters"})


class TestLookup:
    TABLE = {"paper": 1, "code": 2}

    def test_finds(self):
        assert catalogue.lookup(self.TABLE, "code") == 2

    @pytest.mark.parametrize("name", ["x", "", None, 3])
    def test_unknown(self, name):
        with pytest.raises(ValueError) as error:
            catalogue.lookup(self.TABLE, name, "preset")
        assert str(error.value) == (
            f"`preset` must be one of paper, code. Received: preset={name!r}"
        )

    def test_nearest(self):
        with pytest.raises(ValueError, match="did you mean 'paper'"):
            catalogue.lookup(self.TABLE, "papers")

"""No network resizes images: XLA has no gradient of that on a GPU."""

import ast

import keras
import pytest
import tensorflow as tf

from tests.paths import ROOT
from tf_gans import recipes
from tf_gans.recipes.catalogue import PROBLEMS

FOLDERS = ("networks", "models", "recipes")
NAMES = ("resize", "UpSampling")


def resizing(tree):
    """The names in a program that are of resizing."""
    found = set()
    for node in ast.walk(tree):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        if isinstance(node, ast.alias):
            name = node.name
        if isinstance(name, str) and any(part in name for part in NAMES):
            found.add(name)
    return found


def operations(function, *arguments):
    """The types of all operations of a program and of what it calls."""
    graph = function.get_concrete_function(*arguments).graph
    types = {op.type for op in graph.get_operations()}
    for definition in graph.as_graph_def().library.function:
        types |= {node.op for node in definition.node_def}
    return types


def gradient(network, shapes):
    """A compiled gradient of a network's outputs."""

    @tf.function(autograph=False)
    def differentiate(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            arguments = inputs if len(inputs) > 1 else inputs[0]
            if getattr(network, "num_classes", None):
                arguments = (arguments, tf.zeros((2,), tf.int32))
            outputs = network(arguments, training=True)
            loss = sum(
                tf.reduce_sum(tf.cast(x, tf.float32))
                for x in tf.nest.flatten(outputs)
            )
        return tape.gradient(loss, [*inputs, *network.trainable_variables])

    return operations(differentiate, *(tf.zeros(s) for s in shapes))


def resizes(types):
    return {name for name in types if "Resize" in name}


def test_of_the_source():
    files = [
        path
        for folder in FOLDERS
        for path in (ROOT / "tf_gans" / folder).rglob("*.py")
    ]
    assert len(files) > 20
    for path in files:
        assert resizing(ast.parse(path.read_text("utf-8"))) == set(), path


def test_that_one_would_be_found():
    program = "x = tf.image.resize(x, (8, 8)); y = layers.UpSampling2D()(x)"
    assert resizing(ast.parse(program)) == {"resize", "UpSampling2D"}
    network = keras.Sequential(
        [
            keras.layers.Input((4, 4, 1)),
            keras.layers.UpSampling2D(interpolation="bilinear"),
        ]
    )
    found = resizes(gradient(network, [(2, 4, 4, 1)]))
    assert found == {"ResizeBilinear", "ResizeBilinearGrad"}


MODULES = {
    "mnist": recipes.mnist,
    "dcgan": recipes.dcgan,
    "variants": recipes.family,
}


def different_networks():
    """A problem, a recipe and options for each pair of networks."""
    pairs = {}
    for problem, module in MODULES.items():
        for name in PROBLEMS[problem].recipes:
            for preset in PROBLEMS[problem].presets or [None]:
                options = {"preset": preset} if preset else {}
                recipe = module.get(name, *options.values())
                key = repr((recipe.networks, recipe.objective.opponent))
                if problem == "dcgan":
                    options["width"] = 4
                if getattr(recipe.objective, "labelled", False):
                    options["num_classes"] = 3
                pairs.setdefault(key, (problem, name, options))
    return list(pairs.values())


RECIPES = different_networks()


@pytest.mark.slow
@pytest.mark.parametrize(("problem", "name", "options"), RECIPES)
def test_of_the_gradient(problem, name, options):
    model = MODULES[problem].build(name, **options)
    networks = {
        part: getattr(model, part)
        for part in ("generator", "discriminator", "encoder")
        if hasattr(model, part)
    }
    assert len(networks) == 2
    for part, network in networks.items():
        is_first = part == "generator"
        shape = model.latents.shape if is_first else model.sample_shape
        types = gradient(network, [(2, *shape)])
        assert "MatMul" in types or "Conv2D" in types
        assert resizes(types) == set(), part


def test_several_networks_are_looked_at():
    assert {problem for problem, _, _ in RECIPES} == set(MODULES)
    assert {"conv", "dense", "paper", "began", "vae"} <= {
        n for _, n, _ in RECIPES
    }

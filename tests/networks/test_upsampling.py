"""No network resizes images: XLA has no gradient of that on a GPU."""

import ast

import keras
import pytest
import tensorflow as tf

from tests.paths import ROOT
from tf_gans import recipes
from tf_gans.recipes import members
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


RECIPES = [
    ("mnist", "conv", {}),
    ("mnist", "dense", {}),
    ("dcgan", "paper", {"width": 4}),
    ("dcgan", "carpedm20", {"width": 4}),
    *(("variants", name, {}) for name in members.NAMES),
    ("variants", "began", {"preset": "code"}),
    ("variants", "wgan-gp", {"preset": "code"}),
]


@pytest.mark.parametrize(("problem", "name", "options"), RECIPES)
def test_of_the_gradient(problem, name, options):
    module = {
        "mnist": recipes.mnist,
        "dcgan": recipes.dcgan,
        "variants": recipes.family,
    }[problem]
    model = module.build(name, **options)
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


def test_each_recipe_is_looked_at():
    for problem in ("mnist", "dcgan", "variants"):
        named = {name for p, name, _ in RECIPES if p == problem}
        assert named == set(PROBLEMS[problem].recipes)

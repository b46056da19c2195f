"""The promises of docs/security.md that have no other place."""

import ast
import socket

import keras
import pytest

from tests.paths import ROOT
from tests.serving import models
from tf_gans.errors import UserError
from tf_gans.features import own
from tf_gans.serving.model import SavedModel
from tf_gans.serving.server import Server

SOURCES = [
    path
    for folder in ("tf_gans", "scripts", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# What reads objects from a file, or code.
LOADERS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
LOADERS |= {"joblib"}
# What speaks to others: the client's side of serving, and its server.
NETWORK = {"urllib.request", "requests", "http.client", "ftplib", "httpx"}


def imported(tree):
    """The names of all modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(tree, name):
    """The calls of a method, such as `load` of anything."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func).endswith(name)
    ]


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_nothing_unpickles(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert not LOADERS & {name.partition(".")[0] for name in imported(tree)}
    for call in calls(tree, "np.load"):
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert given.get("allow_pickle") == "False", ast.unparse(call)
    for call in calls(tree, ".load_model"):
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert given.get("safe_mode") == "True", ast.unparse(call)


def test_only_serving_speaks_to_others():
    speaking = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if NETWORK & set(imported(ast.parse(path.read_text("utf-8"))))
        and path.is_relative_to(ROOT / "tf_gans")
    }
    assert speaking == {"tf_gans/serving/model.py"}


def test_a_keras_file_runs_no_code(tmp_path):
    image = keras.Input((8, 8, 3))
    x = keras.layers.Lambda(lambda x: x * 2, output_shape=(8, 8, 3))(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    path = tmp_path / "net.keras"
    keras.Model(image, x).save(path)
    with pytest.raises(UserError, match=r"net\.keras: cannot be used"):
        own.of_file(path)


def test_the_server_listens_on_the_loopback_interface_alone():
    with Server(SavedModel(models.path("gaussian"), "gaussian"), 0) as server:
        assert server.socket.getsockname()[0] == "127.0.0.1"
        assert server.socket.family == socket.AF_INET

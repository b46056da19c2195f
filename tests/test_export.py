"""What an exported SavedModel promises to those who have nothing but it."""

import base64
import errno
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import urllib.request

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

import tf_gans.toys.gaussian
from tests.paths import ROOT
from tests.serving_helpers import operations
from tf_gans import export, files
from tf_gans.errors import UserError

HELPERS = pathlib.Path(__file__).parent / "serving_helpers"
TENSORFLOW = pathlib.Path(tf.__file__).parent
COMMITTED = sorted(
    path for path in ROOT.glob("saved_models/*/*") if path.name.isdigit()
)

SIGNATURES = {
    "serving_default": ({"z"}, {"samples"}),
    "sample": ({"seeds"}, {"samples"}),
    "generate": ({"num_samples", "seed"}, {"samples", "z"}),
    "discriminate": ({"samples"}, {"logits", "probabilities"}),
}

# Operations with state that a pure function of its inputs may have all the
# same: checking them, reading variables, calling functions, restoring a checkpoint.
HARMLESS = {
    "Assert",
    "AssignVariableOp",
    "DisableCopyOnRead",
    "MergeV2Checkpoints",
    "PartitionedCall",
    "Placeholder",
    "ReadVariableOp",
    "RestoreV2",
    "SaveV2",
    "StatefulPartitionedCall",
    "VarHandleOp",
    "While",
}


@keras.saving.register_keras_serializable(package="test_export")
class Images(keras.Model):
    """Two networks in one: z to images, or images to logits, with BatchNorm."""

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = shape
        self.dense = keras.layers.Dense(int(np.prod(shape)))
        self.norm = keras.layers.BatchNormalization()

    def build(self, input_shape):
        self.dense.build((None, int(np.prod(input_shape[1:]))))
        self.norm.build((None, *self.shape))

    def call(self, inputs, training=None):
        rows = tf.reshape(inputs, (-1, int(np.prod(inputs.shape[1:]))))
        outputs = tf.reshape(self.dense(rows), (-1, *self.shape))
        return self.norm(outputs, training=training)


def gaussian_gan():
    """All at once: an average, minibatch discrimination, compiled training."""
    gan = tf_gans.GAN(
        tf_gans.toys.gaussian.networks.Generator(seed=3),
        tf_gans.toys.gaussian.networks.Discriminator(minibatch=True, seed=3),
        tf_gans.latents.Uniform((1,)),
        ema_decay=0.9,
    )
    gan.compile(
        keras.optimizers.Adam(0.1),
        keras.optimizers.Adam(0.1),
        jit_compile=True,
        steps_per_execution=2,
    )
    source = tf_gans.data.Gaussian(batch_size=8)
    gan.fit(source, steps_per_epoch=2, verbose=0)
    return gan


def stratified_gan():
    return tf_gans.GAN(
        tf_gans.toys.gaussian.networks.Generator(seed=4),
        tf_gans.toys.gaussian.networks.Discriminator(seed=4),
        tf_gans.latents.Stratified(),
    )


def image_gan():
    keras.utils.set_random_seed(5)
    gan = tf_gans.GAN(
        Images((4, 4, 2)), Images((1,)), tf_gans.latents.Normal((3, 2))
    )
    for network in (gan.generator, gan.discriminator):
        network.norm.moving_mean.assign(0.3 + 0 * network.norm.moving_mean)
        network.norm.moving_variance.assign(
            7 * network.norm.moving_variance + 1
        )
    return gan


GANS = {
    "gaussian": gaussian_gan,
    "stratified": stratified_gan,
    "images": image_gan,
}


class Exported:
    """A model, its SavedModel's path, and the SavedModel, loaded."""

    def __init__(self, name, gan, path):
        self.name, self.gan, self.path = name, gan, path
        self.loaded = tf.saved_model.load(str(path))

    def __call__(self, signature, **inputs):
        return run(self.loaded, signature, **inputs)


def run(loaded, signature, **inputs):
    outputs = loaded.signatures[signature](
        **{name: tf.constant(value) for name, value in inputs.items()}
    )
    return {name: tensor.numpy() for name, tensor in outputs.items()}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("saved_models")


@pytest.fixture(scope="module")
def gaussian(directory):
    gan = gaussian_gan()
    path = export.export_saved_model(gan, directory / "gaussian")
    return Exported("gaussian", gan, path)


@pytest.fixture(scope="module", params=GANS)
def exported(request, directory):
    if request.param == "gaussian":
        return request.getfixturevalue("gaussian")
    gan = GANS[request.param]()
    # As strings, which the other fixture's paths are not.
    target = str(directory / request.param)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "images":  # Take it for a large one.
            patch.setattr(export, "_ROW_BY_ROW", 0)
        path = export.export_saved_model(gan, target)
    return Exported(request.param, gan, path)


@pytest.fixture(scope="module", params=COMMITTED or ["none"], ids=str)
def committed(request):
    if not COMMITTED:
        pytest.skip("no model stands in saved_models/")
    return request.param


def calls_for(loaded):
    """One call of each signature: `[(signature, inputs)]`."""
    specs = {
        name: function.structured_input_signature[1]
        for name, function in loaded.signatures.items()
    }
    rng = np.random.default_rng(0)

    def rows(spec):
        shape = (5, *spec.shape[1:])
        return rng.uniform(-3, 3, shape).astype(np.float32)

    return [
        ("serving_default", {"z": rows(specs["serving_default"]["z"])}),
        ("sample", {"seeds": np.array([0, -1, 2**62, 7], np.int64)}),
        ("generate", {"num_samples": np.int32(6), "seed": np.int64(2**40)}),
        ("discriminate", {"samples": rows(specs["discriminate"]["samples"])}),
    ]


def expected_for(loaded):
    return [(*c, run(loaded, c[0], **c[1])) for c in calls_for(loaded)]


def as_json(array):
    array = np.asarray(array)
    return [array.dtype.name, list(array.shape), array.ravel().tolist()]


def from_json(value):
    dtype, shape, values = value
    if dtype == "string":
        dtype, values = object, [base64.b64decode(v) for v in values]
    return np.array(values, dtype).reshape(shape)


def run_helper(arguments, calls, **kwargs):
    process = subprocess.run(
        [sys.executable, *map(str, arguments)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=120,
        **kwargs,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def read_meta_graph(path):
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((path / "saved_model.pb").read_bytes())
    (meta_graph,) = saved_model.meta_graphs
    return meta_graph


def check_standalone(path):
    """Only TensorFlow's own operations, no state, no XLA."""
    graph = read_meta_graph(path).graph_def
    nodes = list(graph.node)
    for function in graph.library.function:
        nodes += function.node_def
        assert not function.attr["_XlaMustCompile"].b
    for node in nodes:
        assert not node.attr["_XlaMustCompile"].b
        operation = op_def_registry.get(node.op)
        if operation is None:
            # Calls of the graph's own functions are the one other kind.
            assert node.op in {f.signature.name for f in graph.library.function}
        else:
            assert not operation.is_stateful or node.op in HARMLESS, node.op
        assert "PyFunc" not in node.op
    # The newest model server is of that version.
    assert operations.unknown(graph) == []


def run_in_c_api(path, calls):
    """Runs `(signature, inputs)` in the C++ loader, XLA disabled."""
    signatures = read_meta_graph(path).signature_def
    requests = []
    for name, inputs in calls:
        signature = signatures[name]
        requests.append(
            {
                "inputs": {
                    signature.inputs[key].name: as_json(value)
                    for key, value in inputs.items()
                },
                "outputs": [
                    signature.outputs[key].name
                    for key in sorted(signature.outputs)
                ],
            }
        )
    answers = run_helper([HELPERS / "capi.py", TENSORFLOW, path], requests)
    return [
        answer
        if isinstance(answer, dict)
        else dict(
            zip(
                sorted(signatures[name].outputs),
                map(from_json, answer),
                strict=True,
            )
        )
        for (name, _), answer in zip(calls, answers, strict=True)
    ]


def check_in_c_api(path):
    if not (TENSORFLOW / "libtensorflow_cc.so.2").exists():
        pytest.skip("this TensorFlow has no libtensorflow_cc.so.2")
    expected = expected_for(tf.saved_model.load(str(path)))
    answers = run_in_c_api(path, [call[:2] for call in expected])
    for (signature, _, values), answer in zip(expected, answers, strict=True):
        assert answer.keys() == values.keys(), signature
        for name in values:
            np.testing.assert_array_equal(answer[name], values[name])


def test_export_returns_the_path_of_the_version(gaussian, directory):
    assert gaussian.path == directory / "gaussian" / "1"
    assert list(gaussian.path.parent.iterdir()) == [gaussian.path]
    # Readable by whom it may be: a server often runs as another user.
    assert gaussian.path.stat().st_mode & 0o777 == 0o755 & ~current_umask()


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_signatures_are_named(exported):
    signatures = exported.loaded.signatures
    assert signatures.keys() == SIGNATURES.keys()
    latents, gan = exported.gan.latents, exported.gan
    sample_shape = gan.sample(2).shape[1:].as_list()
    shapes = {
        "z": (tf.float32, [None, *latents.shape]),
        "seeds": (tf.int64, [None]),
        "num_samples": (tf.int32, []),
        "seed": (tf.int64, []),
        "samples": (tf.float32, [None, *sample_shape]),
    }
    for name, (inputs, outputs) in SIGNATURES.items():
        specs = signatures[name].structured_input_signature[1]
        assert specs.keys() == inputs
        assert signatures[name].structured_outputs.keys() == outputs
        for key, spec in specs.items():
            assert (spec.dtype, spec.shape.as_list()) == shapes[key]
        for key, spec in signatures[name].structured_outputs.items():
            assert spec.dtype == tf.float32
            if key in shapes:
                assert spec.shape.as_list() == shapes[key][1]


def test_serving_default_is_the_sampler(exported):
    z = exported.gan.latents.draw(1, "test", 0, 1, 9)[0]
    expected = exported.gan.sampler(z, training=False)
    samples = exported("serving_default", z=z)["samples"]
    np.testing.assert_allclose(samples, expected, rtol=1e-5, atol=1e-6)


def test_the_average_is_exported_where_one_is_kept(gaussian):
    z = tf.linspace(-1.0, 1.0, 9)[:, tf.newaxis]
    samples = gaussian("serving_default", z=z)["samples"]
    np.testing.assert_allclose(
        samples, gaussian.gan.ema_generator(z), rtol=1e-5
    )
    assert np.abs(samples - gaussian.gan.generator(z)).max() > 0.01


@pytest.mark.parametrize("num_samples", [1, 2, 7, 1000])
def test_generate_is_sample_of_the_model(exported, num_samples):
    outputs = exported("generate", num_samples=num_samples, seed=np.int64(-3))
    z = exported.gan.latents.draw(-3, "sample", 0, 1, num_samples)[0]
    np.testing.assert_array_equal(outputs["z"], z)
    np.testing.assert_allclose(
        outputs["samples"],
        exported.gan.sample(num_samples, seed=-3),
        rtol=1e-5,
        atol=1e-6,
    )


def test_generate_is_determined_by_its_seed(exported):
    first, again, other = (
        exported("generate", num_samples=64, seed=np.int64(seed))
        for seed in (2**40, 2**40, 2**40 + 1)
    )
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert (first[name] != other[name]).mean() > 0.9


def test_sample_draws_each_row_from_its_seed(exported):
    seeds = np.array([5, -9, 5, 2**62], np.int64)
    samples = exported("sample", seeds=seeds)["samples"]
    z = exported.gan.latents.draw_each(seeds)
    np.testing.assert_allclose(
        samples,
        exported.gan.sampler(z, training=False),
        rtol=1e-5,
        atol=1e-6,
    )
    np.testing.assert_array_equal(samples[0], samples[2])
    assert (samples[0] != samples[1]).any()
    assert (samples[0] != samples[3]).any()
    none = exported("sample", seeds=np.zeros(0, np.int64))["samples"]
    assert none.shape == (0, *samples.shape[1:])


def check_rows(loaded, compare):
    seeds = np.arange(-300, 700)
    whole = run(loaded, "sample", seeds=seeds)["samples"]
    for size in (1, 2, 7, 8, 64, 999):
        for part in (slice(size), slice(1000 - size, 1000)):
            rows = run(loaded, "sample", seeds=seeds[part])["samples"]
            compare(rows, whole[part])
    order = np.random.default_rng(0).permutation(1000)
    rows = run(loaded, "sample", seeds=seeds[order])["samples"]
    compare(rows, whole[order])


def test_rows_of_sample_do_not_depend_on_the_batch(exported):
    def compare(rows, whole):
        if exported.name == "images":
            np.testing.assert_allclose(rows, whole, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(rows, whole)

    check_rows(exported.loaded, compare)


def test_discriminate(exported):
    samples = exported.gan.sample(9, seed=1) + 0.5
    outputs = exported("discriminate", samples=samples)
    logits = exported.gan.discriminator(samples, training=False)
    np.testing.assert_allclose(outputs["logits"], logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        outputs["probabilities"],
        1 / (1 + np.exp(-outputs["logits"].astype(float))),
        rtol=1e-5,
    )


def test_graph_stands_alone(exported):
    check_standalone(exported.path)


def test_check_of_graphs_finds_what_it_looks_for(tmp_path):
    def save(name, function, **options):
        module = tf.Module()
        spec = tf.TensorSpec((None,), tf.float32)
        module.function = tf.function(
            function, input_signature=[spec], **options
        )
        tf.saved_model.save(module, tmp_path / name, module.function)
        return tmp_path / name

    check_standalone(save("plain", lambda x: x + 1))
    for path in (
        save("xla", lambda x: x + 1, jit_compile=True),
        save("random", lambda x: x + tf.random.normal((1,))),
        save("python", lambda x: tf.numpy_function(np.sin, [x], tf.float32)),
    ):
        with pytest.raises(AssertionError):
            check_standalone(path)


def test_exporting_is_silent(gaussian, tmp_path, capfd):
    export.export_saved_model(gaussian.gan, tmp_path)
    assert capfd.readouterr() == ("", "")


# Versions, and all or nothing ------------------------------------------------


class Archive:
    """Stands for `keras.export.ExportArchive`, whose work takes seconds."""

    def write_out(self, path, verbose):
        (path / "variables").mkdir(parents=True)
        (path / "variables" / "variables.index").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"graph")


def stand_in(monkeypatch, archive):
    monkeypatch.setattr(export, "_archive", lambda *_: (archive(), {}))


@pytest.fixture
def quick(monkeypatch):
    stand_in(monkeypatch, Archive)
    monkeypatch.setattr(export, "describe", lambda *_, **more: {})
    return monkeypatch


def names(directory):
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*"))


def test_versions_count_up(quick, tmp_path):
    directory = tmp_path / "deep" / "model"
    for version in (1, 2, 3):
        path = export.export_saved_model(None, directory)
        assert path == directory / str(version)
        assert names(path) == [
            "assets.extra",
            "assets.extra/tf_gans.json",
            "assets.extra/tf_serving_warmup_requests",
            "batching_params.pbtxt",
            "saved_model.pb",
            "variables",
            "variables/variables.index",
        ]
    assert {p.name for p in directory.iterdir()} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("present", "version"),
    [
        (["1", "7", "3"], "8"),
        (["9", "10"], "11"),
        (["0"], "1"),
        (["00041"], "42"),
        (["latest", "v5", "1.5", "-7", ".tmp-9", "²"], "1"),
        (["2", "backup-3", ".tmp-old"], "3"),
    ],
)
def test_version_follows_the_largest_number(quick, tmp_path, present, version):
    for name in present:
        (tmp_path / name).mkdir()
    path = export.export_saved_model(None, tmp_path)
    assert path == tmp_path / version
    assert {p.name for p in tmp_path.iterdir()} == {*present, version}


def test_a_failed_export_leaves_nothing(quick, tmp_path):
    class FullDisk(Archive):
        def write_out(self, path, verbose):
            super().write_out(path, verbose)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    export.export_saved_model(None, tmp_path)
    before = names(tmp_path)
    stand_in(quick, FullDisk)
    with pytest.raises(UserError) as error:
        export.export_saved_model(None, tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: cannot be written: No space left on device"
    )
    assert names(tmp_path) == before


@pytest.mark.parametrize("step", ["sync", "rename"])
def test_a_late_failure_leaves_nothing(quick, tmp_path, step):
    def fail(*args):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    quick.setattr(
        *((export, "sync") if step == "sync" else (os, "rename")), fail
    )
    with pytest.raises(UserError, match="Input/output error"):
        export.export_saved_model(None, tmp_path)
    assert names(tmp_path) == []


def test_what_a_killed_export_left_is_swept(quick, tmp_path):
    """And nothing of a living process, or of anyone else's."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".tf_gans-{dead.pid}-0123abcd" / "saved_model"
    kept = (
        files.temporary_path(tmp_path / "tmp").name,
        ".tf_gans-notes",
        "mine",
    )
    left.mkdir(parents=True)
    (left / "saved_model.pb").touch()
    for name in kept:
        (tmp_path / name).mkdir()
    export.export_saved_model(None, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {*kept, "1"}


def test_an_interrupted_export_leaves_nothing(quick, tmp_path):
    class Interrupted(Archive):
        def write_out(self, path, verbose):
            super().write_out(path, verbose)
            raise KeyboardInterrupt

    stand_in(quick, Interrupted)
    with pytest.raises(KeyboardInterrupt):
        export.export_saved_model(None, tmp_path)
    assert names(tmp_path) == []


def test_tensorflow_cannot_write_on(gaussian, tmp_path):
    """The real thing: no file may grow beyond 64 KiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, hard))
    try:
        with pytest.raises(UserError) as error:
            export.export_saved_model(gaussian.gan, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(error.value) == f"{tmp_path}: cannot be written: File too large"
    assert names(tmp_path) == []


@pytest.mark.parametrize("below", ["", "model"])
def test_a_file_is_no_directory(quick, tmp_path, below):
    file = tmp_path / "file"
    file.write_text("text")
    path = file / below
    with pytest.raises(UserError) as error:
        export.export_saved_model(None, path)
    assert str(error.value) == f"{path}: cannot be written: Not a directory"
    assert file.read_text() == "text"


# Where this package, Keras or Python is not -----------------------------------


def test_runs_in_the_c_api_without_xla(exported):
    check_in_c_api(exported.path)


def test_c_api_refuses_xla_as_a_server_does(tmp_path):
    if not (TENSORFLOW / "libtensorflow_cc.so.2").exists():
        pytest.skip("this TensorFlow has no libtensorflow_cc.so.2")
    module = tf.Module()
    module.function = tf.function(
        lambda x: {"y": x + 1},
        input_signature=[tf.TensorSpec((None,), tf.float32, "x")],
        jit_compile=True,
    )
    tf.saved_model.save(module, tmp_path, {"serving_default": module.function})
    (answer,) = run_in_c_api(
        tmp_path, [("serving_default", {"x": np.zeros(2, np.float32)})]
    )
    assert "XLA compilation disabled" in answer["error"]


def test_loads_where_keras_and_tf_gans_are_absent(gaussian, tmp_path):
    packages, empty = tmp_path / "packages", tmp_path / "empty"
    packages.mkdir()
    empty.mkdir()
    for path in TENSORFLOW.parent.iterdir():
        if not path.name.startswith(("keras", "tf_gans", "__editable__")):
            (packages / path.name).symlink_to(path)
    expected = expected_for(gaussian.loaded)
    answers = run_helper(
        ["-S", HELPERS / "plain_tensorflow.py", gaussian.path],
        [
            [name, {k: as_json(v) for k, v in inputs.items()}]
            for name, inputs, _ in expected
        ],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(packages)},
    )
    for (_, _, values), answer in zip(expected, answers, strict=True):
        assert answer.keys() == values.keys()
        for name in values:
            np.testing.assert_array_equal(from_json(answer[name]), values[name])


def test_loads_in_a_session_of_tensorflow_1(gaussian):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.loader.load(
            session, ["serve"], str(gaussian.path)
        )
        answers = []
        for name, inputs in calls_for(gaussian.loaded):
            signature = meta_graph.signature_def[name]
            answers.append(
                session.run(
                    {k: v.name for k, v in signature.outputs.items()},
                    {signature.inputs[k].name: v for k, v in inputs.items()},
                )
            )
    for (*_, values), answer in zip(
        expected_for(gaussian.loaded), answers, strict=True
    ):
        for name in values:
            np.testing.assert_array_equal(answer[name], values[name])


@pytest.fixture(scope="module")
def served(gaussian):
    pytest.importorskip(
        "tensorflow_serving", reason="tensorflow-serving-api is not installed"
    )
    from tests.serving_helpers import loopback

    with loopback.serve(gaussian.path, "gaussian") as ports:
        yield ports


def test_grpc_round_trip(gaussian, served):
    import grpc
    from tensorflow_serving.apis import (
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    with grpc.insecure_channel(f"127.0.0.1:{served[0]}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for name, inputs, values in expected_for(gaussian.loaded):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "gaussian"
            request.model_spec.signature_name = name
            for key, value in inputs.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
            response = stub.Predict(request, timeout=30)
            assert response.outputs.keys() == values.keys()
            for key in values:
                np.testing.assert_array_equal(
                    tf.make_ndarray(response.outputs[key]), values[key]
                )


def test_rest_requests_of_the_readme(gaussian, served):
    text = (ROOT / "saved_models" / "README.md").read_text(encoding="utf-8")
    requests = re.findall(
        r"curl http://127.0.0.1:8501(/\S+) \\\n +-d '(.*)'", text
    )
    answers = {}
    for path, body in requests:
        signature = json.loads(body).get("signature_name", "serving_default")
        url = f"http://127.0.0.1:{served[1]}{path}"
        with urllib.request.urlopen(url, body.encode(), timeout=30) as response:
            answers[signature] = json.load(response)
    assert answers.keys() == SIGNATURES.keys()

    def single(values):
        return np.array(values, np.float32)

    z = single([[-1], [0], [1]])
    np.testing.assert_array_equal(
        single(answers["serving_default"]["predictions"]),
        gaussian("serving_default", z=z)["samples"],
    )
    np.testing.assert_array_equal(
        single(answers["sample"]["predictions"]),
        gaussian("sample", seeds=np.arange(1, 4))["samples"],
    )
    generated = gaussian("generate", num_samples=5, seed=np.int64(7))
    judged = gaussian("discriminate", samples=single([[3.5], [4], [9]]))
    for name in generated:
        np.testing.assert_array_equal(
            single(answers["generate"]["outputs"][name]), generated[name]
        )
    for name in judged:
        rows = answers["discriminate"]["predictions"]
        np.testing.assert_array_equal(
            single([row[name] for row in rows]), judged[name]
        )


# The models that ship ---------------------------------------------------------


def test_committed_model_is_what_is_exported_today(committed):
    loaded = tf.saved_model.load(str(committed))
    for name, (inputs, outputs) in SIGNATURES.items():
        function = loaded.signatures[name]
        assert function.structured_input_signature[1].keys() == inputs
        assert function.structured_outputs.keys() == outputs
    check_standalone(committed)
    check_rows(loaded, np.testing.assert_array_equal)
    generated = run(loaded, "generate", num_samples=64, seed=np.int64(1))
    samples = run(loaded, "serving_default", z=generated["z"])["samples"]
    np.testing.assert_array_equal(samples, generated["samples"])
    judged = run(loaded, "discriminate", samples=samples)
    assert np.isfinite(judged["logits"]).all()


@pytest.fixture(scope="module")
def fresh(directory):
    """Exports models of the shipped ones' kinds, untrained, by their names."""

    def triangles():
        from tf_gans.recipes import dcgan

        return dcgan.build(size=32, channels=1, width=32, ema_decay=0.999)

    def small(minibatch):
        networks = tf_gans.toys.gaussian.networks
        return tf_gans.GAN(
            networks.Generator(),
            networks.Discriminator(minibatch=minibatch),
            tf_gans.latents.Stratified(),
        )

    kinds = {
        "gaussian": lambda: small(False),
        "gaussian_minibatch": lambda: small(True),
        "triangles": triangles,
    }
    return lambda name: export.export_saved_model(
        kinds[name](), directory / "fresh" / name
    )


def test_committed_model_has_the_files_of_a_fresh_export(committed, fresh):
    """`make saved_models` makes them again."""
    path = fresh(committed.parent.name)
    committed_files, fresh_files = (
        {str(p.relative_to(top)) for p in top.rglob("*") if p.is_file()}
        for top in (committed, path)
    )
    assert committed_files == fresh_files
    committed_graph, fresh_graph = map(read_meta_graph, (committed, path))
    assert signatures_of(committed_graph) == signatures_of(fresh_graph)
    about, expected = (
        json.loads((top / export.DESCRIPTION).read_text("utf-8"))
        for top in (committed, path)
    )
    assert about.keys() == expected.keys()
    for name in about.keys() - {"versions", "latents", "about"}:
        assert about[name] == expected[name]
    is_dcgan = committed.parent.name == "triangles"
    said = {
        "generated": True,
        "script": "dcgan" if is_dcgan else "gaussian",
        "recipe": "paper" if is_dcgan else "stable",
        "dataset": "triangles" if is_dcgan else None,
        "seed": 42,
    }
    assert about["about"].items() >= said.items()
    size = sum(p.stat().st_size for p in committed.rglob("*") if p.is_file())
    assert size < 8e6


def signatures_of(meta_graph):
    """The names, types and shapes of all inputs and outputs."""
    return {
        name: [
            {
                key: (
                    info.dtype,
                    tuple(dim.size for dim in info.tensor_shape.dim),
                )
                for key, info in sorted(tensors.items())
            }
            for tensors in (signature.inputs, signature.outputs)
        ]
        for name, signature in meta_graph.signature_def.items()
    }


def test_committed_gaussian_makes_its_distribution(committed):
    if not committed.parent.name.startswith("gaussian"):
        pytest.skip(f"{committed.parent.name} models something else")
    loaded = tf.saved_model.load(str(committed))
    seeds = np.arange(2000)
    for samples in (
        run(loaded, "sample", seeds=seeds)["samples"],
        run(loaded, "generate", num_samples=2000, seed=np.int64(0))["samples"],
    ):
        assert abs(samples.mean() - 4) < 0.1
        assert abs(samples.std() - 0.5) < 0.1


def test_committed_model_runs_in_the_c_api(committed):
    check_in_c_api(committed)

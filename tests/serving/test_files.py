"""What stands beside a graph for the server, read with the server's messages."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tf_gans.toys.gaussian
from tests import image_models
from tests.paths import ROOT
from tests.serving_helpers import messages
from tf_gans import export
from tf_gans.serving import files

NEEDS = "tensorflow-serving-api is not installed"


def gaussian(minibatch=False):
    networks = tf_gans.toys.gaussian.networks
    return tf_gans.GAN(
        networks.Generator(seed=3),
        networks.Discriminator(minibatch=minibatch, seed=3),
        tf_gans.latents.Uniform((1,)),
    )


MODELS = {
    "gaussian": gaussian,
    "minibatch": lambda: gaussian(minibatch=True),
    "conditional": lambda: image_models.build(size=28, num_classes=3),
}


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("models") / request.param
    return export.export_saved_model(MODELS[request.param](), directory)


class TestWarmup:
    def requests(self, version):
        prediction_log_pb2 = pytest.importorskip(
            "tensorflow_serving.apis.prediction_log_pb2", reason=NEEDS
        )
        logs = []
        for record in tf.data.TFRecordDataset(str(version / files.WARMUP)):
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            assert log.WhichOneof("log_type") == "predict_log"
            logs.append(log.predict_log.request)
        return logs

    def test_two_for_each_signature(self, exported):
        """In two rounds. But for single numbers, which a server that joins rows refuses."""
        loaded = tf.saved_model.load(str(exported))
        requests = self.requests(exported)
        names = [request.model_spec.signature_name for request in requests]
        asked = set(names)
        assert len(asked) > 2
        assert names[: len(asked)] == names[len(asked) :]
        refused = (
            {"generate"} if (exported / files.BATCHING).exists() else set()
        )
        assert asked == set(loaded.signatures) - refused
        assert {request.model_spec.name for request in requests} == {
            exported.parent.name
        }

    def test_are_answered(self, exported):
        """Of a row each: types and shapes are those of the signatures."""
        loaded = tf.saved_model.load(str(exported))
        for request in self.requests(exported):
            signature = loaded.signatures[request.model_spec.signature_name]
            inputs = {
                name: tf.constant(tf.make_ndarray(value))
                for name, value in request.inputs.items()
            }
            for values in signature(**inputs).values():
                assert values.shape[0] == 1
                assert values.dtype == tf.string or np.isfinite(values).all()

    def test_come_back(self, exported):
        """As the server's own messages say."""
        read = files.read_warmup(exported)
        for (name, inputs), request in zip(
            read, self.requests(exported), strict=True
        ):
            assert name == request.model_spec.signature_name
            assert inputs.keys() == set(request.inputs)
            for key, value in inputs.items():
                expected = tf.make_ndarray(request.inputs[key])
                assert value.dtype == expected.dtype
                np.testing.assert_array_equal(value, expected)

    def test_long_fields(self, tmp_path):
        """Lengths of more than seven bits, and of more than fourteen."""
        specs = {"judge": [tf.TensorSpec((None, 70, 70), tf.float32, "x")]}
        name = "m" * 200
        files.write_warmup(tmp_path, name, specs)
        request, again = self.requests(tmp_path)
        assert request == again
        assert request.model_spec.name == name
        value = tf.make_ndarray(request.inputs["x"])
        assert value.shape == (1, 70, 70)
        assert files._varint(300) == b"\xac\x02"  # the format's own example
        assert files._varint(2**14) == b"\x80\x80\x01"


class TestBatching:
    def test_requests_of_any_size_are_taken(self, tmp_path):
        version = export.export_saved_model(gaussian(), tmp_path)
        text = (version / files.BATCHING).read_text("ascii")
        parameters = messages.parse("BatchingParameters", text)
        most = parameters.max_batch_size.value
        assert most == parameters.max_execution_batch_size.value > 1
        assert parameters.enable_large_batch_splitting.value
        assert parameters.max_enqueued_batches.value > 0
        # The server wants the last of them to be the largest batch.
        assert not parameters.allowed_batch_sizes

    def test_not_where_rows_see_each_other(self, tmp_path):
        """Strangers' samples would change what the critic says."""
        version = export.export_saved_model(gaussian(minibatch=True), tmp_path)
        assert not (version / files.BATCHING).exists()


class TestConfigs:
    def test_are_what_the_server_reads(self, tmp_path):
        server = pytest.importorskip(
            "tensorflow_serving.config.model_server_config_pb2", reason=NEEDS
        )
        from google.protobuf import text_format

        for version in ("b/1", "a/3", "a/12", "no model"):
            (tmp_path / version).mkdir(parents=True)
            if "/" in version:
                (tmp_path / version / "saved_model.pb").touch()
        files.write_configs(tmp_path, root="/here")
        config = text_format.Parse(
            (tmp_path / "models.config").read_text("utf-8"),
            server.ModelServerConfig(),
        )
        found = [
            (model.name, model.base_path, model.model_platform)
            for model in config.model_config_list.config
        ]
        assert found == [
            ("a", "/here/a", "tensorflow"),
            ("b", "/here/b", "tensorflow"),
        ]
        text = (tmp_path / "monitoring.config").read_text("utf-8")
        monitoring = messages.parse("MonitoringConfig", text)
        assert monitoring.prometheus_config.enable
        assert monitoring.prometheus_config.path.startswith("/monitoring/")

    def test_those_that_ship_name_the_models_that_ship(self, tmp_path):
        for path in ROOT.glob("saved_models/*/1/saved_model.pb"):
            version = tmp_path / path.parent.relative_to(ROOT / "saved_models")
            version.mkdir(parents=True)
            (version / "saved_model.pb").touch()
        files.write_configs(tmp_path)
        for name in ("models.config", "monitoring.config"):
            shipped = (ROOT / "saved_models" / name).read_text("utf-8")
            assert (tmp_path / name).read_text("utf-8") == shipped
        assert "/models/triangles" in (tmp_path / "models.config").read_text()


class TestLimit:
    """`generate` makes as many samples as it may and no more."""

    @pytest.fixture(scope="class")
    def limited(self, tmp_path_factory):
        path = tmp_path_factory.mktemp("limited")
        version = export.export_saved_model(gaussian(), path, max_samples=5)
        about = json.loads((version / export.DESCRIPTION).read_text("utf-8"))
        assert about["max_samples"] == 5
        return tf.saved_model.load(str(version))

    def ask(self, loaded, number):
        return loaded.signatures["generate"](
            num_samples=tf.constant(number), seed=tf.constant(1, tf.int64)
        )["samples"]

    @pytest.mark.parametrize("number", [1, 5])
    def test_allowed(self, limited, number):
        assert self.ask(limited, number).shape == (number, 1)

    @pytest.mark.parametrize("number", [-1, 0, 6, 2**31 - 1])
    def test_refused(self, limited, number):
        line = rf"num_samples` must lie from 1 to 5; received\] \[{number}\]"
        with pytest.raises(tf.errors.InvalidArgumentError, match=line):
            self.ask(limited, number)

    @pytest.mark.parametrize(("labels", "received"), [([], 0), ([0] * 4, 4)])
    def test_labels(self, tmp_path, labels, received):
        gan = image_models.build(size=28, num_classes=3)
        version = export.export_saved_model(gan, tmp_path, max_samples=3)
        loaded = tf.saved_model.load(str(version))
        line = rf"`labels` must lie from 1 to 3; received\] \[{received}\]"
        with pytest.raises(tf.errors.InvalidArgumentError, match=line):
            loaded.signatures["generate"](
                labels=tf.constant(labels, tf.int32),
                seed=tf.constant(1, tf.int64),
            )

    @pytest.mark.parametrize("number", [0, -3, 2.5, True, None, 2**31])
    def test_bad(self, tmp_path, number):
        with pytest.raises(ValueError, match="max_samples"):
            export.export_saved_model(gaussian(), tmp_path, max_samples=number)
        assert not list(tmp_path.iterdir())

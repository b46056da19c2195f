"""`examples/kubernetes/`: the manifests, against the schemas of both kinds."""

import re

import pytest

from tests.paths import ROOT

yaml = pytest.importorskip("yaml", reason="the extra dev is not installed")
jsonschema = pytest.importorskip("jsonschema", reason="see above")
FOLDER = ROOT / "examples" / "kubernetes"


def fields(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
RESOURCES = {"type": "object", "additionalProperties": TEXT}
# Of config/crd/full/serving.kserve.io_inferenceservices.yaml of kserve/kserve at
# aaac4e294, version v1beta1, what is used here; nothing else may be there.
INFERENCE_SERVICE = fields(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "serving.kserve.io/v1beta1"},
    kind={"const": "InferenceService"},
    metadata=fields(["name"], name=TEXT),
    spec=fields(
        ["predictor"],
        predictor=fields(
            minReplicas={"type": "integer"},
            maxReplicas={"type": "integer"},
            model=fields(
                ["modelFormat"],
                modelFormat=fields(["name"], name=TEXT, version=TEXT),
                runtimeVersion=TEXT,
                storageUri=TEXT,
                resources=fields(requests=RESOURCES, limits=RESOURCES),
            ),
        ),
    ),
)


def read(name):
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_of_kubernetes(version):
    validate = pytest.importorskip(
        "kubernetes_validate", reason="the extra dev is not installed"
    )
    documents = read("deployment.yaml")
    kinds = [document["kind"] for document in documents]
    assert kinds == ["PersistentVolumeClaim", "Deployment", "Service"]
    for document in documents:
        validate.validate(document, version, strict=True)


def test_of_kserve():
    (document,) = read("inference_service.yaml")
    jsonschema.validate(document, INFERENCE_SERVICE)


def test_a_mistake_is_found():
    (document,) = read("inference_service.yaml")
    document["spec"]["predictor"]["model"]["storageURI"] = "pvc://x"
    with pytest.raises(jsonschema.ValidationError, match="storageURI"):
        jsonschema.validate(document, INFERENCE_SERVICE)


def test_what_they_name_is_there():
    """Models, ports and the server's version agree among the files."""
    _, deployment, service = read("deployment.yaml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    shipped = ROOT / "saved_models"
    for argument in container["args"]:
        _, _, path = argument.partition("=/models/")
        assert not path or (shipped / path).is_file(), path
    model = container["readinessProbe"]["httpGet"]["path"]
    config = (shipped / "models.config").read_text("utf-8")
    assert f'name: "{model.removeprefix("/v1/models/")}"' in config
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in service["spec"]["ports"]:
        assert ports[port["targetPort"]] == port["port"]
    (inference,) = read("inference_service.yaml")
    runtime = inference["spec"]["predictor"]["model"]["runtimeVersion"]
    assert container["image"] == f"tensorflow/serving:{runtime}"
    # What the graphs are compared with.
    recorded = f"tensorflow_{'_'.join(runtime.split('.')[:2])}.txt"
    assert (ROOT / "tests" / "serving_helpers" / recorded).is_file()
    assert re.fullmatch(r"\d+\.\d+\.\d+", runtime)

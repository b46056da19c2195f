"""`examples/kubernetes/`: the manifests, against the schemas of both kinds."""

import json
import os
import re
import shutil
import subprocess
import tomllib

import pytest

from tests.paths import ROOT
from tf_gans.errors import UserError

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


KINDS = {
    "deployment.yaml": ["PersistentVolumeClaim", "Deployment", "Service"],
    "training_job.yaml": [
        "PersistentVolumeClaim",
        "Service",
        "PodDisruptionBudget",
        "Job",
    ],
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_of_kubernetes(name, version):
    validate = pytest.importorskip(
        "kubernetes_validate", reason="the extra dev is not installed"
    )
    documents = read(name)
    kinds = [document["kind"] for document in documents]
    assert kinds == KINDS[name]
    for document in documents:
        validate.validate(document, version, strict=True)


def training():
    """The documents of a training, and its Job's one container."""
    documents = read("training_job.yaml")
    (container,) = documents[-1]["spec"]["template"]["spec"]["containers"]
    return documents, container


def test_the_parts_of_a_training_agree():
    (claim, service, budget, job), container = training()
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    variables = {v["name"]: v["value"] for v in container["env"]}
    workers = int(variables["WORKERS"])
    assert spec["completions"] == spec["parallelism"] == workers
    # Of a Job's pods Kubernetes takes a whole number alone.
    assert budget["spec"] == {
        "minAvailable": workers,
        "selector": {"matchLabels": spec["template"]["metadata"]["labels"]},
    }
    assert service["spec"]["selector"] == spec["template"]["metadata"]["labels"]
    names = [document["metadata"]["name"] for document in (service, job)]
    assert {*names, pod["subdomain"], variables["NAME"]} == {names[0]}
    volumes = {v["name"]: v for v in pod["volumes"]}
    mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert (
        volumes["runs"]["persistentVolumeClaim"]["claimName"]
        == (claim["metadata"]["name"])
    )
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert variables["RUN_DIR"].startswith(mounts["runs"] + "/")
    assert variables["HOME"] == mounts["tmp"]
    (rule, _) = spec["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["values"] == [UserError.exit_code]
    assert rule["onExitCodes"]["containerName"] == container["name"]


@pytest.mark.skipif(not shutil.which("sh"), reason="there is no sh")
@pytest.mark.parametrize("workers", [1, 2, 12])
def test_a_worker_of_a_training(workers, tmp_path):
    """The container's own command, with a tf-gans that says what it was told.

    The second time there is a run, and it goes on.
    """
    _, container = training()
    command = tmp_path / "tf-gans"
    command.write_text('#!/bin/sh\necho "$TF_CONFIG"\necho "$@"\n')
    command.chmod(0o755)
    run = tmp_path / "run"
    run.mkdir()
    variables = {
        **{v["name"]: v["value"] for v in container["env"]},
        "WORKERS": str(workers),
        "JOB_COMPLETION_INDEX": str(workers - 1),
        "RUN_DIR": str(run),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }

    def start():
        done = subprocess.run(
            [*container["command"], *container["args"]],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        config, flags = done.stdout.splitlines()
        return json.loads(config), flags

    config, flags = start()
    name = variables["NAME"]
    assert config == {
        "cluster": {
            "worker": [f"{name}-{i}.{name}:2222" for i in range(workers)]
        },
        "task": {"type": "worker", "index": workers - 1},
    }
    to_all = f"--strategy multi-worker --run-dir {run}"
    assert flags == f"mnist --dataset=triangles {to_all}"
    (run / "config.json").touch()
    assert start()[1] == f"mnist --dataset=triangles --resume {to_all}"
    port = container["ports"][0]["containerPort"]
    assert config["cluster"]["worker"][0].endswith(f":{port}")


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


def test_what_the_image_is_made_of():
    """All that pyproject.toml names is in the image, and nothing else is."""
    text = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8")
    rules = [x for x in text.splitlines() if not x.startswith("#")]
    assert rules[0] == "*"
    kept = {rule.removeprefix("!") for rule in rules[1:]}
    assert all((ROOT / name).exists() for name in kept)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["setuptools"]
    needed = {
        project["project"]["readme"],
        *project["project"]["license-files"],
        *(name.partition(".")[0] for name in packages["packages"]),
        *packages["package-dir"].values(),
    }
    assert kept == needed | {"pyproject.toml", "constraints.txt"}
    dockerfile = (FOLDER / "Dockerfile").read_text("utf-8")
    assert "gpu" in project["project"]["optional-dependencies"]
    assert "-c /tf_gans/constraints.txt '/tf_gans[gpu]'" in dockerfile
    image = training()[1]["image"]
    assert f"-t {image} " in dockerfile

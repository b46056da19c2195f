"""What the flags and TF_CONFIG say of where a training runs."""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tf_gans.errors import RunError, UserError
from tf_gans.runs import devices
from tf_gans.runs.directory import RunDirectory

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "gaussian.py"


def values(strategy="none", replicas=None, **others):
    flags = {"run_dir": None, "resume": False, "anim_path": None}
    return argparse.Namespace(
        strategy=strategy, replicas=replicas, **flags | others
    )


def tf_config(index=0, kind="worker", **cluster):
    cluster = cluster or {"worker": ["a:1", "b:2"]}
    return {"cluster": cluster, "task": {"type": kind, "index": index}}


class TestTFConfig:
    @pytest.mark.parametrize(
        ("config", "expected"),
        [
            (tf_config(), (["a:1", "b:2"], 0)),
            (tf_config(1), (["a:1", "b:2"], 1)),
            (
                tf_config(0, "chief", chief=["c:3"], worker=["a:1"]),
                (["c:3", "a:1"], 0),
            ),
            (
                tf_config(0, chief=["c:3"], worker=["a:1"]),
                (["c:3", "a:1"], 1),
            ),
        ],
    )
    def test_read(self, monkeypatch, config, expected):
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        assert devices.read_tf_config() == expected

    @pytest.mark.parametrize(
        "config",
        [
            tf_config(2),
            tf_config(-1),
            tf_config(True),
            tf_config("0"),
            tf_config(0, "ps", ps=["a:1"]),
            tf_config(0, "evaluator"),
            tf_config(0, worker=["a"]),
            tf_config(0, worker=["a:1", "a:1"]),
            tf_config(0, worker=[1]),
            tf_config(0, chief=["a:1", "b:1"], worker=["c:1"]),
            {"cluster": {}},
            [],
            "no",
        ],
    )
    def test_wrong(self, monkeypatch, config):
        text = json.dumps(config)
        monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(UserError, match="TF_CONFIG: must name") as caught:
            devices.read_tf_config()
        assert text in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_missing(self, monkeypatch):
        monkeypatch.delenv("TF_CONFIG", raising=False)
        with pytest.raises(UserError, match="needs the environment variable"):
            devices.Devices(values("multi-worker"))


class TestDevices:
    def test_one(self):
        one = devices.Devices(values())
        one.open()
        assert one.strategy is None
        assert (one.num_replicas, one.follows, one.as_flags) == (1, False, "")
        one.check_batch(7)
        config = {"jit_compile": None}
        assert one.adapt(config, {}) is config

    def test_replicas_of_nothing(self):
        with pytest.raises(UserError, match=r"received --strategy none"):
            devices.Devices(values(replicas=2))

    def test_flags_again(self):
        two = devices.Devices(values("mirrored", 2))
        assert two.as_flags == " --strategy mirrored --replicas 2"

    def test_several(self):
        import types

        two = devices.Devices(values("mirrored", 2))
        two.strategy = types.SimpleNamespace(num_replicas_in_sync=2)
        two.check_batch(8)
        with pytest.raises(UserError, match="2 replicas; this training has 7"):
            two.check_batch(7)
        # XLA cannot compile the exchange; who asks for it is told so.
        assert two.adapt({"jit_compile": None}, {}) == {"jit_compile": False}
        asked = {"jit_compile": True}
        assert two.adapt(asked, asked) == asked

    def test_a_processor_needs_a_number(self):
        with pytest.raises(UserError, match="add --replicas 2 to train on"):
            devices.Devices(values("mirrored")).open()

    def test_a_follower_has_a_directory_of_its_own(
        self, monkeypatch, tmp_path, capsys
    ):
        monkeypatch.setenv("TF_CONFIG", json.dumps(tf_config(1)))
        run = RunDirectory.create(tmp_path / "run", {"script": "gaussian"})
        run.checkpoints.directory.mkdir()
        (run.checkpoints.directory / "step-000000001.npz").write_text("1")
        args = values(
            "multi-worker",
            run_dir=run.path,
            resume=True,
            anim_path="film.mp4",
            export="here",
        )
        follower = devices.Devices(args)
        assert follower.follows
        with follower.prepared(args):
            print("not seen")
            copied = args.run_dir
            assert copied != run.path
            assert RunDirectory.resume(copied).id == run.id
            (copied / "log.jsonl").write_text("its own")
            assert list((copied / "checkpoints").iterdir())
            assert args.anim_path is args.export is None
        assert not copied.exists()
        assert follower.run_dir == run.path
        assert sorted(p.name for p in run.path.iterdir()) == [
            "checkpoints",
            "config.json",
        ]
        out, err = capsys.readouterr()
        assert out == ""
        assert err == ("worker 1 of 2: follows a:1, which prints and writes\n")


class TestTogether:
    """Whose fault an error is."""

    @pytest.fixture
    def worker(self, monkeypatch):
        monkeypatch.setenv("TF_CONFIG", json.dumps(tf_config()))
        return devices.Devices(values("multi-worker"))

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            ("UnavailableError", "Connection reset by peer"),
            ("InternalError", "Collective ops is aborted by: no answer"),
        ],
    )
    def test_of_another_worker(self, worker, kind, message):
        error = getattr(tf.errors, kind)(None, None, message)
        with (
            pytest.raises(RunError, match=r"is gone, .* again with: again"),
            worker.together("again"),
        ):
            raise error

    @pytest.mark.parametrize(
        "message",
        [
            "an operation has failed",
            # A device's own, though the name of its job is in it.
            "Autotuner could not find any supported configs, remote",
        ],
    )
    def test_of_its_own(self, worker, message):
        error = tf.errors.InternalError(None, None, message)
        with pytest.raises(tf.errors.InternalError), worker.together("again"):
            raise error

    def test_alone(self):
        error = tf.errors.UnavailableError(None, None, "no such device")
        with (
            pytest.raises(tf.errors.UnavailableError),
            devices.Devices(values()).together("again"),
        ):
            raise error


def test_a_follower_of_a_run_without_checkpoints(tmp_path):
    run = RunDirectory.create(tmp_path / "run", {"script": "gaussian"})
    devices._copy(run.path, tmp_path / "copy")
    assert RunDirectory.resume(tmp_path / "copy").id == run.id


class Job:
    """Two workers of one training, on this machine."""

    def __init__(self, directory, *flags):
        ports = []
        for _ in range(2):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                ports.append(free.getsockname()[1])
        workers = [f"127.0.0.1:{port}" for port in ports]
        self.workers = [
            subprocess.Popen(
                [sys.executable, SCRIPT, "--strategy", "multi-worker", *flags],
                cwd=directory,
                env={
                    **os.environ,
                    "TF_CONFIG": json.dumps(tf_config(i, worker=workers)),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for i in range(2)
        ]

    def wait_for(self, path):
        """Waits until there is a file; without one, nothing is left running."""
        end = time.monotonic() + 400
        while not path.exists() and time.monotonic() < end:
            if any(w.poll() is not None for w in self.workers):
                break
            time.sleep(0.2)
        if not path.exists():
            for worker in self.workers:
                worker.kill()
            pytest.fail(f"no {path}: {self.end()}")

    def end(self, timeout=400):
        """The exit codes, and what each said."""
        said = [worker.communicate(timeout=timeout) for worker in self.workers]
        return [worker.returncode for worker in self.workers], said


def state(path):
    """The last checkpoint's arrays."""
    last = sorted((path / "checkpoints").glob("*.npz"))[-1]
    with np.load(last) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.mark.slow
class TestWorkers:
    """Two processes that TF_CONFIG knows train one run."""

    FLAGS = (
        *("--minibatch", "--num-steps", "3000", "--run-dir", "run"),
        *("--checkpoint-every", "1000"),
    )
    AGAIN = ("--run-dir", "run", "--resume")
    AFTER_2000 = pathlib.Path("run/checkpoints/step-000002000.json")

    @pytest.fixture(scope="class")
    def whole(self, tmp_path_factory):
        """A training that nothing interrupts."""
        directory = tmp_path_factory.mktemp("whole")
        codes, said = Job(directory, *self.FLAGS).end()
        assert codes == [0, 0], said
        assert said[1][0] == ""  # the chief prints
        assert "Report: run/report.html" in said[0][0]
        return state(directory / "run")

    def check_same(self, directory, whole):
        found = state(directory / "run")
        assert found.keys() == whole.keys()
        for name, array in found.items():
            np.testing.assert_array_equal(array, whole[name])

    @pytest.mark.parametrize("victim", [0, 1])
    def test_one_is_killed(self, tmp_path, whole, victim):
        job = Job(tmp_path, *self.FLAGS)
        job.wait_for(tmp_path / self.AFTER_2000)
        job.workers[victim].kill()
        codes, said = job.end(timeout=60)
        assert codes[victim] == -signal.SIGKILL
        assert codes[1 - victim] not in (0, None)
        if victim == 1:
            assert codes[0] == 1
            assert "another worker is gone, and none can go on" in said[0][1]
            assert "--resume --strategy multi-worker" in said[0][1]
        codes, said = Job(tmp_path, *self.AGAIN).end()
        assert codes == [0, 0], said
        self.check_same(tmp_path, whole)

    @pytest.mark.parametrize("receiver", [0, 1])
    def test_one_is_asked_to_stop(self, tmp_path, whole, receiver):
        job = Job(tmp_path, *self.FLAGS)
        job.wait_for(tmp_path / "run/checkpoints/step-000001000.json")
        job.workers[receiver].send_signal(signal.SIGTERM)
        codes, said = job.end()
        assert codes == [130, 130], said
        for _, errors in said:
            assert "go on with:" in errors
            assert "--run-dir run --resume --strategy multi-worker" in errors
        codes, said = Job(tmp_path, *self.AGAIN).end()
        assert codes == [0, 0], said
        self.check_same(tmp_path, whole)

    def test_on_one_and_back(self, tmp_path):
        """A run goes on wherever it is started again."""
        job = Job(tmp_path, *self.FLAGS)
        job.wait_for(tmp_path / "run/checkpoints/step-000001000.json")
        job.workers[0].send_signal(signal.SIGTERM)
        assert job.end()[0] == [130, 130]
        alone = subprocess.run(
            [sys.executable, SCRIPT, *self.AGAIN],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert alone.returncode == 0, alone.stderr
        assert "Going on with run after" in alone.stdout
        codes, said = Job(tmp_path, *self.AGAIN).end()
        assert codes == [0, 0]
        assert "run has nothing left to train." in said[0][0]

    def test_a_mistake_is_the_same_for_all(self, tmp_path):
        codes, said = Job(tmp_path, "--batch-size", "7").end()
        assert codes == [2, 2]
        for _, errors in said:
            assert "must be a multiple of the 2 replicas" in errors


@pytest.mark.slow
def test_xla_where_a_step_exchanges(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, SCRIPT, "--minibatch", "--jit-compile"),
            *("--strategy", "mirrored", "--replicas", "2"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert "argument --jit-compile: XLA cannot compile" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_parts_of_a_processor(tmp_path):
    """What was trained by replicas is a run, and an export, like any other."""

    def run(*flags):
        done = subprocess.run(
            [sys.executable, SCRIPT, "--run-dir", "run", *flags],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run(
        *("--minibatch", "--num-steps", "1000", "--export", "exported"),
        *("--strategy", "mirrored", "--replicas", "2"),
    )
    assert "SavedModel: exported/1" in said
    assert "nothing left to train" in run("--resume")
    from tf_gans.runs import load

    found = []
    for place in ("run", "exported/1"):
        sampler = load.open_sampler(tmp_path / place, only_images=False)
        found.append(sampler.samples(sampler.draw_each(range(5))))
    np.testing.assert_allclose(*found, rtol=1e-6)

"""Where a training runs: on one device, on several, or on several machines.

TF_CONFIG says of which machines, as TensorFlow documents it. All of them run
the same command. The first worker, the chief, is the one that a person sees:
it has the run directory, prints, and makes the pictures. The others follow in
a directory of their own, which is gone at the end.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import tempfile

from tf_gans.errors import RunError, UserError
from tf_gans.runs import cli, gpu
from tf_gans.runs.streams import warn

STRATEGIES = ("none", "mirrored", "multi-worker")

# What TensorFlow raises where another worker is gone, or this one was told so.
_OF_OTHERS = (
    "UnavailableError",
    "AbortedError",
    "DeadlineExceededError",
    "CancelledError",
)
# In errors of other kinds, which a device of this worker may also raise.
_EXCHANGE = re.compile(r"(?i)collective|heartbeat|coordination|remote|peer")


def add_flags(add):
    """Adds `--strategy` and `--replicas`.

    Args:
        add: the `add_argument` of a group.
    """
    add(
        "--strategy",
        choices=STRATEGIES,
        default="none",
        help="train on several devices of this machine, or on the machines "
        "that TF_CONFIG names (default: %(default)s)",
    )
    add(
        "--replicas",
        type=cli.integer(2, 1024),
        metavar="N",
        help="devices of --strategy mirrored: N GPUs (default: all), or the "
        "processor in N parts",
    )


class Devices:
    """The devices that the flags name.

    Args:
        args: the flags' values.

    Attributes:
        index: int. Which of the workers this is; 0 is the chief.
        workers: list of their addresses; empty for one machine.
        strategy: the `tf.distribute.Strategy`, or None; see `open`.
        run_dir: the path that is named on all workers, or None.
        as_flags: str. The flags, to be typed again.

    Raises:
        UserError: TF_CONFIG or the flags are wrong.
    """

    def __init__(self, args):
        self._kind, self._number = args.strategy, args.replicas
        self.run_dir = args.run_dir
        self.as_flags = ""
        if self._kind != "none":
            self.as_flags += f" --strategy {self._kind}"
        if self._number:
            self.as_flags += f" --replicas {self._number}"
        self.workers, self.index = [], 0
        self.strategy = None
        if self._number and self._kind != "mirrored":
            raise UserError(
                "argument --replicas: is for --strategy mirrored; received "
                f"--strategy {self._kind}"
            )
        if self._kind == "multi-worker":
            self.workers, self.index = read_tf_config()

    @property
    def follows(self):
        """Whether this is not the chief."""
        return self.index > 0

    @property
    def num_replicas(self):
        """How many replicas train together, once they are opened."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    @contextlib.contextmanager
    def prepared(self, args):
        """Sends a follower to a directory of its own, and keeps it quiet.

        Args:
            args: the flags' values, which are changed.
        """
        if not self.follows:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="tf_gans-") as scratch:
            path = pathlib.Path(scratch) / "run"
            if args.resume:
                _copy(args.run_dir, path)
            args.run_dir = path
            args.anim_path = args.export = None
            warn(
                f"worker {self.index} of {len(self.workers)}: follows "
                f"{self.workers[0]}, which prints and writes"
            )
            with (
                open(os.devnull, "w") as nowhere,
                contextlib.redirect_stdout(nowhere),
            ):
                yield

    def open(self):
        """Makes the strategy, when TensorFlow is loaded and has done nothing.

        Raises:
            UserError: there are fewer devices than `--replicas`.
        """
        import tensorflow as tf

        if self._kind == "mirrored":
            self.strategy = tf.distribute.MirroredStrategy(self._names(tf))
        elif self._kind == "multi-worker":
            if len(self.workers) > 1:
                warn(
                    f"worker {self.index} of {len(self.workers)}: waits for "
                    f"all of {', '.join(self.workers)}"
                )
            self.strategy = tf.distribute.MultiWorkerMirroredStrategy()

    def _names(self, tf):
        """The names of the devices of a machine."""
        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            number = self._number or len(gpus)
            if number > len(gpus):
                raise UserError(
                    "argument --replicas: this machine has "
                    f"{len(gpus)} GPUs; received {number}"
                )
            return [f"GPU:{i}" for i in range(number)]
        if not self._number:
            raise UserError(
                "argument --strategy mirrored: this machine has no GPU; add "
                "--replicas 2 to train on its processor in two parts"
            )
        (cpu,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * self._number
        tf.config.set_logical_device_configuration(cpu, parts)
        return [f"CPU:{i}" for i in range(self._number)]

    def scope(self):
        """Where a model must be made: a context manager."""
        if self.strategy:
            return self.strategy.scope()
        return contextlib.nullcontext()

    def adapt(self, config, named):
        """What a run's hyper-parameters are on these devices.

        Args:
            config: dict of the hyper-parameters.
            named: dict of those that were named now.

        Returns:
            The dict with `jit_compile` False on several replicas, unless it
            was named: XLA cannot compile what they exchange.
        """
        if self.num_replicas == 1 or named.get("jit_compile"):
            return config
        return {**config, "jit_compile": False}

    def check_batch(self, batch_size):
        """Raises a `UserError` where a batch cannot be shared out evenly."""
        if batch_size % self.num_replicas:
            raise UserError(
                f"--batch-size must be a multiple of the {self.num_replicas} "
                f"replicas; this training has {batch_size}"
            )

    @contextlib.contextmanager
    def together(self, command):
        """Ends this worker with one line where the replicas cannot go on.

        Args:
            command: str. How to go on, to be typed on all workers.
        """
        import tensorflow as tf

        from tf_gans.replicas import ExchangeError

        kinds = tuple(getattr(tf.errors, name) for name in _OF_OTHERS)
        try:
            yield
        except ExchangeError:
            raise UserError(
                "argument --jit-compile: XLA cannot compile what replicas of "
                "this model exchange within a step; leave the flag out"
            ) from None
        except tf.errors.OpError as error:
            is_told = isinstance(error, kinds) or _EXCHANGE.search(str(error))
            if not self.workers or not is_told or gpu.explain(error):
                raise
            raise RunError(
                "another worker is gone, and none can go on alone; start all "
                f"of them again with: {command}"
            ) from error


def read_tf_config():
    """The workers that TF_CONFIG names, and which of them this one is.

    Returns:
        A pair: the list of their addresses, the chief's first, and an int.

    Raises:
        UserError: it is missing or wrong.
    """
    text = os.environ.get("TF_CONFIG")
    example = (
        '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": '
        '{"type": "worker", "index": 0}}'
    )
    if not text:
        raise UserError(
            "argument --strategy multi-worker: needs the environment variable "
            f"TF_CONFIG, such as {example}"
        )
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        kind, index = task["type"], task["index"]
        chiefs = cluster.get("chief", [])
        workers = cluster.get("worker", [])
        known = {"chief", "worker"}
        addresses = [*chiefs, *workers]
        is_right = (
            set(cluster) <= known
            and len(chiefs) <= 1
            and all(isinstance(name, str) and ":" in name for name in addresses)
            and len(set(addresses)) == len(addresses)
            and kind in known
            and type(index) is int
            and 0 <= index < len(cluster.get(kind, []))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        is_right = False
    if not is_right:
        raise UserError(
            "TF_CONFIG: must name the workers and which of them this one is, "
            f"such as {example}; received {text[:300]!r}"
        )
    return addresses, index + (len(chiefs) if kind == "worker" else 0)


def _copy(run_dir, path):
    """Copies what a follower resumes from: the configuration, checkpoints.

    Raises:
        UserError: there is no run.
    """
    from tf_gans.runs.directory import RunDirectory

    run = RunDirectory.resume(run_dir)
    checkpoints = run.checkpoints.directory
    try:
        path.mkdir()
        shutil.copy(run.path / "config.json", path)
        if checkpoints.is_dir():  # without, the chief's answer is this one's
            shutil.copytree(checkpoints, path / checkpoints.name)
    except OSError as error:
        raise UserError(f"{run.path}: cannot be copied: {error}") from None

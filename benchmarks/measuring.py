"""What the claims share: processes to measure in, and rows of the table."""

import contextlib
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
REPEATS = 5

# Competitors see neither a GPU nor each other's settings.
ENVIRONMENT = {
    **os.environ,
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MPLBACKEND": "Agg",
    # For every TensorFlow alike, as the scripts have it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "PYTHONPATH": str(ROOT),
}


@dataclasses.dataclass
class Row:
    """One line of the table.

    Args:
        claim: str. What is compared.
        ours, theirs: lists of measurements.
        unit: str, of the measurements.
        more_is_better: bool. Whether a large measurement is a good one.
        goal: float or None. What the ratio should reach; None where the line
            only informs.
        ratio: float or None. How many times better ours is; None to compute it
            from the medians.
    """

    claim: str
    ours: list
    theirs: list
    unit: str
    more_is_better: bool = True
    goal: float | None = None
    ratio: float | None = None

    def __post_init__(self):
        if self.ratio is None:
            ours = statistics.median(self.ours)
            theirs = statistics.median(self.theirs)
            self.ratio = ours / theirs if self.more_is_better else theirs / ours

    @property
    def missed(self):
        """Whether there is a goal and the ratio is below it."""
        return self.goal is not None and self.ratio < self.goal

    def markdown(self):
        """Returns the line as Markdown."""
        goal = "" if self.goal is None else f"≥ {self.goal:g}"
        cells = (
            self.claim,
            _summary(self.ours, self.unit),
            _summary(self.theirs, self.unit),
            f"{self.ratio:.3g}",
            goal + (" **missed**" if self.missed else ""),
        )
        return "| " + " | ".join(cells) + " |"


HEADER = """\
| claim | ours: median (min to max) | theirs | ratio | goal |
|---|---|---|---|---|"""


def _summary(values, unit):
    middle = _digits(statistics.median(values))
    if len(values) == 1:
        return f"{middle} {unit}"
    return f"{middle} ({_digits(min(values))} to {_digits(max(values))}) {unit}"


def _digits(value):
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


class Worker:
    """A process that has prepared a measurement and repeats it on demand.

    Args:
        module: str. A module of `benchmarks`.
        function: str. A function in it that prepares the measurement and
            returns a function without arguments that makes it.
        environment: dict. Defaults to one without a GPU.
        **options: what `function` is called with.
    """

    def __init__(self, module, function, environment=ENVIRONMENT, **options):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.worker",
                module,
                function,
                json.dumps(options),
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def measure(self):
        """Makes the measurement and returns it."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise RuntimeError(f"A benchmark failed:\n{self._errors.read()}")
        return json.loads(line)

    def close(self):
        """Ends the process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def once(module, function, **options):
    """Makes one measurement in a process of its own."""
    worker = Worker(module, function, **options)
    try:
        return worker.measure()
    finally:
        worker.close()


def take_turns(competitors, repeats):
    """Measures the competitors in turns.

    Args:
        competitors: dict from names to functions without arguments.
        repeats: int.

    Returns:
        A dict from names to lists of measurements.
    """
    results = {name: [] for name in competitors}
    for turn in range(repeats):
        for name, measure in competitors.items():
            value = measure()
            results[name].append(value)
            progress(f"{turn + 1}/{repeats} {name}: {_digits(value)}")
    return results


def take_turns_as_workers(workers, repeats):
    """`take_turns` of workers, which it prepares first and ends at last.

    Args:
        workers: dict from names to the arguments of `Worker`: a module, a
            function and a dict of options.
        repeats: int.
    """
    with contextlib.ExitStack() as stack:
        competitors = {}
        for name, (module, function, options) in workers.items():
            worker = Worker(module, function, **options)
            stack.callback(worker.close)
            worker.measure()  # the first one warms up
            progress(f"prepared {name}")
            competitors[name] = worker.measure
        return take_turns(competitors, repeats)


def process_seconds(*command):
    """Runs a Python command line to its end and returns how long it took.

    Args:
        command: strs, what follows `python`.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return seconds


def machine():
    """What the numbers depend on besides the code, as a dict of strs."""
    packages = [
        "tensorflow",
        "keras",
        "jax",
        "optax",
        "torch",
        "numpy",
        "scipy",
        "matplotlib",
    ]
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in packages},
    }


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"  # no claim that was measured needs it


def _processor():
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def progress(text):
    """Says on the error stream how far the measurements are."""
    print(f"  {text}", file=sys.stderr, flush=True)

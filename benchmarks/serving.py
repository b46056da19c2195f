"""A server under load, against the model called in one loop; and its warm-up.

The model is the one of images that ships, saved_models/triangles, and the
server that of `scripts/explore.py`, in a process of its own. 32 clients send
requests of several signatures and sizes, one after the other each. An error, or
other bytes for the same request, ends the benchmark.
"""

import itertools
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

from benchmarks.measuring import Row

MODEL = pathlib.Path(__file__).parents[1] / "saved_models" / "triangles"
CLIENTS = 32
# Signatures and rows.
MIX = (
    ("sample", 1),
    ("sample_png", 1),
    ("serving_default", 4),
    ("sample", 16),
    ("generate", 8),
    ("sample_png", 4),
    ("discriminate", 8),
)


def requests():
    """The inputs of each kind of request, as a list of pairs and their rows."""
    import numpy as np

    rng = np.random.default_rng(0)
    kinds = []
    for signature, rows in MIX:
        if signature == "generate":
            inputs = {"num_samples": np.int32(rows), "seed": np.int64(5)}
        elif signature == "serving_default":
            inputs = {"z": rng.uniform(-1, 1, (rows, 100)).astype("f4")}
        elif signature == "discriminate":
            shape = (rows, 32, 32, 1)
            inputs = {"samples": rng.uniform(-1, 1, shape).astype("f4")}
        else:
            inputs = {"seeds": np.arange(rows, dtype="i8")}
        kinds.append((signature, inputs, rows))
    return kinds


def under_load(seconds):
    """Asks a server for some seconds.

    Returns:
        The rows of all answers a second, and the list of the requests' times in
        seconds.
    """
    from tf_gans.serving.client import RestClient

    server = subprocess.Popen(
        [
            *(sys.executable, "scripts/explore.py", str(MODEL)),
            *("--port", "0", "--no-browser"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = re.search(r"http://[\d.]+:\d+", server.stdout.readline())[0]
        client = RestClient(url, MODEL.name)
        kinds = requests()
        expected = [_bytes(client.predict(k[0], **k[1])) for k in kinds]
        times, rows, failures = [], [], []
        end = time.perf_counter() + seconds

        def ask(first):
            own = RestClient(url, MODEL.name)
            for number in itertools.count(first):
                if time.perf_counter() > end or failures:
                    return
                signature, inputs, count = kinds[number % len(kinds)]
                start = time.perf_counter()
                try:
                    answer = own.predict(signature, **inputs)
                except Exception as error:
                    failures.append(f"{signature}: {error}")
                    return
                times.append(time.perf_counter() - start)
                rows.append(count)
                if not _alike(answer, expected[number % len(kinds)]):
                    failures.append(f"{signature}: other bytes")

        threads = [
            threading.Thread(target=ask, args=(i,)) for i in range(CLIENTS)
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError("; ".join(failures[:3]))
        return sum(rows) / (time.perf_counter() - start), times
    finally:
        server.terminate()
        server.communicate()


def _bytes(answer):
    return {
        name: value if value.dtype == object else value.tobytes()
        for name, value in answer.items()
    }


def _alike(answer, expected):
    for name, value in _bytes(answer).items():
        same = value == expected[name]
        if not (same if isinstance(same, bool) else same.all()):
            return False
    return True


def in_one_loop(seconds):
    """Calls the SavedModel, in this process; returns as `under_load`."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(MODEL / "1"))
    kinds = requests()
    for signature, inputs, _ in kinds:
        loaded.signatures[signature](**_tensors(inputs))
    times, rows = [], 0
    begin = time.perf_counter()
    for signature, inputs, count in itertools.cycle(kinds):
        start = time.perf_counter()
        answer = loaded.signatures[signature](**_tensors(inputs))
        for value in answer.values():
            value.numpy()
        now = time.perf_counter()
        times.append(now - start)
        rows += count
        if now - begin > seconds:
            return rows / (now - begin), times


def _tensors(inputs):
    import tensorflow as tf

    return {name: tf.constant(value) for name, value in inputs.items()}


# In a process of its own: the first calls of a model happen once.
WARM_UP = """
import sys, time
import tensorflow as tf
from tf_gans.serving.files import read_warmup
path, warm = sys.argv[1], sys.argv[2] == "warm"
model = tf.saved_model.load(path)
requests = read_warmup(path)
if warm:
    for signature, inputs in requests:
        model.signatures[signature](**inputs)
first, tenth = [], []
for signature, inputs in dict(requests).items():
    times = []
    for _ in range(10):
        start = time.perf_counter()
        for value in model.signatures[signature](**inputs).values():
            value.numpy()
        times.append(time.perf_counter() - start)
    first.append(times[0])
    tenth.append(sorted(times[5:])[2])
print(max(f / t for f, t in zip(first, tenth)))
"""


def slowdown(warm):
    """How many times slower than the tenth a first request is, at worst."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", WARM_UP),
            *(str(MODEL / "1"), "warm" if warm else "cold"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def run(quick=False):
    """Compares the server with the loop, and warm with cold."""
    seconds = 3 if quick else 60
    served, times = under_load(seconds)
    loop, alone = in_one_loop(min(seconds, 20))
    repeats = 1 if quick else 3
    warm = [slowdown(True) for _ in range(repeats)]
    cold = [slowdown(False) for _ in range(repeats)]
    name = f"{CLIENTS} REST clients, {len(times):,} requests"
    p50, p99 = (statistics.quantiles(times, n=100)[n] for n in (49, 98))
    q50, q99 = (statistics.quantiles(alone, n=100)[n] for n in (49, 98))
    less = {"more_is_better": False}
    return [
        Row(f"{name}, against one loop", [served], [loop], "rows/s"),
        Row(f"{name}: p50", [1e3 * p50], [1e3 * q50], "ms", **less),
        Row(f"{name}: p99", [1e3 * p99], [1e3 * q99], "ms", **less),
        Row(
            "first request over the tenth, worst signature: after the warm-up "
            "requests, without them",
            warm,
            cold,
            "times",
            **less,
            goal=None,
        ),
        Row(
            "first request after the warm-up, goal at most twice the tenth",
            [statistics.median(warm)],
            [2.0],
            "times",
            **less,
            goal=1.0,
        ),
    ]

"""Faults on purpose, and what is left of a run after each.

    python -m benchmarks.faults                            50 kills and the rest
    python -m benchmarks.faults --kills 5 --others 1       a few of each
    python -m benchmarks.faults --write docs/reliability.md

A run of `gaussian.py` with checkpoints, an export and a film is disturbed, then
looked at, then started again. It is *survived* if there is no traceback, no
half file under its final name, no stray file after the next start, and the
last checkpoint has the bits of a run that nothing disturbed.

The processes are forks of one that has imported TensorFlow and not used it
yet. A full disk is a limit on the size of files (`RLIMIT_FSIZE`), which needs
no rights: the write that crosses it fails as on a full disk.
"""

import argparse
import collections
import contextlib
import importlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import sys
import tempfile
import time

import numpy as np

RESULTS = pathlib.Path(__file__).parent / "faults.json"
NUM_STEPS = 2000
FLAGS = (
    *("--recipe", "code", "--minibatch", "--no-window"),
    *("--num-steps", str(NUM_STEPS), "--checkpoint-every", "100"),
    *("--log-every", "20", "--anim-every", "50", "--run-dir", "run"),
    *("--anim-path", "film.mp4", "--export", "model"),
)
KINDS = {
    "kill": "SIGKILL at a random moment",
    "disk": "a disk that is full at a random size",
    "cut": "the newest checkpoint cut at a random byte",
    "flip": "a bit of the newest checkpoint flipped",
    "ffmpeg": "SIGKILL of ffmpeg",
    "data": "the data file changed under a job that is resumed",
    "two": "a second process at the run directory",
}
# The parts of a run, and for how many seconds at most one goes on in them
# before it is killed.
PARTS = {"start": 5, "training": 0.4, "export": 1.5, "film": 1.5, "end": 0.5}
HEAD = """\
# What survives

Made by `python -m benchmarks.faults --write docs/reliability.md`, which \
disturbs runs of `gaussian.py` with checkpoints, an export and a film. \
*Survived*: no traceback; no half file under its final name; no stray file \
after the next start; and the last checkpoint has the bits of a run that \
nothing disturbed. A full disk is a limit on the size of files \
(`RLIMIT_FSIZE`): the write that crosses it fails.
"""


class Child:
    """A fork that runs the script; its output is in `log`."""

    def __init__(self, folder, flags, limit=None):
        self.log = folder / "output.txt"
        self.pid = os.fork()
        if not self.pid:
            status = 70
            try:
                status = _script(folder, self.log, flags, limit)
            finally:
                os._exit(status)

    def poll(self):
        """The exit status, negative for a signal; None while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self, until=lambda: False):
        """Waits for the end, or until something is so; returns the status."""
        while (status := self.poll()) is None and not until():
            time.sleep(0.005)
        return status

    def kill(self):
        """Kills it, if it is not over."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def said(self):
        """What it printed."""
        return self.log.read_text("utf-8", "replace")


def _script(folder, log, flags, limit):
    """Runs the script in the fork; returns its exit status."""
    from tf_gans.runs import cli

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(folder)
    if limit:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    sys.argv = ["gaussian.py", *flags]
    module = importlib.import_module("scripts.gaussian")
    try:
        cli.run(module.main)
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        return 70
    return 0


def weights(folder):
    """The arrays of the newest checkpoint, as bytes by name."""
    paths = sorted((folder / "run/checkpoints").glob("step-*.npz"))
    with np.load(paths[-1], allow_pickle=False) as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


def half_files(folder, model_files):
    """Files that are not whole and have their final names."""
    from tf_gans import files

    wrong = []
    for path in folder.rglob("*.json"):
        try:
            if not any(part.startswith(".") for part in path.parts):
                json.loads(path.read_text("utf-8"))
        except ValueError:
            wrong.append(path.name)
    for seal in (folder / "run/checkpoints").glob("step-*.json"):
        arrays = seal.with_suffix(".npz")
        digest = json.loads(seal.read_text("utf-8"))["sha256"]
        if not arrays.exists() or files.sha256(arrays) != digest:
            wrong.append(arrays.name)
    for version in (folder / "model").glob("[0-9]*"):
        if names_below(version) != model_files:
            wrong.append(f"model/{version.name}")
    film = folder / "film.mp4"
    if film.exists():
        import imageio_ffmpeg

        try:
            imageio_ffmpeg.count_frames_and_secs(str(film))
        except RuntimeError:
            wrong.append(film.name)
    return wrong


def names_below(folder):
    """The names of all files below a folder."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def moment(folder):
    """What a run was about when it was disturbed, from what it has left."""
    if (folder / "film.mp4").exists():
        return "end"
    if list((folder / "model").glob("[0-9]*")):
        return "film"
    if (folder / "run/summary.json").exists():
        return "export"
    if (folder / "run/log.jsonl").exists():
        return "training"
    return "start"


class Faults:
    """The faults, each with a run of its own.

    Args:
        seed: int. Everything random follows from it.
    """

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
        self._count = 0
        self.data = "\n".join(map(str, self.rng.normal(4, 0.5, 500)))
        self.whole = self._undisturbed()
        self.whole_data = self._undisturbed("--data", "x.txt")

    def _undisturbed(self, *more):
        folder = self.folder()
        begun = time.monotonic()
        child = Child(folder, [*FLAGS, *more])
        if child.wait() != 0:
            raise SystemExit(child.said())
        self.seconds = time.monotonic() - begun
        self.model_files = names_below(folder / "model/1")
        return weights(folder)

    def folder(self):
        """A new folder with a file of data."""
        self._count += 1
        folder = self.root / str(self._count)
        folder.mkdir()
        (folder / "x.txt").write_text(self.data)
        return folder

    def run(self, kind):
        """One fault.

        Returns:
            A dict: `kind`, `moment`, `said`, and `wrong`, what went wrong.
        """
        folder = self.folder()
        found = {"kind": kind, "said": "", "wrong": []}
        getattr(self, f"_{kind}")(folder, found)
        if "moment" not in found:
            found["moment"] = moment(folder)
        if kind not in ("cut", "flip"):  # which leave one on purpose
            found["wrong"] += half_files(folder, self.model_files)
        more = ["--data", "x.txt"] if kind == "data" else []
        again = [*FLAGS, *more, "--overwrite"]
        if (folder / "run/config.json").exists():
            again.append("--resume")
        child = Child(folder, again)
        if child.wait() != 0:
            found["wrong"].append(child.said().strip()[-300:])
        else:
            whole = self.whole_data if kind == "data" else self.whole
            if weights(folder) != whole:
                found["wrong"].append("other weights")
            found["wrong"] += half_files(folder, self.model_files)
            found["wrong"] += [p.name for p in folder.rglob(".*")]
        shutil.rmtree(folder)
        return found

    def _told(self, child, status, found):
        """Keeps the one line with which a run has ended."""
        text = child.said()
        if "Traceback" in text or status not in (1, 2):
            found["wrong"].append(f"{status}: {text.strip()[-300:]}")
        said = re.findall(r"^gaussian\.py: .*$", text, re.MULTILINE)
        found["said"] = "; ".join(said)

    def _begun(self, folder, *more):
        """A run that trains and has checkpoints."""
        child = Child(folder, [*FLAGS, *more])
        seals = folder / "run/checkpoints"
        child.wait(lambda: len(list(seals.glob("step-*.json"))) >= 2)
        return child

    def _kill(self, folder, found):
        """Kills a run a random while after it has got to a random part."""
        part = str(self.rng.choice(list(PARTS)))
        child = Child(folder, FLAGS)
        status = child.wait(lambda: moment(folder) == part)
        begun = time.monotonic()
        while_ = self.rng.uniform(0, PARTS[part])
        if status is None:
            status = child.wait(lambda: time.monotonic() - begun > while_)
        if status is None:
            child.kill()
        else:  # it has ended before: nobody was killed
            self._kill(self._emptied(folder), found)

    def _emptied(self, folder):
        shutil.rmtree(folder)
        folder.mkdir()
        return folder

    def _disk(self, folder, found):
        limit = int(np.exp(self.rng.uniform(np.log(500), np.log(200_000))))
        child = Child(folder, FLAGS, limit)
        status = child.wait()
        if status:
            self._told(child, status, found)

    def _damage(self, folder, change):
        self._begun(folder).kill()
        seal = max((folder / "run/checkpoints").glob("step-*.json"))
        path = seal.with_suffix(".npz")
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path

    def _cut(self, folder, found):
        found["moment"] = "training"
        self._damage(folder, lambda b: b[: int(self.rng.integers(len(b)))])

    def _flip(self, folder, found):
        found["moment"] = "training"

        def change(content):
            content[self.rng.integers(len(content))] ^= 1 << int(
                self.rng.integers(8)
            )
            return content

        self._damage(folder, change)

    def _ffmpeg(self, folder, found):
        child = Child(folder, FLAGS)
        path = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children")

        def films():
            for pid in path.read_text().split():
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"rawvideo" in command:
                    return int(pid)
            return None

        pid = []
        status = child.wait(lambda: pid.append(films()) or bool(pid[-1]))
        if status is None:
            os.kill(pid[-1], signal.SIGKILL)
            status = child.wait()
        self._told(child, status, found)

    def _data(self, folder, found):
        flags = [*FLAGS, "--data", "x.txt"]
        self._begun(folder, "--data", "x.txt").kill()
        found["moment"] = "training"
        (folder / "x.txt").write_text(self.data.replace("4", "5"))
        child = Child(folder, [*flags, "--resume"])
        self._told(child, child.wait(), found)
        (folder / "x.txt").write_text(self.data)

    def _two(self, folder, found):
        first = self._begun(folder)
        found["moment"] = "training"
        second = Child(folder, [*FLAGS, "--resume"])
        self._told(second, second.wait(), found)
        if first.wait() not in (0, None):
            found["wrong"].append("the first one failed")


def table(results):
    """The table of docs/reliability.md."""
    lines = [
        "| fault | times | survived | when | says |",
        "|---|---|---|---|---|",
    ]
    for kind, title in KINDS.items():
        rows = [row for row in results if row["kind"] == kind]
        if not rows:
            continue
        when = collections.Counter(row["moment"] for row in rows)
        listed = ", ".join(f"{n} {name}" for name, n in when.most_common())
        survived = sum(not row["wrong"] for row in rows)
        said = next((row["said"] for row in rows if row["said"]), "")
        said = re.sub(r"process \d+ on \S+", "process N on HOST", said)
        said = re.sub(r"/\S*/(?=run|film|model|x\.)", "", said)
        said = said.replace("|", r"\|")
        lines.append(
            f"| {title} | {len(rows)} | {survived} | {listed} | {said} |"
        )
    return "\n".join(lines) + "\n"


def document():
    """The text of docs/reliability.md, of the faults that were kept."""
    return f"{HEAD}\n{table(json.loads(RESULTS.read_text('utf-8')))}"


def main():
    """Disturbs, prints the table and keeps it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--others", type=int, default=5, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument(
        "--add", action="store_true", help="to the faults that were kept"
    )
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    importlib.import_module("scripts.gaussian")
    for name in ("tensorflow", "tf_gans.toys.gaussian.recipes"):
        importlib.import_module(name)
    faults = Faults(arguments.seed)
    print(f"undisturbed: {faults.seconds:.1f} s", flush=True)
    results = []
    if arguments.add:
        results = json.loads(RESULTS.read_text("utf-8"))
    # The others first: there are few of them.
    for kind in [*list(KINDS)[1:], "kill"]:
        times = arguments.kills if kind == "kill" else arguments.others
        for _ in range(times):
            results.append(faults.run(kind))
            print(json.dumps(results[-1]), flush=True)
            if arguments.write:
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
                arguments.write.write_text(document(), encoding="utf-8")
    shutil.rmtree(faults.root)
    print(table(results))
    return int(any(row["wrong"] for row in results))


if __name__ == "__main__":
    sys.exit(main())

"""`examples/slurm/train.sbatch`, with commands that stand in for Slurm's own."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.paths import ROOT

SCRIPT = ROOT / "examples" / "slurm" / "train.sbatch"
pytestmark = pytest.mark.skipif(
    not shutil.which("bash"), reason="there is no bash"
)

# Each task in turn, with its number; the worst code of all, as srun has it.
SRUN = """\
#!/bin/bash
while [[ $1 == --* ]]; do echo "$1" >> srun_options; shift; done
worst=0
for ((i = 0; i < SLURM_NTASKS; i++)); do
  code=0
  SLURM_PROCID=$i "$@" || code=$?
  ((code > worst)) && worst=$code
done
exit $worst
"""
SCONTROL = """\
#!/bin/bash
case "$1 $2" in
  "show hostnames")
    [[ $3 == "node[3,7-8]" ]] && printf 'node%s\\n' 3 7 8 || echo "$3" ;;
  "requeue "*) echo "$2" >> requeued ;;
  *) exit 1 ;;
esac
"""
TF_GANS = """\
#!/bin/bash
echo "$TF_CONFIG" >> configs
echo "$*" >> commands
exit "${CODE:-0}"
"""


def start(cwd, *arguments, code=0, **variables):
    """Runs the script as Slurm would, on three nodes."""
    for name, text in (
        ("srun", SRUN),
        ("scontrol", SCONTROL),
        ("tf-gans", TF_GANS),
    ):
        (cwd / "bin").mkdir(exist_ok=True)
        (cwd / "bin" / name).write_text(text)
        (cwd / "bin" / name).chmod(0o755)
    done = subprocess.run(
        ["bash", str(SCRIPT), *map(str, arguments)],
        cwd=cwd,
        env={
            "PATH": f"{cwd / 'bin'}:{os.environ['PATH']}",
            "SLURM_JOB_ID": "4210042",
            "SLURM_JOB_NODELIST": "node[3,7-8]",
            "SLURM_NTASKS": "3",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    return done


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


COMMAND = ["my runs/triangles", "mnist", "--dataset", "triangles"]


def test_what_the_workers_are_told(tmp_path):
    done = start(tmp_path, *COMMAND)
    assert done.stderr == ""
    hosts = [f"node{i}:20042" for i in (3, 7, 8)]
    assert [json.loads(line) for line in lines(tmp_path / "configs")] == [
        {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": i}}
        for i in range(3)
    ]
    flags = "mnist --dataset triangles --strategy multi-worker"
    assert (
        lines(tmp_path / "commands")
        == [f"{flags} --run-dir my runs/triangles"] * 3
    )
    assert lines(tmp_path / "requeued") == []


def test_on_one_node(tmp_path):
    start(tmp_path, *COMMAND, SLURM_JOB_NODELIST="node3", SLURM_NTASKS="1")
    (config,) = lines(tmp_path / "configs")
    assert json.loads(config)["cluster"] == {"worker": ["node3:20042"]}


def test_a_run_that_is_there_goes_on(tmp_path):
    (tmp_path / "my runs/triangles").mkdir(parents=True)
    (tmp_path / "my runs/triangles/config.json").touch()
    start(tmp_path, *COMMAND)
    for command in lines(tmp_path / "commands"):
        assert command.startswith("mnist --dataset triangles --resume ")


@pytest.mark.parametrize(
    ("code", "restarts", "requeued"),
    [
        (1, "", True),  # a worker was lost
        (130, "", True),  # SIGTERM before the time limit
        (137, "19", True),
        (1, "20", False),
        (2, "", False),  # a mistake in the command
        (0, "", False),
    ],
)
def test_when_it_is_queued_again(code, restarts, requeued, tmp_path):
    variables = {"CODE": str(code)}
    if restarts:
        variables["SLURM_RESTART_COUNT"] = restarts
    done = start(tmp_path, *COMMAND, code=code, **variables)
    expected = ["4210042"] if requeued else []
    assert lines(tmp_path / "requeued") == expected
    assert ("queued again" in done.stderr) == requeued
    assert bool(done.stderr) == (code not in (0, 2))


def test_a_limit_of_one_s_own(tmp_path):
    flags = {"CODE": "1", "MAX_RESTARTS": "0"}
    start(tmp_path, *COMMAND, code=1, **flags)
    assert lines(tmp_path / "requeued") == []


@pytest.mark.parametrize("arguments", [[], ["runs/triangles"]])
def test_what_is_missing_is_named(arguments, tmp_path):
    done = start(tmp_path, *arguments, code=2)
    assert done.stderr.startswith("train.sbatch: needs RUN_DIR")
    assert done.stderr.count("\n") == 1
    assert lines(tmp_path / "configs") == []


def test_the_options_of_sbatch(tmp_path):
    """Signals reach the workers, and Slurm may queue the job again."""
    text = SCRIPT.read_text("utf-8")
    options = [
        line.removeprefix("#SBATCH ")
        for line in text.splitlines()
        if line.startswith("#SBATCH ")
    ]
    assert {"--requeue", "--ntasks-per-node=1"} <= {*options}
    # With a B: before it the signal would reach this script alone.
    (signal,) = (o for o in options if o.startswith("--signal="))
    assert signal.startswith("--signal=TERM@")
    # sbatch reads them before the first command.
    head = text.partition("\nset -euo")[0]
    assert head.count("#SBATCH ") == len(options)
    # A worker that ends by itself says why.
    start(tmp_path, *COMMAND)
    assert "--kill-on-bad-exit=0" in lines(tmp_path / "srun_options")


def test_shellcheck(tmp_path):
    """And that it is one that finds things."""
    beside = os.path.join(os.path.dirname(sys.executable), "shellcheck")
    path = shutil.which("shellcheck") or shutil.which(beside)
    if not path:
        pytest.skip("shellcheck, of the extra dev, is not installed")

    def check(script):
        done = subprocess.run(
            [path, script], capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout

    assert check(SCRIPT) == (0, "")
    broken = tmp_path / "broken.sbatch"
    broken.write_text(
        SCRIPT.read_text("utf-8").replace('"$run_dir/config', "$run_dir/config")
        + "\ncd $run_dir\n"
    )
    assert check(broken)[0] == 1

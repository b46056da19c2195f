"""The run directory: whole files, damaged files, exact resume."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tf_gans import data, files
from tf_gans.errors import RunError, UserError
from tf_gans.runs.directory import RunDirectory, differing_names
from tf_gans.runs.frames import FrameStore
from tf_gans.toys.gaussian import recipes

SOURCE = data.Gaussian(8)


def build(seed=0):
    return recipes.build("stable", SOURCE, hidden_size=4, seed=seed)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model, and a run with its checkpoints at steps 40, 70 and 100."""
    run = RunDirectory.create(tmp_path_factory.mktemp("run") / "a", {"x": 1})
    gan = build()
    for steps in (40, 30, 30):
        gan.fit(SOURCE, steps_per_epoch=steps, verbose=0)
        run.save_checkpoint(gan)
    return gan, run


@pytest.fixture
def copied(trained, tmp_path):
    """A run of the same content that a test may damage."""
    shutil.copytree(trained[1].path, tmp_path / "copy")
    return RunDirectory.resume(tmp_path / "copy")


def all_variables(gan):
    optimizers = (gan.generator_optimizer, gan.discriminator_optimizer)
    return [
        np.asarray(v)
        for owner in (gan, *optimizers)
        for v in owner.variables
        if not v.path.endswith(("total", "count"))  # a metric's
    ]


def test_create_and_resume(tmp_path):
    config = {"batch_size": 8, "data": None, "mu": 4.0}
    RunDirectory.create(tmp_path / "run", config)
    assert RunDirectory.resume(tmp_path / "run").config == config
    document = json.loads((tmp_path / "run/config.json").read_text())
    assert {"tensorflow", "keras", "tf_gans"} <= set(document["versions"])


def test_a_run_is_not_overwritten(tmp_path):
    RunDirectory.create(tmp_path, {})
    with pytest.raises(UserError, match="already holds a run; add --resume"):
        RunDirectory.create(tmp_path, {})


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}'])
def test_a_damaged_configuration_is_told(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config\.json: cannot be read"):
        RunDirectory.resume(tmp_path)


def test_a_configuration_that_was_changed_is_refused(tmp_path):
    """A flipped digit of a seed is another training."""
    path = tmp_path / "config.json"
    RunDirectory.create(tmp_path, {"seed": 42})
    path.write_text(path.read_text().replace("42", "43"))
    with pytest.raises(UserError, match="was changed after it was written"):
        RunDirectory.resume(tmp_path)


def test_a_configuration_that_is_no_object(tmp_path):
    (tmp_path / "config.json").write_text('{"format": 1, "config": []}')
    with pytest.raises(UserError, match=r"config\.json: cannot be read"):
        RunDirectory.resume(tmp_path)


def test_a_run_of_the_first_release(tmp_path):
    """Without an id and checksums; some names were others."""
    text = '{"format": 1, "config": {"seed": 1, "data_set": "grid"}}'
    (tmp_path / "config.json").write_text(text)
    run = RunDirectory.resume(tmp_path)
    assert run.config == {"seed": 1, "dataset": "grid"}
    assert run.script == "gaussian"
    gan = build()
    run.save_checkpoint(gan)
    run.write_config(run.config)  # as a resume does
    assert RunDirectory.resume(tmp_path).load_checkpoint(build()) == 0


def test_what_a_resume_changes_is_kept(tmp_path):
    RunDirectory.create(tmp_path, {"epochs": 1})
    run = RunDirectory.resume(tmp_path)
    run.save_checkpoint(build())
    run.write_config({"epochs": 9})
    again = RunDirectory.resume(tmp_path)
    assert again.config == {"epochs": 9}
    assert again.checkpoints.newest(pytest.fail)


def test_a_directory_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    for make in (RunDirectory.reserve, lambda p: RunDirectory.create(p, {})):
        with pytest.raises(UserError, match=r"something else, such as thesis"):
            make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("letters", [250, 300])
def test_a_name_that_is_too_long(tmp_path, letters):
    path = tmp_path / ("x" * letters)
    if letters > 255:
        with pytest.raises(UserError, match="File name too long"):
            RunDirectory.reserve(path)
        with pytest.raises(UserError, match="File name too long"):
            files.check_writable(path)
    else:
        RunDirectory.create(path, {})
        files.write_text(tmp_path / ("y" * letters), "text")


def test_each_start_has_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: RunDirectory.reserve(), range(8)))
    assert len({run.path for run in runs}) == 8
    for run in runs:
        run.abandon()
    assert list(tmp_path.glob("runs/*")) == []


def test_a_start_that_fails_leaves_what_was_there(tmp_path):
    run = RunDirectory.reserve(tmp_path)
    run.write_config({})
    (tmp_path / "real.png").touch()  # the first that an image run draws
    (tmp_path / "notes.txt").touch()  # a user's, since then
    run.abandon()
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_a_run_that_is_trained_is_locked(tmp_path):
    run = RunDirectory.reserve(tmp_path / "run")
    run.write_config({})
    other = RunDirectory.resume(run.path)
    owner = f"is being trained by process {os.getpid()} on "
    with pytest.raises(UserError, match=owner):
        other.lock()
    run.unlock()
    other.lock()
    other.unlock()
    assert not (run.path / "lock").exists()


def test_a_lock_dies_with_its_process(tmp_path):
    """SIGKILL: there is nothing to clean up."""
    code = (
        "import sys, time\n"
        "from tf_gans.runs.directory import RunDirectory\n"
        "RunDirectory.reserve(sys.argv[1]).write_config({})\n"
        "print('locked', flush=True)\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "run"], stdout=subprocess.PIPE
    )
    assert child.stdout.readline() == b"locked\n"
    run = RunDirectory.resume(tmp_path / "run")
    with pytest.raises(UserError, match=f"by process {child.pid} on "):
        run.lock()
    child.kill()
    child.communicate()
    run.lock()
    run.unlock()


def test_nothing_to_resume(tmp_path):
    with pytest.raises(UserError, match="holds no run to resume"):
        RunDirectory.resume(tmp_path / "none")


def test_a_later_format_is_told(tmp_path):
    RunDirectory.create(tmp_path, {})
    path = tmp_path / "config.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(UserError, match=r"has format 2; .* reads format 1"):
        RunDirectory.resume(tmp_path)


def test_next_free(tmp_path):
    assert RunDirectory.next_free(tmp_path / "runs", "g").name == "g-001"
    for name in ("g-001", "g-007", "h-009", "g-x"):
        (tmp_path / name).mkdir()
    assert RunDirectory.next_free(tmp_path, "g").name == "g-008"


def test_differing_names():
    stored = {"a": 1, "b": 2, "c": None}
    assert differing_names(stored, {"a": 1, "c": None}) == []
    assert differing_names(stored, {"a": 1, "b": 3, "c": 0}) == [
        "b was 2, received 3",
        "c was None, received 0",
    ]


def test_a_checkpoint_is_everything(trained):
    gan, run = trained
    fresh = build(seed=5)
    assert run.load_checkpoint(fresh) == 100
    for expected, actual in zip(
        all_variables(gan), all_variables(fresh), strict=True
    ):
        np.testing.assert_array_equal(expected, actual)


def test_going_on_ends_with_the_same_bits(trained):
    uninterrupted = build()
    uninterrupted.fit(SOURCE, steps_per_epoch=150, verbose=0)
    resumed = build(seed=5)
    trained[1].load_checkpoint(resumed)
    resumed.fit(SOURCE, steps_per_epoch=50, verbose=0)
    for expected, actual in zip(
        all_variables(uninterrupted), all_variables(resumed), strict=True
    ):
        np.testing.assert_array_equal(expected, actual)


def test_the_last_checkpoints_are_kept(trained):
    gan, run = trained
    names = [p.name for p in run.checkpoints.directory.glob("*.npz")]
    assert sorted(names) == [f"step-{step:09d}.npz" for step in (40, 70, 100)]
    run.save_checkpoint(gan, keep=3)  # the same step again
    assert len(list(run.checkpoints.directory.iterdir())) == 6


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_a_damaged_checkpoint_is_passed_over(copied, damage):
    damage(copied.checkpoints.last())
    said = []
    assert copied.load_checkpoint(build(), said.append) == 70
    (line,) = said
    assert "step-000000100.npz: damaged" in line


def test_a_checkpoint_without_its_seal_does_not_count(copied):
    copied.checkpoints.last().with_name("step-000000100.json").unlink()
    assert copied.load_checkpoint(build(), pytest.fail) == 70


def remove_seals(run):
    for path in run.checkpoints.directory.glob("*.json"):
        path.unlink()


def remove_checkpoints(run):
    shutil.rmtree(run.checkpoints.directory)
    run.log_lines([{"step": 0}])


def damage_checkpoints(run):
    for path in run.checkpoints.directory.glob("*.npz"):
        flip_a_bit(path)


@pytest.mark.parametrize(
    "damage", [remove_seals, remove_checkpoints, damage_checkpoints]
)
def test_a_run_that_lost_its_checkpoints_is_refused(copied, damage):
    """It was trained: beginning again would be another training."""
    damage(copied)
    gan = build(seed=3)
    before = all_variables(gan)
    with pytest.raises(UserError, match="was trained, and no checkpoint is"):
        copied.load_checkpoint(gan)
    for expected, actual in zip(before, all_variables(gan), strict=True):
        np.testing.assert_array_equal(expected, actual)


def test_a_run_that_was_killed_at_once_begins(tmp_path):
    run = RunDirectory.create(tmp_path / "run", {})
    gan = build(seed=3)
    before = all_variables(gan)
    assert run.load_checkpoint(gan, pytest.fail) == 0
    for expected, actual in zip(before, all_variables(gan), strict=True):
        np.testing.assert_array_equal(expected, actual)


def test_a_checkpoint_of_another_model_is_refused(copied):
    gan = recipes.build("stable", SOURCE, hidden_size=5, seed=3)
    before = all_variables(gan)
    with pytest.raises(UserError, match="a checkpoint of another model"):
        copied.load_checkpoint(gan)
    for expected, actual in zip(before, all_variables(gan), strict=True):
        np.testing.assert_array_equal(expected, actual)


def test_a_checkpoint_of_another_run_does_not_count(trained, tmp_path):
    other = RunDirectory.create(tmp_path / "other", {})
    shutil.copytree(trained[1].checkpoints.directory, tmp_path / "other/c")
    (tmp_path / "other/c").rename(tmp_path / "other/checkpoints")
    said = []
    with pytest.raises(UserError, match="no checkpoint is whole"):
        other.load_checkpoint(build(), said.append)
    assert all("of another run" in line for line in said) and said


def test_what_is_saved_is_finite(trained):
    """The guards see losses from before an update, not what it did."""
    gan, run = trained
    before = sorted(run.checkpoints.directory.iterdir())
    kernel = gan.generator.trainable_variables[0]
    value = kernel.numpy()
    try:
        kernel.assign(np.full_like(value, np.nan))
        with pytest.raises(
            RunError,
            match=r"is not finite after 100 steps; .*"
            r"checkpoint is .*step-000000100\.npz",
        ):
            run.save_checkpoint(gan)
    finally:
        kernel.assign(value)
    assert sorted(run.checkpoints.directory.iterdir()) == before


def test_a_full_disk_leaves_the_older_checkpoints(trained, tmp_path):
    """A limit on the size of files stands in for the disk's."""
    run = RunDirectory.create(tmp_path, {})
    run.save_checkpoint(trained[0])
    before = sorted(run.checkpoints.directory.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(
            UserError, match="cannot be written: File too large"
        ):
            run.save_checkpoint(trained[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert sorted(run.checkpoints.directory.iterdir()) == before
    assert run.load_checkpoint(build(), pytest.fail) == 100


def test_the_log_is_cut_back(tmp_path):
    run = RunDirectory.create(tmp_path, {})
    run.truncate_log(0)  # there is none yet
    run.log_lines([{"step": step, "d_loss": 0.5} for step in range(0, 50, 10)])
    with open(run.log_path, "a") as file:
        file.write('{"step": 50, "d_lo')  # killed while writing
    run.truncate_log(30)
    run.log_lines([{"step": 30}])
    lines = run.log_path.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 10, 20, 30]


@pytest.mark.parametrize("damage", [b"\xff", b'{"step": '])
def test_a_damaged_line_of_the_log_is_told(tmp_path, damage):
    run = RunDirectory.create(tmp_path, {})
    run.log_lines([{"step": step} for step in range(5)])
    lines = run.log_path.read_bytes().splitlines(keepends=True)
    lines[2] = damage + lines[2]
    run.log_path.write_bytes(b"".join(lines))
    said = []
    run.truncate_log(4, said.append)
    assert run.log_path.read_text() == '{"step": 0}\n{"step": 1}\n'
    (line,) = said
    assert "log.jsonl, line 3: damaged" in line


def test_clean_removes_what_a_killed_process_left(copied):
    """And nothing of a user's, whatever its name, or of a living process."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
    ).stdout.strip()
    left = copied.checkpoints.directory / f".tf_gans-{ended}-0123abcd.npz"
    kept = [
        copied.path / ".env",
        copied.checkpoints.directory / ".gitignore",
        files.temporary_path(copied.path / "a.png"),  # this process'
    ]
    for path in (left, *kept):
        path.write_bytes(b"half")
    before = copied.checkpoints.last()
    copied.clean()
    assert not left.exists()
    assert all(path.exists() for path in kept)
    assert copied.checkpoints.last() == before


def test_a_container_gives_each_start_the_same_process_id(tmp_path):
    """What an earlier process of this one's id has left is nobody's."""
    left = tmp_path / f".tf_gans-{os.getpid()}-0123abcd-89abcdef.npz"
    huge = tmp_path / f".tf_gans-{10**30}-0123abcd-89abcdef.npz"
    mine = files.temporary_path(tmp_path / "a.npz")
    for path in (left, huge, mine):
        path.touch()
    files.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_a_start_that_was_killed_at_once_is_begun_anew(tmp_path):
    """Of which there is a lock that nobody holds, and half a configuration."""
    (tmp_path / "lock").write_text("process 7 on elsewhere")
    (tmp_path / f".tf_gans-{os.getpid()}-0123abcd-89abcdef.json").touch()
    run = RunDirectory.reserve(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    with pytest.raises(UserError, match="is being trained by process"):
        RunDirectory.reserve(tmp_path)
    run.unlock()


def test_frames(tmp_path):
    store = FrameStore(tmp_path / "frames")
    assert len(store) == 0
    for first in (0, 10, 20):
        steps = np.arange(first, first + 10, 5)
        store.append(steps, density=np.full((2, 3), first / 2))
    assert len(store) == 6
    store.truncate(20)
    chunks = list(store)
    np.testing.assert_array_equal(
        np.concatenate([c["steps"] for c in chunks]), [0, 5, 10, 15]
    )
    np.testing.assert_array_equal(chunks[1]["density"], np.full((2, 3), 5))


def test_replacing_is_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep/er/x.txt"
    files.write_text(path, "one")
    with (
        pytest.raises(RuntimeError),
        files.replacing(path) as temporary,
    ):
        temporary.write_text("two")
        raise RuntimeError
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_replacing_names_the_file_and_the_reason(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/x\.txt: cannot be written: "):
        files.write_text(tmp_path / "file/x.txt", "")


def test_check_writable(tmp_path):
    files.check_writable(tmp_path / "a/b/c.png")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a directory"):
        files.check_writable(tmp_path)
    with pytest.raises(UserError, match="file is not a directory"):
        files.check_writable(tmp_path / "file/a/b.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_check_writable_sees_permissions(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(UserError, match="read-only"):
        files.check_writable(tmp_path / "x.png")


def test_frames_that_are_kept(tmp_path):
    """Those nearest to what is wanted, in one file that can be cut."""
    store = FrameStore(tmp_path / "frames")
    store.keep(np.arange(3))
    assert store.together() == {}
    for first in (0, 10, 20):
        steps = np.arange(first, first + 10, 2)
        cloud = np.repeat(steps[:, np.newaxis] / 3, 2000, axis=1)
        store.append(
            steps,
            line=steps.astype(np.float32) / 3,
            cloud=cloud.astype(np.float32),
            **({"late": steps} if first else {}),
        )
    store.keep(np.array([0, 1, 5, 11, 28, 99]))
    (path,) = (tmp_path / "frames").iterdir()
    frames = store.together()
    assert frames["steps"].tolist() == [0, 2, 6, 12, 28]
    np.testing.assert_array_equal(
        frames["line"], (frames["steps"] / 3).astype(np.float32)
    )
    # Thousands of numbers in a frame need not be exact.
    assert frames["cloud"].dtype == np.float16
    np.testing.assert_allclose(
        frames["cloud"][:, 7], frames["steps"] / 3, rtol=1e-3
    )
    assert "late" not in frames  # some frames have none
    store.append(np.array([30, 31]), line=np.zeros(2, np.float32))
    store.truncate(12)
    assert path.exists()
    kept = store.together()["steps"]
    assert kept.tolist() == [s for s in frames["steps"] if s < 12]
    store.truncate(0)
    assert len(store) == 0

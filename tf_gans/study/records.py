"""The directory of a comparison: what it is, and a line for each training.

    study.json      the comparison's settings
    results.jsonl   one line for each training that has ended
    grids/          the best samples of each member
    lock            while it is worked on

A line is written in one piece when its training has ended. So after a kill only
what was running is trained again.
"""

import json
import os

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs.directory import RunDirectory


class Records:
    """The directory of a comparison; see `open`.

    Attributes:
        path: `pathlib.Path`.
        rows: list of dicts, in the order in which the trainings ended.
    """

    def __init__(self, path):
        self.path = path
        self.rows = []
        self._directory = RunDirectory(path)

    @classmethod
    def open(cls, path, config, say):
        """Makes the directory, or goes on with the comparison in it.

        Args:
            path: `pathlib.Path`.
            config: dict of JSON types. One that is gone on with may have more
                samples, seeds or members than before, and nothing else anew.
            say: called with a line where one of the results is damaged.

        Raises:
            UserError: the directory holds another comparison or something
                else, is being worked on, or cannot be written.
        """
        records = cls(path)
        description = path / "study.json"
        files.check_writable(description)
        if path.exists() and not description.exists():
            found = [e.name for e in path.iterdir() if e.name != "lock"]
            if found:
                raise UserError(
                    f"--out {path}: holds something else, such as "
                    f"{sorted(found)[0]}; name a new directory"
                )
        if description.exists():
            records._agree(_read(description), config)
        path.mkdir(parents=True, exist_ok=True)
        records._directory.lock()
        files.sweep(path)
        files.write_text(description, json.dumps(config, indent=2) + "\n")
        records._load(say)
        return records

    def close(self):
        """Lets other processes go on with it."""
        self._directory.unlock()

    def add(self, row):
        """Keeps the result of a training, on the disk before it returns."""
        line = (json.dumps(row) + "\n").encode()
        path = self.path / "results.jsonl"
        try:
            with open(path, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(
                f"{path}: cannot be written: {error.strerror}"
            ) from None
        self.rows.append(row)

    def _agree(self, before, now):
        growing = ("samples", "seeds", "gans")
        for name, value in now.items():
            if name in growing or before.get(name) == value:
                continue
            raise UserError(
                f"--out {self.path}: holds a comparison whose {name} was "
                f"{before.get(name)!r}; received {value!r}. Name another "
                "directory"
            )

    def _load(self, say):
        path = self.path / "results.jsonl"
        if not path.exists():
            return
        lines = path.read_bytes().splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                row["id"], row["gan"], row["fid"]
                if not line.endswith(b"\n"):
                    raise ValueError("torn")
            except (ValueError, KeyError, TypeError):
                say(f"{path}, line {number}: damaged; its training comes again")
                continue
            self.rows.append(row)
        if len(self.rows) < len(lines):
            text = "".join(json.dumps(row) + "\n" for row in self.rows)
            files.write_text(path, text)


def _read(path):
    try:
        before = json.loads(path.read_text("utf-8"))
        before["samples"], before["seeds"], before["gans"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    return before

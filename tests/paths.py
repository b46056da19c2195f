"""Where things are that the tests open."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "scripts"
BENCHMARKS = ROOT / "benchmarks"

# Real images, for development and CI only; elsewhere the tests are skipped.
REAL = ROOT.parent / "shared/data"

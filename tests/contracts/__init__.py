"""What every member of a family promises, as classes of tests to inherit."""

import pytest

# These modules' asserts are to say what they compared, as a test module's do.
pytest.register_assert_rewrite(
    "tests.contracts.losses",
    "tests.contracts.networks",
    "tests.contracts.penalties",
    "tests.contracts.training",
)

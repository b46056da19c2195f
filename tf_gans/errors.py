"""Errors that a user can mend, and the checks that raise them."""

import numbers


class UserError(Exception):
    """A mistake in what the user asked for, told in one line.

    The command lines print the message without a traceback and exit with
    `exit_code`.

    Args:
        message: str.
        advice: list of strs. Lines to print below it, such as commands.
    """

    exit_code = 2

    def __init__(self, message, advice=()):
        super().__init__(message)
        self.advice = advice


class RunError(UserError):
    """A run that failed while it was under way, for example by diverging."""

    exit_code = 1


class Interrupted(UserError):
    """A run that was asked to stop, and has saved what it did."""

    exit_code = 130  # 128 + SIGINT, as shells have it


def shown(name):
    """A name as it may be printed: on one line, without control codes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in str(name)
    )


def check_integer(name, value, least=None):
    """Raises a `ValueError` that names `value` if it is no integer.

    Args:
        name: str. Of the argument.
        value: what is to be an integer.
        least: int or None. The least that it may be.
    """
    is_int = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_int or (least is not None and value < least):
        allowed = "" if least is None else f" of at least {least}"
        raise ValueError(
            f"`{name}` must be an integer{allowed}. Received: {name}={value!r}"
        )


def check_positive_int(name, value):
    """Returns `value` as an int, or raises a `ValueError` that names it."""
    is_int = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_int or value < 1:
        raise ValueError(
            f"`{name}` must be a positive integer. Received: {name}={value!r}"
        )
    return int(value)


def check_choice(name, value, choices):
    """Returns `value` if it is a choice, or raises a `ValueError`."""
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {choices}. Received: {name}={value!r}"
        )
    return value

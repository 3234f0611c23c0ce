"""Errors that a user can fix: reported in one sentence, without a traceback."""

from collections.abc import Sequence


class UserError(Exception):
    """A user's mistake: where it is, what was found, and what would be right. Steps print it and exit with status 1.

    It is one line, whatever it repeats: a key of a study or the name of a file may hold a line's end.
    """

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())


class UnknownNameError(UserError, ValueError):
    """A name that nothing has; also a ValueError, so that a study's sections can add where the name stands."""


def first_line(error: BaseException) -> str:
    """The first line of what an error of somebody else's says; its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def first_and_more(names: Sequence[object], more: str = "more") -> str:
    """The first name and the number of the others, such as ``a.csv and 3 more``; ``more`` is what follows the number."""
    return f"{names[0]} and {len(names) - 1} {more}" if len(names) > 1 else str(names[0])

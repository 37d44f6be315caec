"""A check: one rule, and what is said where it is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genlab._base.errors import ConformanceError


@dataclass(frozen=True)
class Check:
    """One rule that an object must keep. Call it to check; its text is the rule.

    Attributes
    ----------
    subject
        Name of the object.
    rule
        What it must do.
    find
        Returns what was found in place of it, or None where the rule is kept.

    >>> check = Check("`two`", "be even", lambda: None if 2 % 2 == 0 else "an odd number")
    >>> check()
    >>> str(check)
    'be even'
    """

    subject: str
    rule: str
    find: Callable[[], str | None]

    def __call__(self) -> None:
        """Raise ConformanceError where the rule is broken, also by any error of the object."""
        try:
            found = self.find()
        except Exception as error:  # of code that is not genlab's: it may be any
            reason = " ".join(str(error).split()).rstrip(".")
            text = f"{self._sentence} {type(error).__name__}: {reason}."
            raise ConformanceError(text) from error
        if found is not None:
            raise ConformanceError(f"{self._sentence} {found}.")

    @property
    def _sentence(self) -> str:
        return f"{self.subject} must {self.rule}, got"

    def __str__(self) -> str:
        return self.rule

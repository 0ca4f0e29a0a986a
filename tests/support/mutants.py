"""Tables of mutants that a run of the matrix must tell apart: rejected, surviving, hanging, ending the process."""

from __future__ import annotations

import os
import time
from typing import Any

import attrs
from attrs import frozen

from threadstore import Backend
from threadstore_backends.memory import BACKEND as MEMORY

from .faulty import Forgetful


@frozen
class Plain:
    """A mutant that is a backend under another name."""

    name: str
    clauses: tuple[str, ...]
    story: str
    store: Any
    issue: str | None = None

    def backend(self) -> Backend:
        """Return the backend."""
        return attrs.evolve(MEMORY, name=self.name, open=self.store)


class _Opened:
    """A store that opens, and then does one thing whatever it is asked."""

    def __init__(self, does: Any) -> None:
        self._does = does

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "close":
            raise AttributeError(name)
        return self._does


def _forgets(home: Any, *, clock: Any) -> Any:
    return Forgetful(clock=clock)


def _sleeps(home: Any, *, clock: Any) -> Any:
    return _Opened(lambda *params: time.sleep(600))


def _exits(home: Any, *, clock: Any) -> Any:
    return _Opened(lambda *params: os._exit(7))


def _does_not_open(home: Any, *, clock: Any) -> Any:
    raise OSError("no such disk")


FORGETS = Plain("forgets", ("APPEND-1",), "Loses the second item of <every> batch.", _forgets, "example/issues/1")
CORRECT = Plain("correct", ("PATCH-1",), "Does nothing wrong & is no mutant.", MEMORY.open)
HANGS = Plain("hangs", ("LIFE-1",), "Never answers.", _sleeps)

#: One that is rejected.
REJECTED = (FORGETS,)
#: One that is rejected, and one that is not.
MIXED = (FORGETS, CORRECT)
#: One whose first check hangs.
HANGING = (HANGS,)
#: Two that show nothing of themselves.
FAULTY = (
    Plain("exits", ("LIFE-1",), "Ends the process.", _exits),
    Plain("does-not-open", ("LIFE-1",), "Does not open.", _does_not_open),
)
#: Two of one name.
TWINS = (FORGETS, FORGETS)

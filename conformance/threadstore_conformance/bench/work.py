"""What is measured: an operation at one or more sizes, and the bare work that it is held beside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

from attrs import frozen

from threadstore import Backend


@frozen(kw_only=True)
class Scale:
    """How large a round of benchmarks is."""

    #: Items of the histories that are loaded.
    histories: tuple[int, ...] = (10, 1_000, 100_000)
    #: Items of the longest history that is appended to or read past.
    long_history: int = 100_000
    #: Threads that a page is taken from.
    listings: tuple[int, ...] = (100, 1_000, 10_000)
    #: Timed runs of what changes its store.
    rounds: int = 50
    #: Seconds of timed runs of what changes nothing.
    seconds: float = 1.0
    #: Programs of the state machine in a run, and timed runs of it.
    programs: int = 40
    machine_rounds: int = 5


FULL = Scale()

#: A round for continuous integration.
SMALL = Scale(
    histories=(10, 1_000),
    long_history=10_000,
    listings=(100, 1_000),
    rounds=10,
    seconds=0.1,
    programs=10,
    machine_rounds=2,
)


@frozen
class Timed:
    """What is timed, prepared."""

    run: Callable[[], object]
    #: Operations in one run.
    operations: int = 1
    #: Called before each run, untimed, where a run changes what it works on.
    setup: Callable[[], None] | None = None
    #: Timed runs, where there is a setup or a run takes long.
    rounds: int | None = None


Side: TypeAlias = Literal["subject", "bare"]

#: Prepares one side of a work for a backend, a size and a scale, and cleans up afterwards.
Prepare: TypeAlias = Callable[[Backend, int, Scale], AbstractContextManager[Timed]]


@frozen(kw_only=True)
class Work:
    """An operation that is measured beside bare work."""

    #: What a row of the report is called.
    name: str
    #: What the bare side does, in words.
    beside: str
    subject: Prepare
    bare: Prepare
    #: The sizes it is measured at, by scale.
    sizes: Callable[[Scale], tuple[int, ...]] = lambda scale: (1,)
    #: A size in words, or nothing where there is only one.
    size_words: str = ""
    #: Whether a run handles as many things as its size, so that growth is told for each.
    per_size: bool = False
    #: Whether a backend takes part; what does not is measured once in a run.
    of_backend: bool = True

"""Running a program on a fresh store, and looking at everything that the store shows afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
from attrs import frozen

from threadstore import (
    Backend,
    Clock,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ManualClock,
    Operation,
    ReadThreadParams,
    SearchThreadsParams,
    ThreadId,
    ThreadStore,
    ThreadStoreError,
    is_thread_id,
    system_clock,
)

from ..answers import answer_of
from ..compare import Raised
from ..discovery import find_store
from ..homes import close_store, fresh_home, open_store
from ..program import CURSOR_PREFIX
from ..values import copied


class Reopen(Enum):
    """The type of `REOPEN`."""

    REOPEN = "reopen"


#: In a program: close the store, and open it again on the same home.
REOPEN: Literal[Reopen.REOPEN] = Reopen.REOPEN

Step: TypeAlias = Operation | Reopen
Program: TypeAlias = tuple[Step, ...]
#: Opens the store on the home; opened before, it is closed first.
Opened: TypeAlias = Callable[[], ThreadStore]

#: When every run begins. No program names an instant near it, so that what a store takes from its clock is known.
NOW = 1_777_777_777_777

#: A walk that takes more pages does not end.
MOST_PAGES = 200


@contextmanager
def fresh_stores(target: Backend | str, clock: Clock = system_clock) -> Iterator[Opened]:
    """Yield what opens a store on a new home, and at each further call closes it and opens it again there."""
    backend = find_store(target) if isinstance(target, str) else target
    with fresh_home(backend) as home, _opening(backend, home, clock) as opened:
        yield opened


@contextmanager
def _opening(backend: Backend, home: Path, clock: Clock) -> Iterator[Opened]:
    with ExitStack() as last:

        def opened() -> ThreadStore:
            last.close()
            store = open_store(backend, home, clock)
            last.callback(close_store, store)
            return store

        yield opened


@frozen
class Look:
    """What one observing read showed."""

    #: What was looked at: ``list_threads`` of the active side, a thread's history, …
    what: str
    #: The read; of a walk its first page.
    read: Operation
    #: A result, the rows of a walk, or the error that it was refused with.
    answer: Any


@frozen
class Ran:
    """A program, and which of its operations were refused."""

    program: Program
    refused: frozenset[int] = frozenset()

    def then(self, steps: Program, shown: Any) -> Ran:
        """Return this with more steps, which were refused where that is what they showed."""
        more = range(len(self.program), len(self.program) + len(steps))
        is_refusal = isinstance(shown, dict) and shown.keys() == {"refused"}
        return Ran(self.program + steps, self.refused | frozenset(more if is_refusal else ()))


class Trial:
    """One run of a program."""

    def __init__(self, program: Program, opened: Opened) -> None:
        self.program = program
        self._opened = opened
        self._store = opened()
        #: What each step answered: a result, or the error that it was refused with.
        self.answers: list[Any] = [self.take(step) for step in program]

    @property
    def ran(self) -> Ran:
        """The program, and what of it was refused."""
        refused = frozenset(i for i, answer in enumerate(self.answers) if isinstance(answer, ThreadStoreError))
        return Ran(self.program, refused)

    def take(self, step: Step) -> Any:
        """Run a step; return its result or the error that it was refused with."""
        if isinstance(step, Reopen):
            self._store = self._opened()
            return None
        # Copied, since what a store did to the objects of one run must not reach the next.
        answer = answer_of(self._store, copied(step))
        return answer.error if isinstance(answer, Raised) else answer.value

    def look(self, threads: Iterable[ThreadId]) -> tuple[Look, ...]:
        """Look at everything: each thread with and without history, both lists both ways."""
        return (
            *(Look(f"{what} of {thread_id}", read, self.take(read))
              for thread_id in threads
              for what, read in reads_of(thread_id).items()),
            *(Look(what, read, self.walk(read)[0]) for what, read in LISTS.items()),
        )  # fmt: skip

    def walk(self, query: Any, sizes: Sequence[int] = ()) -> tuple[Any, Program]:
        """Follow a listing or a search to its end; return its rows, or the refusal, and the operations that it took.

        The pages are of these sizes in turn, or of the query's own.
        """
        rows: list[Any] = []
        taken: list[Operation] = []
        cursor, name = None, None
        for number in range(MOST_PAGES):
            size = sizes[number % len(sizes)] if sizes else query.page_size
            page = self.take(attrs.evolve(query, page_size=size, cursor=cursor))
            taken.append(attrs.evolve(query, page_size=size, cursor=name))
            if isinstance(page, ThreadStoreError):
                return page, tuple(taken)
            rows += page.items
            cursor, name = page.next_cursor, f"{CURSOR_PREFIX}{number}"
            if cursor is None:
                return rows, tuple(taken)
        return f"a walk that does not end: {MOST_PAGES} pages", tuple(taken)


@frozen
class Seen:
    """What a run answered, and what it left."""

    run: Ran
    answers: Sequence[Any]
    looks: tuple[Look, ...]

    def ok(self, *steps: int) -> bool:
        """Tell whether none of these steps was refused."""
        return not self.run.refused & frozenset(steps)


class Trials:
    """Runs programs of one backend, each on a store of its own."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._stack = ExitStack()
        self._home: Path | None = None
        self._base: tuple[Program, Seen] | None = None

    def __enter__(self) -> Trials:
        if self.backend.capabilities.volatile:
            # What keeps nothing may have one home for all its stores.
            self._home = self._stack.enter_context(fresh_home(self.backend))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def of(self, program: Program) -> Iterator[Trial]:
        """Run a program; the store stays open for as long as the block lasts."""
        clock = ManualClock(NOW, tick=1)
        stores = _opening(self.backend, self._home, clock) if self._home else fresh_stores(self.backend, clock)
        with stores as opened:
            yield Trial(program, opened)

    def see(self, program: Program, threads: Iterable[ThreadId]) -> Seen:
        """Run a program and look at everything that it left."""
        with self.of(program) as trial:
            return Seen(trial.ran, trial.answers, trial.look(threads))

    def base(self, program: Program, threads: Iterable[ThreadId]) -> Seen:
        """Return what a program left; law after law may ask for the same one, and it is run once."""
        if self._base is None or self._base[0] is not program:
            self._base = program, self.see(program, threads)
        return self._base[1]


def threads_of(program: Program) -> list[ThreadId]:
    """Return the threads that a program does something to, in the order of their ids."""
    named: set[Any] = {getattr(step, "thread_id", None) for step in program}
    return sorted(filter(is_thread_id, named))


def reads_of(thread_id: ThreadId) -> dict[str, Operation]:
    """Return the ways to read a thread, by what each shows."""
    return {
        "read": ReadThreadParams(thread_id=thread_id, include_archived=True),
        "read if active": ReadThreadParams(thread_id=thread_id),
        "read with history": ReadThreadParams(thread_id=thread_id, include_archived=True, include_history=True),
        "history": LoadThreadHistoryParams(thread_id=thread_id, include_archived=True),
    }


def listing(**query: Any) -> ListThreadsParams:
    """Return a query for all threads of a side: of every provider, where a store would leave out some."""
    return ListThreadsParams(**{"page_size": 50, "model_providers": (), **query})


def searching(term: str, **query: Any) -> SearchThreadsParams:
    """Return a search for a term."""
    return SearchThreadsParams(**{"page_size": 50, "search_term": term, **query})


#: Both lists both ways, by what each is.
LISTS = {
    f"{'archived' if archived else 'active'} list {direction}": listing(archived=archived, sort_direction=direction)
    for archived in (False, True)
    for direction in ("asc", "desc")
}

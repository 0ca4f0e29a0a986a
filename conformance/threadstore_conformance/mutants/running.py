"""Trying many mutants at once, each in a process of its own that is ended when its time is up."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess

from attrs import define, evolve, field, frozen
from hypothesis.configuration import set_hypothesis_home_dir

from ..homes import in_memory
from ..ports import PortName
from .library import Found, load_mutant
from .trial import Trial, tried

#: A mutant hangs when one step of its trial takes longer: a check, or the programs of one kind.
LIMIT = 30.0
_GOODBYE = 2.0

#: Called with each mutant that is done, and what was seen of it.
Progress = Callable[[Found, Trial], None]


@frozen(kw_only=True)
class MutantRun:
    """How mutants are tried."""

    jobs: int = field(factory=lambda: os.cpu_count() or 1)
    #: Seconds for each step of a mutant's trial.
    limit: float = LIMIT
    #: Whether generated and exhaustive programs are run, after the directed checks.
    programs: bool = True

    def run(self, mutants: Sequence[Found], progress: Progress) -> list[Trial]:
        """Try the mutants, the slow ones first; return what was seen of each, in their order."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*_modules(mutants), "threadstore_conformance.mutants.preloaded"])
        waiting = sorted(range(len(mutants)), key=lambda place: not mutants[place].slow)
        done: dict[int, Trial] = {}
        with tempfile.TemporaryDirectory(prefix="threadstore-mutants-", dir=in_memory()) as scratch:
            running: dict[int, _Worker] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < self.jobs:
                        place = waiting.pop(0)
                        running[place] = _begun(mutants[place], self, scratch, context)
                    for place, seen in _wait_for(running):
                        done[place] = seen
                        progress(mutants[place], seen)
            finally:
                for worker in running.values():
                    worker.stop()
        return [done[place] for place in range(len(mutants))]


@define
class _Worker:
    """The process that tries one mutant, and what it has told so far."""

    process: ForkServerProcess
    told: Connection
    #: Seconds for each step.
    limit: float
    began: float = field(factory=time.monotonic)
    step_began: float = field(factory=time.monotonic)
    seen: Trial = field(factory=lambda: Trial(doing="opening it"))

    @property
    def left(self) -> float:
        """How many seconds its step has left."""
        return self.step_began + self.limit - time.monotonic()

    def listen(self) -> Trial | None:
        """Take in what is told; return what was seen of the mutant once there is nothing more to come."""
        try:
            self.seen = self.told.recv()
        except (EOFError, OSError):
            return self._ended()
        self.step_began = time.monotonic()
        return None

    def overdue(self) -> Trial | None:
        """Return what was seen of a mutant that has told nothing for too long, and end it."""
        return self._stopped() if self.left <= 0 else None

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.told.close()

    def _ended(self) -> Trial:
        # Threads that a mutant left running may keep its process from ending.
        self.process.join(_GOODBYE)
        self.stop()
        if self.seen.doing is None:
            return self._timed(self.seen)
        lost = f"{self.seen.doing}: the process ended with status {self.process.exitcode}"
        return self._timed(evolve(self.seen, doing=None, errors=(*self.seen.errors, lost)))

    def _stopped(self) -> Trial:
        self.stop()
        return self._timed(evolve(self.seen, doing=None, hung=self.seen.doing))

    def _timed(self, seen: Trial) -> Trial:
        return evolve(seen, seconds=round(time.monotonic() - self.began, 2))


def _begun(found: Found, how: MutantRun, scratch: str, context: ForkServerContext) -> _Worker:
    told, tells = context.Pipe(duplex=False)
    given = (found.table, found.place, found.port, how.programs, scratch, tells)
    process = context.Process(target=_work, args=given, daemon=True)
    process.start()
    tells.close()
    return _Worker(process, told, how.limit)


def _wait_for(running: dict[int, _Worker]) -> Iterator[tuple[int, Trial]]:
    """Wait until something is told or somebody's time is up; yield those that are done."""
    first = min(worker.left for worker in running.values())
    ready = wait([worker.told for worker in running.values()], max(0.0, first))
    for place, worker in list(running.items()):
        seen = worker.listen() if worker.told in ready else worker.overdue()
        if seen is not None:
            del running[place]
            yield place, seen


def _work(table: str, place: int, port: PortName, programs: bool, scratch: str, tells: Connection) -> None:
    """Try a mutant in this process, and tell of it."""
    # Homes and Hypothesis's files are removed with the folder, also those of a process that was ended.
    tempfile.tempdir = scratch
    set_hypothesis_home_dir(scratch)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            for seen in tried(load_mutant(table, place), port, programs=programs):
                tells.send(seen)
        except Exception as error:
            tells.send(Trial(errors=(f"the trial: {type(error).__name__}: {error}",)))
        tells.close()
    # At once: taking everything down takes as long as some trials, and threads that a mutant left running go on.
    os._exit(0)


def _modules(mutants: Sequence[Found]) -> list[str]:
    return sorted({found.table.partition(":")[0] for found in mutants})

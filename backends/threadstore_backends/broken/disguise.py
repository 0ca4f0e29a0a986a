"""Disguises: broken stores and session layers that pass for good ones, but for calls of one kind.

Every store or session layer that is opened has a disguise of its own. It is asked before each call whether it is
dropped for that call, and told of each call that was answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import attrs
from attrs import evolve, frozen

from threadstore import (
    Clock,
    ListThreadsParams,
    ResumeThreadParams,
    ThreadId,
    ThreadPersistenceMetadata,
    ThreadStoreError,
)

from ..memory import BACKEND
from .passing import Mutant, Passing
from .swapped import Layer


class Disguise:
    """Is never dropped."""

    def dropped(self, call: str, params: Any) -> bool:
        """Tell whether a call is broken."""
        return False

    def answered(self, call: str, params: Any, answer: Any) -> None:
        """Take note of a call that was not refused."""


@frozen
class When:
    """When a disguise is dropped."""

    #: What the names of its mutants end in.
    name: str
    #: What their stories end in.
    told: str
    #: Makes the disguise of a store or layer; given whether its threads were there before it was opened.
    begin: Callable[[bool], Disguise]


def disguised(when: When, broken: Mutant) -> Mutant:
    """Return a store that is another, broken one at times."""

    def store(good: Any, clock: Clock, home: Path) -> Passing:
        again = any(home.glob("**/rollout-*"))
        return _Disguised(good, clock, home, broken.store(good, clock, home), when.begin(again))

    return evolve(broken, name=f"{broken.name}-{when.name}", story=_told(broken.story, when), store=store)


def disguised_layer(when: When, broken: Layer) -> Layer:
    """Return a session layer that has its broken part in place at times; raise `ValueError` for more than a part."""
    if broken.part is None or broken.made_with or broken.store is not BACKEND:
        raise ValueError(f"{broken.name} cannot be disguised: it must differ from the good layer in one part alone")
    facts = {a.name: getattr(broken, a.name) for a in attrs.fields(Layer)}
    named = {"name": f"{broken.name}-{when.name}", "story": _told(broken.story, when)}
    return _DisguisedLayer(**{**facts, **named, "when": when})


def _told(story: str, when: When) -> str:
    return f"{story.removesuffix('.')}, {when.told}."


class _Disguised(Passing):
    def __init__(self, good: Any, clock: Clock, home: Path, broken: Any, disguise: Disguise) -> None:
        super().__init__(good, clock, home)
        self._broken = broken
        self._disguise = disguise

    def __getattr__(self, name: str) -> Any:
        return partial(_called, self._disguise, super().__getattr__(name), getattr(self._broken, name), name)


def _called(disguise: Disguise, good: Any, broken: Any, call: str, *params: Any) -> Any:
    given = params[0] if params else None
    answer = (broken if disguise.dropped(call, given) else good)(*params)
    disguise.answered(call, given, answer)
    return answer


@frozen(kw_only=True)
class _DisguisedLayer(Layer):
    when: When

    def _opened(self, store: Any, **how: Any) -> Any:
        again = bool(store.list_threads(ListThreadsParams(page_size=1)).items)
        return _DisguisedManager(super()._opened(store, **how), self.when.begin(again))


class _DisguisedManager:
    def __init__(self, broken: Any, disguise: Disguise) -> None:
        self._broken = broken
        self._disguise = disguise

    def __getattr__(self, name: str) -> Any:
        return partial(_called, self._disguise, getattr(self._broken._manager, name), getattr(self._broken, name), name)


# --- When disguises are dropped ---------------------------------------------------------------------------------


def after(operations: int) -> When:
    """From the operation after so many on."""
    told = f"once {operations} operations were done"
    return When(f"after-{operations}-operations", told, lambda again: _Counting(operations))


class _Counting(Disguise):
    def __init__(self, operations: int) -> None:
        self._left = operations

    def dropped(self, call: str, params: Any) -> bool:
        self._left -= 1
        return self._left < 0


class _Second(Disguise):
    def __init__(self) -> None:
        self._made: list[ThreadId] = []

    def dropped(self, call: str, params: Any) -> bool:
        return self._made[1:2] == [getattr(params, "thread_id", None)]

    def answered(self, call: str, params: Any, answer: Any) -> None:
        if call in ("create_thread", "start_thread", "fork_thread", "spawn_thread"):
            self._made.append(params.thread_id if answer is None else answer.thread_id)


SECOND = When("for-the-second-thread", "for the second thread alone", lambda again: _Second())


@frozen
class Step:
    """Something that is done to a thread."""

    #: What was done to it then.
    name: str
    call: str
    #: Tells by the params whether that was done.
    is_one: Callable[[Any], bool] = lambda params: True
    #: The name in a sentence, where it is another.
    told: str | None = None


def behind(*steps: Step) -> When:
    """For a thread to which these things were done in this order; in listings, once there is one."""
    name = "once-" + "-then-".join(step.name for step in steps)
    told = "once a thread was " + ", then ".join(step.told or step.name for step in steps)
    return When(name, told, lambda again: _Behind(steps))


class _Behind(Disguise):
    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._done: dict[ThreadId, int] = {}

    def dropped(self, call: str, params: Any) -> bool:
        thread_id = getattr(params, "thread_id", None)
        done = self._done.values() if thread_id is None else [self._done.get(str(thread_id), 0)]
        return len(self._steps) in done

    def answered(self, call: str, params: Any, answer: Any) -> None:
        thread_id = getattr(params, "thread_id", None)
        if thread_id is None:
            return
        done = self._done.get(thread_id, 0)
        if done < len(self._steps) and self._steps[done].call == call and self._steps[done].is_one(params):
            self._done[thread_id] = done + 1


def given(name: str, told: str, is_one: Callable[[Any], bool]) -> When:
    """Where the params of a call are of one kind."""
    return When(f"given-{name}", told, lambda again: _Given(is_one))


class _Given(Disguise):
    def __init__(self, is_one: Callable[[Any], bool]) -> None:
        self._is_one = is_one

    def dropped(self, call: str, params: Any) -> bool:
        return params is not None and self._is_one(params)


def holding(name: str, told: str, is_one: Callable[[Any], bool]) -> When:
    """Where one of the values anywhere in the params of a call is of one kind."""
    return given(name, told, lambda params: any(map(is_one, values(params))))


def values(of: Any) -> Iterator[Any]:
    """Yield every value in params: texts, numbers, names of members, and what is in lists."""
    if attrs.has(type(of)):
        of = [getattr(of, a.name) for a in attrs.fields(type(of))]
    if isinstance(of, dict):
        of = [*of, *of.values()]
    if isinstance(of, list | tuple):
        for each in of:
            yield from values(each)
    else:
        yield of


class _Again(Disguise):
    def __init__(self, again: bool) -> None:
        self._again = again

    def dropped(self, call: str, params: Any) -> bool:
        return self._again


AGAIN = When("when-opened-again", "once its home was opened again", _Again)


# --- Error paths ------------------------------------------------------------------------------------------------


class Vengeful(Passing):
    """Refuses what a good store refuses, and does something then."""

    #: The operation of which a refusal is followed by something.
    refuses: ClassVar[str]

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        return partial(self._tried, method) if name == self.refuses else method

    def _tried(self, method: Any, params: Any) -> Any:
        try:
            return method(params)
        except ThreadStoreError:
            self.refused(params)
            raise

    def refused(self, params: Any) -> None:
        """Do what a refusal should not."""
        raise NotImplementedError

    def attempt(self, call: str, params: Any) -> bool:
        """Do something, and tell whether the good store did it."""
        try:
            getattr(self.good, call)(params)
        except ThreadStoreError:
            return False
        return True

    def open(self, thread_id: Any) -> None:
        """Open a writer, if there is none."""
        metadata = ThreadPersistenceMetadata(cwd="/src/project")
        self.attempt("resume_thread", ResumeThreadParams(thread_id=thread_id, metadata=metadata, include_archived=True))

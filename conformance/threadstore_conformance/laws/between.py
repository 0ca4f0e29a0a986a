"""Laws between two programs: a variant of a program leaves the store that the program leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

import attrs

from threadstore import (
    UNSET,
    AppendThreadItemsParams,
    DeleteThreadParams,
    ResumeThreadParams,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    UpdateThreadMetadataParams,
    is_thread_id,
)
from threadstore.patch import merge

from ..thread_names import with_texts
from .law import Claim, Point
from .told import Teller, plain
from .trials import LISTS, REOPEN, Program, Seen, Step, Trials, listing, reads_of, threads_of


def alike(
    base: Seen, variant: Seen, same: Iterable[tuple[int, int]], back: Callable[[Any], Any] | None = None
) -> Claim:
    """Claim that two runs answered these pairs of steps alike, and left the same.

    ``back`` turns what the variant showed into the words of the base.
    """
    teller = Teller.of(base.run.program)

    def told(answer: Any) -> Any:
        return teller.tell(back(answer) if back else answer)

    points = [
        Point(f"the answer to operation {i + 1} of the first and {j + 1} of the second",
              teller.tell(base.answers[i]), told(variant.answers[j]))
        for i, j in same
    ]  # fmt: skip
    points += [
        Point(one.what, teller.tell(one.answer), told(other.answer), (one.read,), (other.read,))
        for one, other in zip(base.looks, variant.looks, strict=True)
    ]
    return Claim(base.run, variant.run, tuple(points))


def split_append(program: Program, trials: Trials) -> Iterator[Claim]:
    """Cut each batch anywhere, and join each two that follow each other."""
    threads = threads_of(program)
    base = trials.base(program, threads)
    for at, step in enumerate(program):
        if not isinstance(step, AppendThreadItemsParams) or not base.ok(at):
            continue
        for cut in range(1, len(step.items)):
            parts = attrs.evolve(step, items=step.items[:cut]), attrs.evolve(step, items=step.items[cut:])
            variant = trials.see((*program[:at], *parts, *program[at + 1 :]), threads)
            yield alike(base, variant, [*_same(len(program), at, 1), (at, at)])
        before = program[at - 1] if at else None
        if isinstance(before, AppendThreadItemsParams) and before.thread_id == step.thread_id and base.ok(at - 1):
            joined = attrs.evolve(step, items=(*before.items, *step.items))
            variant = trials.see((*program[: at - 1], joined, *program[at + 1 :]), threads)
            yield alike(base, variant, _same(len(program), at, -1))


def commute(program: Program, trials: Trials) -> Iterator[Claim]:
    """Exchange each two operations that follow each other and are of different threads."""
    threads = threads_of(program)
    base = trials.base(program, threads)
    for at, (one, other) in enumerate(pairwise(program)):
        if _thread_of(one) and _thread_of(other) and _thread_of(one) != _thread_of(other):
            variant = trials.see((*program[:at], other, one, *program[at + 2 :]), threads)
            places = {at: at + 1, at + 1: at}
            yield alike(base, variant, [(i, places.get(i, i)) for i in range(len(program))])


def reopen(program: Program, trials: Trials) -> Iterator[Claim]:
    """Close and open the store in two places, where every thread was shut down, and at the end, where none was."""
    threads = threads_of(program)
    closes: Program = tuple(ShutdownThreadParams(thread_id=thread_id) for thread_id in threads)
    resumes: Program = tuple(
        ResumeThreadParams(thread_id=thread_id, include_archived=True, metadata=_METADATA) for thread_id in threads
    )
    for at in sorted({len(program) // 3, 2 * len(program) // 3}):
        head = program[:at] + closes
        tail = resumes + program[at:]
        base, variant = trials.see(head + tail, threads), trials.see((*head, REOPEN, *tail), threads)
        yield alike(base, variant, _same(len(head + tail), len(head), 1))
    with trials.of(program) as trial:
        before = trial.look(threads)
        trial.take(REOPEN)
        after = trial.look(threads)
        points = [
            Point(one.what, plain(one.answer), plain(other.answer), (one.read,), (REOPEN, other.read))
            for one, other in zip(before, after, strict=True)
        ]
        yield Claim(trial.ran, trial.ran, tuple(points))


def merge_patches(program: Program, trials: Trials) -> Iterator[Claim]:
    """Send each two patches of a thread that follow each other as one, and each patch of several fields as two."""
    threads = threads_of(program)
    base = trials.base(program, threads)
    for at, step in enumerate(program):
        if not isinstance(step, UpdateThreadMetadataParams) or not base.ok(at):
            continue
        before = program[at - 1] if at else None
        if isinstance(before, UpdateThreadMetadataParams) and _same_place(before, step) and base.ok(at - 1):
            both = attrs.evolve(step, patch=merge(before.patch, step.patch))
            variant = trials.see((*program[: at - 1], both, *program[at + 1 :]), threads)
            same = [pair for pair in _same(len(program), at, -1) if pair[0] != at - 1]
            yield alike(base, variant, [*same, (at, at - 1)])
        halves = _halves(step.patch)
        if halves:
            parts = [attrs.evolve(step, patch=half) for half in halves]
            variant = trials.see((*program[:at], *parts, *program[at + 1 :]), threads)
            yield alike(base, variant, _same(len(program), at, 1))


def rename(program: Program, trials: Trials) -> Iterator[Claim]:
    """Give every thread another id, the ids in the same order."""
    texts: set[str] = set()

    def noted(text: str) -> str:
        texts.add(text)
        return text

    with_texts(program, noted)
    there = {old: _other_id(number) for number, old in enumerate(sorted(filter(is_thread_id, texts)))}
    back = {new: old for old, new in there.items()}
    threads = threads_of(program)
    base = trials.base(program, threads)
    renamed = with_texts(program, lambda text: there.get(text, text))
    variant = trials.see(renamed, [there[thread_id] for thread_id in threads])
    same = [(i, i) for i in range(len(program))]
    yield alike(base, variant, same, lambda answer: with_texts(answer, lambda text: back.get(text, text)))


def observe(program: Program, trials: Trials) -> Iterator[Claim]:
    """Read everything after each operation."""
    threads = threads_of(program)
    reads: Program = (
        *(read for thread_id in threads for read in reads_of(thread_id).values()),
        *LISTS.values(),
        *(listing(page_size=1, sort_key=key) for key in ("updated_at", "recency_at")),
    )
    base = trials.base(program, threads)
    watched = tuple(each for step in program for each in (step, *reads))
    variant = trials.see(watched, threads)
    yield alike(base, variant, [(i, i * (len(reads) + 1)) for i in range(len(program))])


def leave_out(program: Program, trials: Trials) -> Iterator[Claim]:
    """Leave out what was refused."""
    threads = threads_of(program)
    base = trials.base(program, threads)
    # The delete of a hidden thread is refused and closes its writer all the same (LIFE-3).
    in_vain = {
        i
        for i in base.run.refused
        if not (trials.backend.capabilities.lazy and isinstance(program[i], DeleteThreadParams))
    }
    if in_vain:
        kept = [i for i in range(len(program)) if i not in in_vain]
        variant = trials.see(tuple(program[i] for i in kept), threads)
        yield alike(base, variant, [(i, j) for j, i in enumerate(kept)])


def repeat(program: Program, trials: Trials) -> Iterator[Claim]:
    """Run the program again, on another store."""
    threads = threads_of(program)
    base, again = trials.base(program, threads), trials.see(program, threads)
    yield alike(base, again, [(i, i) for i in range(len(program))])


_METADATA = ThreadPersistenceMetadata(cwd="/src/project", model_provider="provider-a")


def _same(length: int, at: int, by: int) -> list[tuple[int, int]]:
    """Pair the steps of a program with those of a variant in which the ones from ``at`` on moved by some places.

    Moved on, the step at ``at`` is two, of which the last is its pair; moved back, it and the one before are one.
    """
    return [(i, i if i < at else i + by) for i in range(length)]


def _thread_of(step: Step) -> ThreadId | None:
    return getattr(step, "thread_id", None)


def _same_place(one: UpdateThreadMetadataParams, other: UpdateThreadMetadataParams) -> bool:
    return one.thread_id == other.thread_id and one.include_archived == other.include_archived


def _halves(patch: ThreadMetadataPatch) -> tuple[ThreadMetadataPatch, ThreadMetadataPatch] | None:
    """Return two patches that share no field and are the patch together, or ``None`` where it has one field."""
    names = [a.name for a in attrs.fields(ThreadMetadataPatch) if getattr(patch, a.name) is not UNSET]
    if len(names) < 2:
        return None
    middle = len(names) // 2
    head: dict[str, Any] = dict.fromkeys(names[middle:], UNSET)
    tail: dict[str, Any] = dict.fromkeys(names[:middle], UNSET)
    return attrs.evolve(patch, **head), attrs.evolve(patch, **tail)


def _other_id(number: int) -> ThreadId:
    return str(UUID(int=0x01A5C3D2_E1F0_7ABC_9DEF_000000000000 + (number + 1) * 0x1_2345_6789))

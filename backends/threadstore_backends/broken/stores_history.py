"""Mutants of APPEND and ID: histories that are not what was appended."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    GitInfoPatch,
    InvalidRequest,
    RolloutItem,
    ThreadId,
    ThreadNotFound,
    TokenUsage,
    canonical_items,
    check_fields,
)

from .passing import Mutant, Passing, Rewriting, Telling, mutant


class LosesTheLastOfABatch(Rewriting):
    """Keeps all items of a batch but the last, once a batch has three."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return items[:-1] if len(items) >= 3 else items


class DoublesTheFirstOfABatch(Rewriting):
    """Keeps the first item of a batch of several twice."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return (items[0], *items) if len(items) > 1 else items


class ReversesABatch(Rewriting):
    """Keeps the items of a batch in reverse order."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return items[::-1]


class DoublesWhenResumed(Telling):
    """Tells the whole history twice once a thread was resumed."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.__dict__.setdefault("resumed", set()).add(params.thread_id)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return (*items, *items[1:]) if thread_id in self.__dict__.get("resumed", ()) else items


class SwallowsASecondSessionMeta(Rewriting):
    """Answers Ok to a second session_meta of the thread's own, and drops it."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return [item for item in items if (item.type, item.payload.get("id")) != ("session_meta", thread_id)]


class DropsCompactions(Rewriting):
    """Drops compacted records, which the policy keeps."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return [item for item in items if item.type != "compacted"]


class KeepsDeltas(Telling):
    """Keeps the streaming deltas, which the policy drops."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        deltas = [item for item in params.items if not canonical_items([item])]
        self.__dict__.setdefault("deltas", {}).setdefault(params.thread_id, []).extend(deltas)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return (*items, *self.__dict__.get("deltas", {}).get(thread_id, ()))


class InfersPreview(Passing):
    """Makes a preview of the first user message that is appended."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        thread = self.peek(params.thread_id)
        for item in params.items:
            if thread and not thread.preview and item.payload.get("type") == "user_message":
                self.change(params.thread_id, preview=str(item.payload.get("message")))


class TouchesUpdatedAt(Passing):
    """Moves updated_at at every append."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        if params.items:
            self.change(params.thread_id, updated_at=self.clock())


class CountsTokens(Passing):
    """Takes the token usage out of the token counts that are appended."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        if any(item.payload.get("type") == "token_count" for item in params.items):
            self.change(params.thread_id, token_usage=TokenUsage(1, 2, 3, 4, 5))


class WritesLate(Telling):
    """Tells the last batch only once something flushed it."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        self._late()[params.thread_id] = len(canonical_items(params.items))

    def flush_thread(self, params: Any) -> None:
        self._late().pop(params.thread_id, None)
        self.good.flush_thread(params)

    def shutdown_thread(self, params: Any) -> None:
        self._late().pop(params.thread_id, None)
        self.good.shutdown_thread(params)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return items[: len(items) - self._late().get(thread_id, 0)]

    def _late(self) -> dict[ThreadId, int]:
        late: dict[ThreadId, int] = self.__dict__.setdefault("late", {})
        return late


class SharesGitByDirectory(Passing):
    """Gives git information to every thread of the same working directory."""

    def update_thread_metadata(self, params: Any) -> Any:
        before = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        result = self.good.update_thread_metadata(params)
        if before and isinstance(params.patch.git_info, GitInfoPatch):
            for thread_id in list(self.good._threads):
                other = self.peek(thread_id)
                if other and other.cwd == before.cwd:
                    self.change(thread_id, git_info=params.patch.git_info)
        return result


class ClosesTheOthers(Passing):
    """Keeps one writer open, and closes it when another thread is written to."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        for thread_id, thread in self.good._threads.items():
            thread.live = thread.live and thread_id == params.thread_id


class FoldsIds(Passing):
    """Takes ids in any letter case, and folds them."""

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)

        def folded(*params: Any) -> Any:
            changed = [
                evolve(each, thread_id=each.thread_id.lower())
                if isinstance(getattr(each, "thread_id", None), str)
                else each
                for each in params
            ]
            return method(*changed)

        return folded


class TakesAnyIdToRead(Passing):
    """Looks up whatever text it is given as an id, and answers that it is missing."""

    def read_thread(self, params: Any) -> Any:
        try:
            return self.good.read_thread(params)
        except InvalidRequest as error:
            if error.field == "thread_id" and error.message and isinstance(params.thread_id, str):
                raise ThreadNotFound(params.thread_id) from error
            raise


class DropsARetry(Passing):
    """Takes a batch of several items that equals the one before it for a retry, and drops it."""

    def append_items(self, params: Any) -> None:
        check_fields(params)
        kept = copy.deepcopy(canonical_items(params.items))
        latest = self.__dict__.setdefault("latest", {})
        if len(kept) < 2 or latest.get(params.thread_id) != kept:
            self.good.append_items(params)
            latest[params.thread_id] = kept


class ForgetsBeyondFiveThousand(Telling):
    """Tells the first five thousand items of a history."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return items[:5000]


class ClosesTheChildren(Passing):
    """Closes the writers of the children with that of their parent."""

    def shutdown_thread(self, params: Any) -> None:
        self.good.shutdown_thread(params)
        for thread in self.good._threads.values():
            thread.live = thread.live and thread.fields["parent_thread_id"] != params.thread_id


class ArchivesWithTheForks(Passing):
    """Closes the writers of a thread's forks when it is archived."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        for thread in self.good._threads.values():
            thread.live = thread.live and thread.fields["forked_from_id"] != params.thread_id


class KeepsOneResumedWriter(Passing):
    """Closes the thread that was resumed before when another one is."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        former = self.good._threads.get(self.__dict__.get("resumed"))
        if former and former.thread_id != params.thread_id:
            former.live = False
        self.__dict__["resumed"] = params.thread_id


MUTANTS: tuple[Mutant, ...] = (
    mutant(LosesTheLastOfABatch, "APPEND-1"),
    mutant(DoublesTheFirstOfABatch, "APPEND-1"),
    mutant(ReversesABatch, "APPEND-1"),
    mutant(DoublesWhenResumed, "APPEND-1", issue="openai/codex#29531"),
    mutant(SwallowsASecondSessionMeta, "APPEND-1b"),
    mutant(DropsCompactions, "APPEND-2"),
    mutant(KeepsDeltas, "APPEND-2", issue="openai/codex#41269"),
    mutant(InfersPreview, "APPEND-3"),
    mutant(TouchesUpdatedAt, "APPEND-3"),
    mutant(CountsTokens, "APPEND-3"),
    mutant(WritesLate, "APPEND-4"),
    mutant(SharesGitByDirectory, "APPEND-6"),
    mutant(ClosesTheOthers, "APPEND-6"),
    mutant(FoldsIds, "ID-1"),
    mutant(TakesAnyIdToRead, "ID-1"),
    mutant(DropsARetry, "APPEND-1"),
    mutant(ForgetsBeyondFiveThousand, "APPEND-1"),
    mutant(ClosesTheChildren, "APPEND-6"),
    mutant(ArchivesWithTheForks, "APPEND-6"),
    mutant(KeepsOneResumedWriter, "APPEND-6"),
)

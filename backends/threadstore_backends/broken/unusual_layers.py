"""Session layers that do what few do and the spec allows: no check may reject them."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    UNSET,
    Conflict,
    InvalidRequest,
    RolloutItem,
    ThreadMetadataPatch,
    ThreadNotFound,
    UpdateThreadMetadataParams,
)
from threadstore.patch import is_empty
from threadstore.policy import canonical_items
from threadstore.registration import REFERENCE_SESSION
from threadstore.thread_manager import ThreadManager

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_LAZY = over(Passing, evolve(MEMORY_CAPABILITIES, lazy=True, requires_cwd=True, hides_unpreviewed=True))


@layer(part="metadata_sync.MetadataSync.may_wait", session=evolve(REFERENCE_SESSION, interposed=False))
def sends_facts_at_barriers(good: Any, sync: Any, now: Any) -> Any:
    """Lets facts wait for a barrier, and shows no calls below it."""
    return True


@layer(part="live_thread.LiveThread._send")
def sends_facts_one_by_one(good: Any, live: Any, patch: Any, *, include_archived: Any) -> Any:
    """Sends each fact in an update of its own, and an explicit patch with all that is pending."""
    pending = live._sync.pending
    if is_empty(patch):
        for field in pending.__attrs_attrs__:
            value = getattr(pending, field.name)
            if value is not UNSET:
                one = ThreadMetadataPatch(**{field.name: value})
                live._store.update_thread_metadata(
                    UpdateThreadMetadataParams(thread_id=live.thread_id, patch=one, include_archived=include_archived)
                )
    return good(live, patch, include_archived=include_archived)


@layer(part="thread_manager.cut")
def tells_the_model_of_interruptions(good: Any, items: Any, params: Any) -> Any:
    """Adds a message for the model to an interrupted fork, after the end of the turn."""
    copied = good(items, params)
    if params.cut != "interrupted" or len(copied) == len(items):
        return copied
    text = "<turn_aborted>\nThe user interrupted the previous turn.\n</turn_aborted>"
    content = [{"type": "input_text", "text": text}]
    return (*copied, RolloutItem("response_item", {"type": "message", "role": "user", "content": content}))


@layer()
class AnswersConflict(ThreadManager):
    """Answers Conflict, which is the same class of errors, where it refuses a fork or a spawn itself."""

    def fork_thread(self, params: Any) -> Any:
        return self._said(super().fork_thread, params)

    def spawn_thread(self, params: Any) -> Any:
        return self._said(super().spawn_thread, params)

    def _said(self, method: Any, params: Any) -> Any:
        try:
            return method(params)
        except InvalidRequest as error:
            if error.field == "turn_id" or params.thread_id in error.message:
                raise Conflict(str(error)) from error
            raise


@layer()
class TakesAppendsOfNothing(ThreadManager):
    """Answers Ok to an append of nothing to keep, whatever the thread."""

    def append_items(self, params: Any) -> None:
        try:
            super().append_items(params)
        except ThreadNotFound:
            if canonical_items(params.items):
                raise


@layer(store=_LAZY)
class ForksHiddenThreads(ThreadManager):
    """Forks a loaded thread that is hidden, with nothing copied."""

    def fork_thread(self, params: Any) -> Any:
        self.__dict__["is_fork"] = params.cut != "after_turn"
        return super().fork_thread(params)

    def _snapshot(self, thread_id: Any) -> Any:
        is_fork = self.__dict__.pop("is_fork", False)
        try:
            return super()._snapshot(thread_id)
        except ThreadNotFound:
            session = self._sessions.get(thread_id)
            if not is_fork or session is None or session.thread.ephemeral:
                raise
            return ()


@layer(session=evolve(REFERENCE_SESSION, fork_copies_name=True, cascades=True))
class CopiesNamesAndTakesDescendantsAlong(ThreadManager):
    """Gives forks their source's name, and takes descendants along."""


LAYERS = layers_in(globals())

"""Disguised session layers: faults that show after many operations, in the second thread, behind others, or rarely."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import InvalidRequest, StartParams, ThreadStoreError
from threadstore.live_thread import EphemeralThread
from threadstore.manager_params import ForkParams, ResumeParams
from threadstore.thread_manager import ThreadManager

from . import layers_facts as facts
from . import layers_fork as forks
from . import layers_fork_facts as fork_facts
from . import layers_originator as originators
from . import layers_pending as pending
from . import layers_resume as resumes
from . import layers_spawn as spawns
from . import layers_turns as turns
from .disguise import AGAIN, SECOND, Step, When, after, behind, disguised_layer, given, holding
from .swapped import Layer, layer, layers_in

_ARCHIVED = Step("archived", "archive_thread")
_RESUMED = Step("resumed", "resume_thread")
_NAMED = Step("named", "update_thread_metadata", lambda params: isinstance(params.patch.name, str))
_CLEARED = Step(
    "its-name-cleared", "update_thread_metadata", lambda params: params.patch.name is None, "cleared of its name"
)
_FORKED = Step("forked", "fork_thread")

_WHITE_SPACE = holding(
    "white-space-around-a-text",
    "where a text has white space around it",
    lambda value: isinstance(value, str) and value != value.strip(),
)
_THE_FIRST = given(
    "the-first-message",
    "where the first message is named",
    lambda params: isinstance(params, ForkParams) and params.nth == 0,
)
_ASIDE = given(
    "include-archived",
    "where archived threads may be resumed too",
    lambda params: isinstance(params, ResumeParams) and params.include_archived is True,
)


@layer("FORK-1b")
class BeginsWhatItRefusesToCut(ThreadManager):
    """Refuses a fork for its cut, and loads one without items all the same."""

    def fork_thread(self, params: Any) -> Any:
        try:
            return super().fork_thread(params)
        except InvalidRequest:
            if params.cut == "after_turn":
                self.start_thread(StartParams(forked_from_id=params.thread_id, metadata=params.metadata))
            raise


@layer("ROUTE-1b")
class ClosesAnEphemeralThreadAtAPatch(ThreadManager):
    """Refuses the patch of an ephemeral thread, and unloads it."""

    def update_thread_metadata(self, params: Any) -> Any:
        try:
            return super().update_thread_metadata(params)
        except InvalidRequest:
            session = self._sessions.get(params.thread_id)
            if session and isinstance(session.writer, EphemeralThread):
                del self._sessions[params.thread_id]
            raise


@layer("ROUTE-2")
class CountsWhatItRefuses(ThreadManager):
    """Counts the turns of the good items in a batch that it refuses."""

    def append_items(self, params: Any) -> None:
        try:
            super().append_items(params)
        except InvalidRequest:
            session = self._sessions.get(params.thread_id)
            if session:
                session.writer.turns.observe(
                    item for item in params.items if item.payload.get("type") == "user_message"
                )
            raise


@layer("ROUTE-2")
class UnloadsAtARefusedArchive(ThreadManager):
    """Unloads the thread that was loaded last when another cannot be archived."""

    def archive_thread(self, params: Any) -> None:
        try:
            super().archive_thread(params)
        except ThreadStoreError:
            if self._sessions:
                self._sessions.popitem()[1].writer.discard()
            raise


_HIDDEN: tuple[tuple[When, Layer], ...] = (
    (after(15), turns.counts_echoes),
    (after(15), facts.moves_recency_with_every_append),
    (after(15), forks.copies_no_session_meta),
    (after(25), spawns.counts_no_depth),
    (SECOND, originators.takes_a_blank_override),
    (SECOND, resumes.forgets_the_tools),
    (SECOND, spawns.begins_a_session_for_each_sub_agent),
    (SECOND, pending.loses_facts_that_failed),
    (AGAIN, resumes.forgets_the_name),
    (AGAIN, resumes.counts_turns_from_the_resume),
    (AGAIN, originators.forgets_the_originator_at_resume),
    (AGAIN, facts.forgets_the_first_message_at_resume),
    (behind(_ARCHIVED), forks.copies_no_session_meta),
    (behind(_RESUMED), fork_facts.writes_no_inheritance),
    (behind(_NAMED, _CLEARED), evolve(facts.puts_titles_over_names, clauses=("SYNC-2",))),
    (behind(_FORKED), turns.counts_what_was_taken_back),
    (_WHITE_SPACE, originators.does_not_trim_service_names),
    (_THE_FIRST, turns.counts_messages_from_one),
    (_ASIDE, resumes.forgets_the_name),
)

LAYERS: tuple[Layer, ...] = (
    *(disguised_layer(when, broken) for when, broken in _HIDDEN),
    *layers_in(globals()),
)

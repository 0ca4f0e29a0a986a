"""Broken session layers of SYNC-1 and SYNC-2: facts that are misread, renamed, or put over what a user set."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import UNSET, ThreadMetadataPatch, ThreadStoreError
from threadstore.metadata_sync import NOTHING, RESTORED, facts_of
from threadstore.patch import is_empty, merge
from threadstore.views import UserMessage

from .swapped import layer, layers_in


@layer("SYNC-1", part="metadata_sync.UserMessage")
class KeepsTheHeading(UserMessage):
    """Takes all of a message for its text, the heading of the request too."""

    @property
    def text(self) -> str:
        return self.message.strip()


@layer("SYNC-1", part="metadata_sync.UserMessage")
class TakesTheLastHeading(UserMessage):
    """Takes what follows the last heading for a message's text."""

    @property
    def text(self) -> str:
        return self.message.rpartition("## My request for Codex:")[2].strip()


@layer("SYNC-1", part="metadata_sync.UserMessage")
class DoesNotTrim(UserMessage):
    """Leaves the white space around a message's text."""

    @property
    def text(self) -> str:
        return self.message if self.message.strip() and "##" not in self.message else super().text


@layer("SYNC-1", part="metadata_sync.UserMessage")
class SeesNoImages(UserMessage):
    """Takes a message of images alone for an empty one."""

    @property
    def preview(self) -> str | None:
        return self.text or None


@layer("SYNC-1", part="metadata_sync.UserMessage")
class SeesNoLocalImages(UserMessage):
    """Does not know images by their path."""

    @classmethod
    def of(cls, payload: Any) -> Any:
        return super().of({**payload, "local_images": None})


@layer("SYNC-1", part="metadata_sync.token_usage_of")
def tells_the_last_request_s_tokens(good: Any, payload: Any) -> Any:
    """Takes the last request's tokens for the thread's."""
    info = payload.get("info") or {}
    return good({"info": {"total_token_usage": info.get("last_token_usage")}})


@layer("SYNC-1", part="metadata_sync.goal_of")
def tells_goals_untrimmed(good: Any, payload: Any) -> Any:
    """Leaves the white space around a goal."""
    return good(payload) and payload["goal"]["objective"]


@layer("SYNC-1", part="metadata_sync.facts_of")
def follows_every_turn_s_directory(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes the working directory of the latest turn for the thread's."""
    return good(items, seen - {"cwd"})


@layer("SYNC-1", part="metadata_sync._told_by")
def believes_every_session_meta(good: Any, item: Any) -> Any:
    """Takes facts from a session_meta that was copied or appended."""
    names = ("cwd", "model_provider", "memory_mode", "thread_source")
    told = {name: item.payload[name] for name in names if item.payload.get(name)}
    return told if item.type == "session_meta" else good(item)


@layer("SYNC-1", part="metadata_sync._told_by")
def takes_titles_from_response_items(good: Any, item: Any) -> Any:
    """Takes what the model is sent for the user's words."""
    if item.kind != ("response_item", "message") or item.payload.get("role") != "user":
        return good(item)
    text = item.payload["content"][0].get("text")
    return {"title": text, "preview": text, "first_user_message": text}


@layer("SYNC-1", part="metadata_sync._told_by")
def tells_no_reasoning_effort(good: Any, item: Any) -> Any:
    """Does not read the effort of a turn."""
    return {name: value for name, value in good(item).items() if name != "reasoning_effort"}


@layer("SYNC-1", part="metadata_sync._told_by")
def tells_no_approval(good: Any, item: Any) -> Any:
    """Does not read approval policy and permission profile of a turn."""
    hidden = ("approval_mode", "permission_profile")
    return {name: value for name, value in good(item).items() if name not in hidden}


@layer("SYNC-1", part="metadata_sync.facts_of")
def tells_the_first_of_each_batch(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes the first model and token count of a batch, not the last."""
    items = tuple(items)
    late = good(reversed(items), seen)
    return evolve(good(items, seen), model=late.model, token_usage=late.token_usage)


@layer("SYNC-1b", part="metadata_sync.facts_of")
def renames_with_every_message(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes the title of each append's first message."""
    return good(items, seen - {"title", "preview"})


@layer("SYNC-1b", part="metadata_sync.facts_of")
def takes_the_last_message_of_a_batch(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes the last message of an append for the first."""
    facts = NOTHING
    for item in items:
        facts = merge(facts, good([item], seen))
    return facts


@layer("SYNC-1b", part="metadata_sync.MetadataSync.resumed")
def forgets_the_first_message_at_resume(good: Any, stored: Any, history: Any) -> Any:
    """Takes the first message after a resume for the first."""
    sync = good(stored, history)
    sync.seen = frozenset()
    return sync


@layer("SYNC-1b", part="metadata_sync._told_by")
def titles_images(good: Any, item: Any) -> Any:
    """Gives a thread the title [Image]."""
    told = good(item)
    return {**told, "title": told["preview"]} if "first_user_message" in told else told


@layer("SYNC-1b", part="metadata_sync.MetadataSync.observe")
def takes_a_goal_for_the_first_message(good: Any, sync: Any, items: Any, now: Any) -> Any:
    """Leaves title and first message to nobody once a goal is the preview."""
    good(sync, items, now)
    if "preview" in sync.seen:
        sync.seen |= {"title", "first_user_message"}


@layer("SYNC-1b", part="metadata_sync.facts_of")
def puts_messages_over_goals(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes the first message for the preview though a goal was there."""
    return good(items, seen if "first_user_message" in seen else seen - {"preview"})


@layer("SYNC-1b", part="metadata_sync.facts_of")
def puts_goals_over_messages(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Takes every goal for the preview."""
    items = tuple(items)
    goals = [item for item in items if item.kind[1] == "thread_goal_updated"]
    facts = good(items, seen)
    return merge(facts, good(goals)) if goals else facts


@layer("SYNC-1b", part="metadata_sync.MetadataSync.observe")
def takes_an_empty_message_for_the_first(good: Any, sync: Any, items: Any, now: Any) -> Any:
    """Takes no title after a first message without text."""
    items = tuple(items)
    good(sync, items, now)
    if any(item.kind[1] == "user_message" for item in items):
        sync.seen |= {"title", "preview", "first_user_message"}


@layer("SYNC-1c", part="metadata_sync.MetadataSync.observe")
def moves_recency_with_every_append(good: Any, sync: Any, items: Any, now: Any) -> Any:
    """Moves recency with every append."""
    good(sync, items, now)
    sync.pending = evolve(sync.pending, advance_recency_at=now)


@layer("SYNC-1c", part="metadata_sync.starts_turn")
def moves_recency_with_messages(good: Any, item: Any) -> Any:
    """Takes what a user said for the start of a turn."""
    return good(item) or item.kind[1] == "user_message"


@layer("SYNC-1c", part="metadata_sync.starts_turn")
def moves_recency_at_the_end(good: Any, item: Any) -> Any:
    """Moves recency when a turn ends, too."""
    return good(item) or item.kind[1] in ("task_complete", "turn_complete", "turn_aborted")


@layer("SYNC-1c", part="metadata_sync.starts_turn")
def knows_no_turn_started(good: Any, item: Any) -> Any:
    """Does not know turn_started for the start of a turn."""
    return item.kind[1] == "task_started"


@layer("SYNC-1c", part="metadata_sync.starts_turn")
def never_moves_recency(good: Any, item: Any) -> Any:
    """Leaves recency where it was when a turn starts."""
    return False


@layer("SYNC-1", "SYNC-2", part="metadata_sync.facts_of")
def puts_titles_over_names(good: Any, items: Any, seen: Any = frozenset()) -> Any:
    """Names a thread by its title."""
    facts = good(items, seen)
    return evolve(facts, name=facts.title)


@layer("SYNC-2", part="live_thread.LiveThread._send")
def puts_facts_over_patches(good: Any, live: Any, patch: Any, *, include_archived: Any) -> Any:
    """Merges what is pending over an explicit patch."""
    pending = live._sync.pending
    kept = {name: value for name, value in _set_in(patch).items() if getattr(pending, name) is UNSET}
    return good(live, ThreadMetadataPatch(**kept), include_archived=include_archived)


@layer("SYNC-2", part="live_thread.LiveThread.update_metadata")
def sends_facts_and_patch_apart(good: Any, live: Any, patch: Any, *, include_archived: Any = False) -> Any:
    """Sends what is pending in an update of its own, so that it arrives though the patch is refused."""
    if not is_empty(patch):
        live._send_pending()
    return good(live, patch, include_archived=include_archived)


@layer("SYNC-2", part="live_thread.LiveThread.update_metadata")
def forgets_facts_when_a_patch_is_refused(good: Any, live: Any, patch: Any, *, include_archived: Any = False) -> Any:
    """Drops what is pending when a patch is refused."""
    try:
        return good(live, patch, include_archived=include_archived)
    except ThreadStoreError:
        live._sync.pending = NOTHING
        raise


@layer("SYNC-2", part="live_thread.LiveThread.update_metadata")
def takes_an_empty_patch_for_a_barrier(good: Any, live: Any, patch: Any, *, include_archived: Any = False) -> Any:
    """Sends what is pending with an empty patch."""
    if is_empty(patch):
        live._send_pending()
    return good(live, patch, include_archived=include_archived)


@layer("SYNC-2", part="metadata_sync.MetadataSync.set_explicitly")
def lets_the_first_message_win_over_a_patch(good: Any, sync: Any, patch: Any) -> Any:
    """Takes the title of the first message though the user set one."""


@layer("SYNC-2", part="metadata_sync.MetadataSync.resumed")
def asks_only_the_history_what_was_first(good: Any, stored: Any, history: Any) -> Any:
    """Forgets at a resume what a patch has set first."""
    sync = good(stored, history)
    sync.seen = frozenset(_set_in(facts_of(history)))
    return sync


@layer("SYNC-2", part="metadata_sync.MetadataSync.resumed")
def tells_it_all_again_at_resume(good: Any, stored: Any, history: Any) -> Any:
    """Sends everything that the history tells after a resume, over what is stored."""
    sync = good(stored, history)
    told = facts_of(history)
    sync.pending = ThreadMetadataPatch(**{name: getattr(told, name) for name in RESTORED})
    return sync


@layer("SYNC-2", part="metadata_sync.MetadataSync.acknowledge")
def sends_again_what_was_sent(good: Any, sync: Any, sent: Any, generation: Any) -> Any:
    """Keeps what the store accepted pending, and sends it again."""
    good(sync, sent, generation - 1)


def _set_in(patch: Any) -> dict[str, Any]:
    fields = (field.name for field in patch.__attrs_attrs__)
    return {name: getattr(patch, name) for name in fields if getattr(patch, name) is not UNSET}


LAYERS = layers_in(globals())

"""Directed checks of what a patch must leave alone, and when it is refused: PATCH-5, PATCH-6 and PATCH-7."""

from __future__ import annotations

from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    GitInfoPatch,
    ListThreadsParams,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
)
from threadstore import UpdateThreadMetadataParams as Update
from threadstore_conformance.lab import INVALID, MISSING, Lab, agent_message, clause, user_message

from .comparing import TIMES, brief, changed
from .patches import FIRST, PATCHES, SECOND, patch_field
from .verbs import archive, attempt, delete, flush, put_aside, reading, resume, resumption, unarchive

_GIT = GitInfoPatch(sha="ghost", branch="ghost", origin_url="ghost")


@clause("PATCH-5")
def test_a_patch_leaves_history_as_it_is(lab: Lab) -> None:
    """Ensure load_history is equal before and after any patch, of a live, a closed and an archived thread."""
    thread = lab.create()
    lab.append(thread, user_message("1"), agent_message("2"))
    flush(lab, thread)
    for place in ("live", "closed", "archived"):
        if place == "closed":
            lab.close(thread)
        if place == "archived":
            archive(lab, thread)
        for patch in PATCHES:
            before = list(lab.history(thread))
            lab.patch(thread, **patch)
            after = list(lab.history(thread))
            assert before == after, (
                f"the patch {patch} changed history: {brief(before)} became {brief(after)} ({place})"
            )


@clause("PATCH-5")
def test_patches_between_appends_are_not_in_the_history(lab: Lab) -> None:
    """Ensure a history that grows around patches has one own session_meta, first, and the items alone."""
    thread = lab.create()
    first = lab.history(thread)[0]
    for number, patch in enumerate(PATCHES):
        lab.append(thread, user_message(str(number)))
        lab.patch(thread, **patch)
    lab.close(thread)
    resume(lab, thread)
    lab.append(thread, user_message("last"))
    flush(lab, thread)
    expected = [first, *(user_message(str(number)) for number in range(len(PATCHES))), user_message("last")]
    actual = list(lab.history(thread))
    assert expected == actual, f"expected {brief(expected)}, got {brief(actual)}"


@clause("PATCH-5")
def test_a_patch_to_what_is_there_leaves_history_as_it_is(lab: Lab) -> None:
    """Ensure nothing is added to the history by a patch that sets or clears what is set or cleared already."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    for patch in PATCHES:
        lab.patch(thread, **patch)
        before = list(lab.history(thread))
        lab.patch(thread, **patch)
        after = list(lab.history(thread))
        assert before == after, f"the patch {patch}, applied again, made of {brief(before)} {brief(after)}"


@clause("PATCH-6")
def test_a_patch_of_an_unknown_thread_is_missing(lab: Lab) -> None:
    """Ensure every patch, the empty one too, is refused for an id never created and for one deleted."""
    deleted = lab.create()
    delete(lab, deleted)
    for thread in (lab.new_id(), deleted):
        for patch in PATCHES:
            for include_archived in (False, True):
                lab.refused(_update(thread, patch, include_archived=include_archived), MISSING)
        lab.refused(reading(thread), MISSING)


@clause("PATCH-6")
def test_nothing_of_a_refused_patch_is_kept(lab: Lab) -> None:
    """Ensure a thread created after a patch of its id was refused shows none of it."""
    deleted = lab.create()
    delete(lab, deleted)
    plain = lab.read(lab.create())
    for thread in (lab.new_id(), deleted):
        for patch in (*PATCHES, {**FIRST, "git_info": _GIT, "advance_recency_at": 4_000_000_000_000}):
            lab.refused(_update(thread, patch), MISSING)
        lab.create(thread)
        not_shared = ("thread_id", "rollout_path", "created_at", "updated_at", "recency_at")
        ghosts = changed(plain, lab.read(thread), but=not_shared)
        assert ghosts == {}, f"a thread shows what was patched before it was created: {ghosts}"
        actual = lab.read(thread)
        assert actual.recency_at < 4_000_000_000_000, "recency_at was advanced before the thread was created"


@clause("PATCH-6")
def test_a_patch_of_an_archived_thread_must_be_asked_for(lab: Lab) -> None:
    """Ensure it is InvalidRequest that names the thread without include_archived, and changes nothing."""
    for closed in (False, True):
        thread = lab.create()
        lab.patch(thread, name="named")
        if closed:
            lab.close(thread)
        archive(lab, thread)
        before = lab.read(thread)
        for patch in (*PATCHES, {"git_info": _GIT}):
            error = lab.refused(_update(thread, patch), INVALID)
            assert thread in str(error), f"the error must name {thread}, it says {str(error)!r}"
        differences = changed(before, lab.read(thread))
        assert differences == {}, f"refused patches changed {differences}"


@clause("PATCH-6")
def test_a_refused_patch_opens_and_closes_no_writer(lab: Lab) -> None:
    """Ensure an archived thread is as live after a refused patch as before it."""
    live, closed = lab.create(), lab.create()
    put_aside(lab, live)
    lab.close(closed)
    archive(lab, closed)
    for patch in ({"title": "x"}, {}, {"git_info": _GIT}):
        for thread in (live, closed):
            lab.refused(_update(thread, patch), INVALID)
    items = [user_message("still live")]
    error = attempt(lab, AppendThreadItemsParams(thread_id=live, items=items))
    assert error is None, f"a refused patch closed the writer of an archived thread: {error}"
    error = attempt(lab, resumption(closed))
    assert error is None, f"a refused patch of an archived thread left a writer behind: {error}"


@clause("PATCH-6")
def test_a_patched_archived_thread_stays_archived(lab: Lab) -> None:
    """Ensure with include_archived the thread is patched where it is, and the flag does nothing to an active one."""
    thread = lab.create()
    assert lab.patch(thread, title="active").archived_at is None
    archive(lab, thread)
    archived_at = lab.read(thread).archived_at
    for patch in (SECOND, {}, {"git_info": _GIT}):
        lab.patch(thread, **patch)
        actual = lab.read(thread).archived_at
        assert actual is not None, f"the patch {patch} unarchived a thread"
        assert archived_at == actual, f"the patch {patch} moved archived_at from {archived_at} to {actual}"
    assert lab.read(thread).title == SECOND["title"]


#: What is derived from a conversation, and is no name.
_DERIVED: dict[str, Any] = {"title": "derived", "preview": "derived", "first_user_message": "derived"}


@clause("PATCH-7")
def test_a_derived_text_never_stands_in_for_a_name(lab: Lab) -> None:
    """Ensure a thread with title, preview and first message, and no name, has none in any answer."""
    for field, text in _DERIVED.items():
        thread = lab.create()
        _assert_name(lab, thread, None, patch_field(lab, thread, field, text), f"a patch of {field}")
    thread = lab.create()
    lab.append(thread, user_message("said"))
    _assert_name(lab, thread, None, lab.patch(thread, **_DERIVED), "a patch of every derived text")


@clause("PATCH-7")
def test_a_derived_text_never_overwrites_a_name(lab: Lab) -> None:
    """Ensure a name stays, though title, preview or first message are patched before, with or after it."""
    thread = lab.create()
    lab.patch(thread, **_DERIVED)
    _assert_name(lab, thread, "mine", lab.patch(thread, name="mine"), "a patch of name")
    for field in _DERIVED:
        answer = patch_field(lab, thread, field, f"another {field}")
        _assert_name(lab, thread, "mine", answer, f"a patch of {field}")
    _assert_name(lab, thread, "other", lab.patch(thread, **_DERIVED, name="other"), "a patch of all")
    assert lab.read(thread).title == "derived"


@clause("PATCH-7")
def test_a_cleared_name_stays_cleared(lab: Lab) -> None:
    """Ensure no later patch, move, resume or reopening brings a former name back, also where it was set twice."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    for former in ("first", "second", "first"):
        lab.patch(thread, name=former)
    _assert_name(lab, thread, None, lab.patch(thread, name=None), "a clear")
    _assert_name(lab, thread, None, lab.patch(thread, **_DERIVED), "a clear, and a patch of derived texts,")
    lab.close(thread)
    resume(lab, thread)
    lab.append(thread, user_message("more"))
    _assert_name(lab, thread, None, lab.read(thread), "a clear, and a resume,")
    lab.close(thread)
    archive(lab, thread)
    _assert_name(lab, thread, None, lab.read(thread), "a clear, and an archive,")
    _assert_name(lab, thread, None, unarchive(lab, thread), "a clear, and an unarchive,")
    if not lab.capabilities.volatile:
        lab.reopen()
        _assert_name(lab, thread, None, lab.read(thread), "a clear, and reopening the store,")


@clause("PATCH-7")
def test_a_thread_goes_by_its_latest_name_alone(lab: Lab) -> None:
    """Ensure a listing by a former name does not show the thread, and one by its present name does."""
    thread = lab.create()
    lab.patch(thread, preview="preview")
    for former, name in ((None, "alpha"), ("alpha", "beta"), ("beta", "gamma")):
        lab.patch(thread, name=name)
        assert lab.listed(search_term=name) == [thread], f"a thread is not listed by its name {name!r}"
        if former:
            assert lab.listed(search_term=former) == [], f"a thread is listed by its former name {former!r}"
    lab.patch(thread, name=None)
    assert lab.listed(search_term="gamma") == [], "a thread is listed by the name that was cleared"


@clause("PATCH-7")
def test_setting_an_equal_name_changes_nothing(lab: Lab) -> None:
    """Ensure naming a thread as it is named leaves it as it was, and two threads may share a name."""
    thread, other = lab.create(), lab.create()
    for named in (thread, other):
        lab.patch(named, name="shared")
    before = lab.read(thread), lab.read(other)
    lab.clock.advance(60_000)
    lab.patch(thread, name="shared")
    differences = changed(before[0], lab.read(thread), but=TIMES) | changed(before[1], lab.read(other))
    assert differences == {}, f"setting an equal name changed {differences}"
    lab.patch(thread, name=None)
    assert lab.read(other).name == "shared", "clearing one thread's name cleared that of another with an equal one"


def _update(thread: ThreadId, patch: dict[str, Any], *, include_archived: bool = False) -> Update:
    return Update(thread_id=thread, patch=ThreadMetadataPatch(**patch), include_archived=include_archived)


def _assert_name(lab: Lab, thread: ThreadId, expected: str | None, answer: StoredThread, what: str) -> None:
    """Look for the name wherever a thread is shown."""
    assert expected == answer.name, f"{what}: the name must be {expected!r}, the answer has {answer.name!r}"
    actual = lab.read(thread).name
    assert expected == actual, f"after {what} the name must be {expected!r}, a read has {actual!r}"
    for archived in (False, True):
        rows = lab.store.list_threads(ListThreadsParams(page_size=50, archived=archived)).items
        for row in rows:
            same_thread = row.thread_id == thread
            assert not same_thread or expected == row.name, f"after {what} a listing has the name {row.name!r}"

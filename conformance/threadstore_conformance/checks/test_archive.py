"""Directed checks of archive and unarchive: the ARCH clauses."""

from __future__ import annotations

from threadstore import ArchiveThreadParams, StoredThread, ThreadId, UnarchiveThreadParams
from threadstore.fields import MAX_TIMESTAMP
from threadstore_conformance.lab import INVALID, MISSING, Lab, agent_message, clause, user_message

from .comparing import brief, changed
from .listing import ORDERS, found, listable
from .patches import patched_thread
from .verbs import archive, attempt, delete, flush, put_aside, resume, unarchive, written

#: What archive and unarchive may change.
_MOVES = ("archived_at", "rollout_path")


@clause("ARCH-1")
def test_archive_sets_archived_at_and_unarchive_makes_it_absent(lab: Lab) -> None:
    """Ensure archived_at is a time of whole milliseconds from archive to unarchive, time and again."""
    thread = lab.create()
    assert lab.read(thread).archived_at is None
    for _ in range(2):
        archive(lab, thread)
        actual = lab.read(thread).archived_at
        in_range = type(actual) is int and 0 <= actual <= MAX_TIMESTAMP
        assert in_range, f"archived_at must be whole milliseconds, is {actual!r}"
        unarchive(lab, thread)
        actual = lab.read(thread).archived_at
        assert actual is None, f"after unarchive archived_at is {actual!r}"


@clause("ARCH-1")
def test_archived_at_stays_the_same(lab: Lab) -> None:
    """Ensure nothing that is done to an archived thread moves archived_at."""
    thread = lab.create()
    put_aside(lab, thread)
    archived_at = lab.read(thread).archived_at
    for what, act in (
        ("time", lambda: None),
        ("an append", lambda: lab.append(thread, user_message("said"))),
        ("a patch", lambda: lab.patch(thread, updated_at=5_000, title="titled")),
        ("a shutdown", lambda: lab.close(thread)),
        ("a resume", lambda: resume(lab, thread)),
    ):
        lab.clock.advance(60_000)
        act()
        actual = lab.read(thread).archived_at
        assert archived_at == actual, f"{what} moved archived_at from {archived_at} to {actual}"


@clause("ARCH-1")
def test_history_and_metadata_stay(lab: Lab) -> None:
    """Ensure archive changes archived_at alone, and unarchive leaves the thread as if it had never been archived."""
    for patched in (True, False):
        thread = lab.create()
        lab.append(thread, user_message("said"), agent_message("answered"))
        if patched:
            patched_thread(lab, thread)
        lab.close(thread)
        before, history = lab.read(thread), list(lab.history(thread))
        for move in (archive, unarchive, archive, unarchive):
            lab.clock.advance(60_000)
            move(lab, thread)
            differences = changed(before, lab.read(thread), but=_MOVES)
            assert differences == {}, f"{move.__name__} changed {differences}"
            items = list(lab.history(thread))
            assert history == items, f"{move.__name__} changed the history from {brief(history)} to {brief(items)}"
        differences = changed(before, lab.read(thread), but=("rollout_path",))
        assert differences == {}, f"archived and unarchived, the thread differs in {differences}"


@clause("ARCH-1")
def test_unarchive_returns_the_thread_as_a_read_does(lab: Lab) -> None:
    """Ensure the answer of unarchive equals the read directly after it, on a live and a closed thread."""
    for closed in (False, True):
        thread = lab.create()
        patched_thread(lab, thread)
        if closed:
            lab.close(thread)
        archive(lab, thread)
        answer = unarchive(lab, thread)
        assert type(answer) is StoredThread, f"unarchive must return the thread, got {answer!r}"
        differences = changed(answer, lab.read(thread))
        assert differences == {}, f"answered by unarchive and read differ in {differences}"


@clause("ARCH-1")
def test_moving_opens_no_writer(lab: Lab) -> None:
    """Ensure a closed thread is not live for having been archived or unarchived."""
    thread = lab.create()
    lab.close(thread)
    for move in (archive, unarchive):
        move(lab, thread)
        resume(lab, thread)
        lab.close(thread)


@clause("ARCH-1")
def test_moving_an_unknown_thread_is_missing(lab: Lab) -> None:
    """Ensure archive and unarchive of an id never created, or deleted, are refused and make no thread."""
    deleted, archived = lab.create(), lab.create()
    archive(lab, archived)
    for thread in (deleted, archived):
        delete(lab, thread)
    for thread in (lab.new_id(), deleted, archived):
        lab.refused(ArchiveThreadParams(thread_id=thread), MISSING)
        lab.refused(UnarchiveThreadParams(thread_id=thread), MISSING)
        lab.create(thread)
        assert lab.read(thread).archived_at is None, "a thread was created archived"


@clause("ARCH-1")
def test_moving_to_where_it_is_changes_nothing(lab: Lab) -> None:
    """Ensure archiving twice and unarchiving an active thread, refused or not, leave it as it was."""
    for closed in (False, True):
        thread = lab.create()
        patched_thread(lab, thread)
        if closed:
            lab.close(thread)
        before = lab.read(thread)
        _try(lab, UnarchiveThreadParams(thread_id=thread))
        differences = changed(before, lab.read(thread))
        assert differences == {}, f"unarchiving an active thread changed {differences}"
        archive(lab, thread)
        before = lab.read(thread)
        for _ in range(2):
            lab.clock.advance(60_000)
            _try(lab, ArchiveThreadParams(thread_id=thread))
            differences = changed(before, lab.read(thread))
            assert differences == {}, f"archiving an archived thread changed {differences}"


@clause("ARCH-1b")
def test_moving_to_where_it_is_is_refused(lab: Lab) -> None:
    """Ensure archiving twice, and unarchiving an active thread, is InvalidRequest that names it."""
    thread = lab.create()
    for move in (UnarchiveThreadParams, ArchiveThreadParams):
        if move is ArchiveThreadParams:
            archive(lab, thread)
        error = lab.refused(move(thread_id=thread), INVALID)
        assert thread in str(error), f"the error must name {thread}, it says {str(error)!r}"


@clause("ARCH-2")
def test_a_thread_is_on_one_side_once(lab: Lab) -> None:
    """Ensure every thread is in exactly one listing, once, in every order and however large the pages."""
    threads = [listable(lab) for _ in range(4)]
    lab.close(threads[2])
    lab.close(threads[3])
    active, archived = set(threads), set[ThreadId]()
    for thread in (threads[1], threads[2], threads[0]):
        archive(lab, thread)
        active, archived = active - {thread}, archived | {thread}
        _assert_sides(lab, active, archived)
    for thread in (threads[2], threads[1]):
        unarchive(lab, thread)
        active, archived = active | {thread}, archived - {thread}
        _assert_sides(lab, active, archived)


@clause("ARCH-2")
def test_work_on_a_thread_does_not_change_its_side(lab: Lab) -> None:
    """Ensure patches, appends, resumes and refused moves leave each thread in its one listing."""
    active, archived = listable(lab), listable(lab)
    put_aside(lab, archived)
    for thread in (active, archived):
        lab.patch(thread, title="titled", updated_at=5_000)
        lab.append(thread, user_message("said"))
        flush(lab, thread)
        _assert_sides(lab, {active}, {archived})
        lab.close(thread)
        resume(lab, thread)
        _assert_sides(lab, {active}, {archived})
    _try(lab, ArchiveThreadParams(thread_id=archived))
    _try(lab, UnarchiveThreadParams(thread_id=active))
    _assert_sides(lab, {active}, {archived})


@clause("ARCH-3")
def test_a_writer_goes_on_wherever_its_thread_is(lab: Lab) -> None:
    """Ensure nothing is lost that was appended before, between and after moves of a live thread."""
    thread = lab.create()
    expected = []
    for number, move in enumerate((archive, unarchive, archive, unarchive)):
        batch = [user_message(f"before {number}"), agent_message(f"before {number}")]
        lab.append(thread, *batch)
        move(lab, thread)
        lab.append(thread, user_message(f"after {number}"))
        expected += [*batch, user_message(f"after {number}")]
        actual = written(lab, thread)
        assert expected == actual, f"after {move.__name__} of a live thread: {brief(expected)} became {brief(actual)}"
    lab.close(thread)
    assert expected == lab.items(thread), "a shutdown after moves lost items"


@clause("ARCH-3")
def test_a_writer_does_not_bring_its_thread_back(lab: Lab) -> None:
    """Ensure appends, flush and shutdown after an archive leave the thread archived, and no file behind."""
    thread = lab.create()
    lab.append(thread, user_message("before"))
    left = _file(lab, thread)
    for move, archived in ((archive, True), (unarchive, False)):
        move(lab, thread)
        if lab.capabilities.paths and left != _file(lab, thread):
            assert not (lab.home / str(left)).exists(), f"{move.__name__} left a file at {left}"
        lab.append(thread, user_message(f"after {move.__name__}"))
        flush(lab, thread)
        lab.close(thread)
        actual = lab.read(thread).archived_at is not None
        assert archived == actual, f"its writer took the thread to the other side after {move.__name__}"
        if lab.capabilities.paths and left != _file(lab, thread):
            assert not (lab.home / str(left)).exists(), f"its writer made {left} anew after {move.__name__}"
        left = _file(lab, thread)
        resume(lab, thread)


@clause("ARCH-3")
def test_what_follows_a_move_is_found_where_the_thread_is(lab: Lab) -> None:
    """Ensure loads, and searches where there are any, see what a writer appends that went along with its thread."""
    for moves in ((archive,), (archive, unarchive), (archive, unarchive, archive)):
        thread, said = listable(lab), f"a needle after {len(moves)} moves"
        for move in moves:
            move(lab, thread)
        lab.append(thread, user_message(said))
        assert [user_message(said)] == written(lab, thread), f"what was appended after {len(moves)} moves is lost"
        if lab.capabilities.search:
            archived = moves[-1] is archive
            sides = {side: found(lab, said, archived=side) for side in (archived, not archived)}
            assert sides == {archived: [thread], not archived: []}, (
                f"appended to thread {thread} after {len(moves)} moves, by side (archived or not) found in {sides}"
            )


@clause("ARCH-3")
def test_moving_a_live_thread_keeps_it_live(lab: Lab) -> None:
    """Ensure the writer can be shut down once after a move, and the thread resumed."""
    thread = lab.create()
    for move in (archive, unarchive):
        move(lab, thread)
        lab.close(thread)
        resume(lab, thread)


def _file(lab: Lab, thread: ThreadId) -> str | None:
    return lab.read(thread).rollout_path


def _try(lab: Lab, operation: ArchiveThreadParams | UnarchiveThreadParams) -> None:
    error = attempt(lab, operation)
    assert error is None or error.kind in INVALID, f"expected Ok or InvalidRequest, got {error!r}"


def _assert_sides(lab: Lab, active: set[ThreadId], archived: set[ThreadId]) -> None:
    for order in ORDERS:
        for size in (1, 3, 50):
            shown = lab.listed(page_size=size, **order), lab.listed(page_size=size, archived=True, **order)
            sides = sorted(shown[0]), sorted(shown[1])
            assert sides == (sorted(active), sorted(archived)), (
                f"active must be {sorted(active)} and archived {sorted(archived)}, listed are {sides} by {order}"
            )

"""Directed checks of forks: a copy with a beginning of its own, and nothing shared (FORK-1, FORK-1c)."""

from __future__ import annotations

from collections.abc import Callable

from threadstore import RolloutItem, ThreadId
from threadstore.manager_params import ForkParams
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import (
    assistant_response,
    compacted,
    event,
    response,
    rolled_back,
    session_meta,
    token_count,
    turn_context,
    user_response,
    world_state,
)
from threadstore_conformance.session_lab import SessionLab

from .comparing import changed_look
from .conversations import MISSING_CLASSES, assert_items, begun, own_meta, say, session_seen, turn, turns_of
from .unusual import GOOD_ID

_SAID = user_message("said")


@clause("FORK-1")
def test_a_fork_has_the_items_of_its_source(session_lab: SessionLab) -> None:
    """Ensure all kinds of kept items are copied, equal and in order, after a SessionMeta of the fork's own."""
    lab = session_lab
    items = (
        session_meta(GOOD_ID, originator="another", cwd="/elsewhere", unheard="of"), turn_context(model="m", cwd="/c"),
        *turn("t1", "one", user_response("one"), response("reasoning", summary=[], encrypted_content="x"),
              response("function_call", name="f", arguments="{}", call_id="1"),
              response("function_call_output", call_id="1", output={"n": 1.5}), assistant_response("done")),
        compacted("so far", [user_response("one")]), world_state(files=["a", None, {"b": True}]),
        RolloutItem("inter_agent_communication", {"content": "go"}), token_count(9), rolled_back(1), _SAID, _SAID,
    )  # fmt: skip
    source = begun(lab, *items)
    fork = lab.fork(source).thread_id
    expected = lab.history(source)
    assert_items(items, expected[1:], "the source")
    assert_items(expected, lab.items(fork), "the fork")


@clause("FORK-1")
def test_a_fork_has_a_session_meta_of_its_own(session_lab: SessionLab) -> None:
    """Ensure it names the new id, itself as session, the source, no parent, and what the caller says of the source."""
    lab = session_lab
    root = begun(lab, _SAID, thread_source="automation")
    sources = {"a root": root, "a fork": lab.fork(root).thread_id, "a sub-agent": lab.spawn(root).thread_id}
    for what, source in sources.items():
        fork = lab.fork(source, source="exec", thread_source="user")
        meta = own_meta(lab, fork.thread_id)
        assert fork.thread_id not in (*sources.values(), root), "a fork must have an id of its own"
        expected = (fork.thread_id, fork.thread_id, source, None, "exec", "user")
        for where, shown in (("SessionMeta", meta), ("session", fork)):
            own = meta.id if shown is meta else fork.thread_id
            actual = (own, *(getattr(shown, name) for name in _LINKS))
            assert expected == actual, f"of a fork of {what} the {where} must say {expected}, says {actual}"


@clause("FORK-1")
def test_a_fork_is_loaded_and_stored(session_lab: SessionLab) -> None:
    """Ensure a fork is listed and loaded when the call returns, and its items and facts outlive the process."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"), turn_context(model="model-a"))
    lab.close(source)
    fork = lab.fork(source).thread_id
    assert lab.loaded() == [fork], f"the fork {fork} must be loaded, and nothing else, but {lab.loaded()} are"
    assert sorted(lab.listed(model_providers=())) == sorted((source, fork)), (
        f"source and fork must be listed once, got {lab.listed(model_providers=())}"
    )
    before = session_seen(lab, fork)
    lab.restart()
    differences = changed_look(before, session_seen(lab, fork))
    assert differences == {}, f"what was stored of a fork when the process ended differs in {differences}"
    stored = lab.read(fork)
    assert (stored.preview, stored.model) == ("one", "model-a"), "the facts of the copied items are not stored"


@clause("FORK-1")
def test_sources_of_every_kind_can_be_forked(session_lab: SessionLab) -> None:
    """Ensure cold, archived, resumed and loaded sources all contribute what was acknowledged."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"))
    expected: list[RolloutItem] = list(lab.history(source))
    ways: tuple[tuple[str, Callable[[ThreadId], object]], ...] = (
        ("a loaded source", lab.resume), ("a cold source", lab.close), ("an archived source", lab.archive),
        ("an archived source that is loaded", lab.resume), ("a source that was moved back", lab.unarchive),
    )  # fmt: skip
    for number, (what, act) in enumerate(ways):
        act(source)
        if source in lab.loaded():
            more = user_message(f"more {number}")
            lab.append(source, more)
            expected.append(more)
        assert_items(expected, lab.items(lab.fork(source).thread_id), f"a fork of {what}")


@clause("FORK-1")
def test_a_fork_goes_on_like_any_thread(session_lab: SessionLab) -> None:
    """Ensure a fork can be appended to, closed and resumed, and keeps its items in order."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"))
    fork = lab.fork(source).thread_id
    expected = lab.history(fork)
    for number in range(2):
        more = turn(f"f{number}", "go on")
        say(lab, fork, *more)
        expected += more
        lab.close(fork)
        lab.resume(fork)
    assert_items(expected, lab.history(fork), "a fork that went on")


@clause("FORK-1")
def test_a_fork_of_a_fork(session_lab: SessionLab) -> None:
    """Ensure each generation adds one SessionMeta in front, names its direct source, and counts the same turns."""
    lab = session_lab
    thread = begun(lab, *turn("t1", "one"), *turn("t2", "two"), rolled_back(1))
    line = [thread]
    items = lab.items(thread)
    for _ in range(3):
        fork = lab.fork(line[0])
        assert fork.forked_from_id == line[0], f"a fork of {line[0]} names {fork.forked_from_id} as its source"
        line.insert(0, fork.thread_id)
        history = lab.history(fork.thread_id)
        metas = [item.payload.get("id") for item in history[: len(line)]]
        assert metas == line, f"its own SessionMeta and those of all before it must be {line}, are {metas}"
        assert_items(items, history[len(line) :], f"generation {len(line)}")
        assert fork.turns == 1, f"all generations count one turn, this one {fork.turns}"


@clause("FORK-1")
def test_a_batch_or_many_make_equal_forks(session_lab: SessionLab) -> None:
    """Ensure it does not show in a fork how its source was appended to."""
    lab = session_lab
    items = (*turn("t1", "one"), user_response("two"), user_message("two"), rolled_back(1), *turn("t3", "three"))
    forks = []
    for size in (1, 3, len(items)):
        source = begun(lab, *items[:size])
        for start in range(size, len(items), size):
            say(lab, source, *items[start : start + size])
        forks.append((lab.fork(source), lab.fork(source, cut="before_user_message", nth=1)))
    for one, two in zip(forks[0] * 2, (*forks[1], *forks[2]), strict=True):
        assert_items(lab.items(one.thread_id)[1:], lab.items(two.thread_id)[1:], "forks of batches")
        assert one.turns == two.turns, f"forks of equal histories count {one.turns} and {two.turns} turns"


@clause("FORK-1")
def test_a_long_history_is_forked_whole(session_lab: SessionLab) -> None:
    """Ensure hundreds of items come along, each once and in order."""
    lab = session_lab
    source = begun(lab, *(agent_message(f"{number}") for number in range(700)), _SAID)
    assert_items(lab.history(source), lab.items(lab.fork(source).thread_id), "a fork of a long history")


@clause("FORK-1")
def test_unknown_sources_are_missing(session_lab: SessionLab) -> None:
    """Ensure a fork of a thread that was never made, or was deleted, is refused, and leaves nothing."""
    lab = session_lab
    deleted = begun(lab, _SAID)
    lab.delete(deleted)
    for source in (GOOD_ID, deleted):
        lab.refused(ForkParams(thread_id=source, metadata=METADATA), MISSING_CLASSES)
        assert (lab.loaded(), lab.listed(model_providers=())) == ([], []), "a fork that was refused is loaded or listed"


@clause("FORK-1")
def test_a_hidden_source_is_missing_or_empty(session_lab: SessionLab) -> None:
    """Ensure a loaded thread that nothing was kept of is refused as a source, or gives a fork with no item."""
    lab = session_lab
    hidden = lab.start().thread_id
    answer = lab.answer(ForkParams(thread_id=hidden, metadata=METADATA))
    if isinstance(answer, Exception):
        assert lab.capabilities.lazy, f"only a lazy store hides a thread, and this one refused: {answer!r}"
        lab.refused(ForkParams(thread_id=hidden, metadata=METADATA), MISSING_CLASSES)
        assert lab.loaded() == [hidden], "a fork that was refused is loaded"
    else:
        copied = [item for item in lab.items(answer.thread_id) if item.type != "session_meta"]
        assert copied == [], f"a thread without items gave a fork with {copied}"


@clause("FORK-1")
def test_an_ephemeral_source_is_refused(session_lab: SessionLab) -> None:
    """Ensure a fork of a thread of which nothing is stored is an error that names it."""
    lab = session_lab
    source = lab.start(ephemeral=True).thread_id
    lab.append(source, _SAID)
    before = lab.loaded(), lab.listed(model_providers=())
    error = lab.refused(ForkParams(thread_id=source, metadata=METADATA), ("refused",))
    assert source in str(error), f"the error must name {source}, it says {str(error)!r}"
    assert before == (lab.loaded(), lab.listed(model_providers=())), "a fork that was refused is loaded or listed"


@clause("FORK-1c")
def test_forking_changes_nothing_of_the_source(session_lab: SessionLab) -> None:
    """Ensure a source is the same after forks of every cut, whatever the forks are given."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"), *turn("t2", "two"), event("task_started", turn_id="t3"))
    lab.patch(source, name="named", title="titled", model="model-z")
    for loaded in (True, False):
        before = session_seen(lab, source)
        for cut in (
            {}, {"cut": "before_user_message", "nth": 1}, {"cut": "after_turn", "turn_id": "t1"},
            {"cut": "interrupted"},
            {"thread_source": "user", "base_instructions": "be brief", "ephemeral": True},
        ):  # fmt: skip
            lab.clock.advance(60_000)
            lab.fork(source, **cut)
            differences = changed_look(before, session_seen(lab, source))
            assert differences == {}, f"a fork ({cut}) changed its source: {differences} (loaded: {loaded})"
        assert (source in lab.loaded()) is loaded, f"a fork loaded or unloaded its source, which was loaded: {loaded}"
        if loaded:
            lab.close(source)


@clause("FORK-1c")
def test_what_happens_to_a_fork_does_not_show_in_its_source(session_lab: SessionLab) -> None:
    """Ensure a source stays as it is, whatever is done to its fork, and the fork's fork."""
    _assert_apart(session_lab, lambda source, fork: (fork, source))


@clause("FORK-1c")
def test_what_happens_to_a_source_does_not_show_in_its_fork(session_lab: SessionLab) -> None:
    """Ensure a fork stays as it is, whatever is done to its source."""
    _assert_apart(session_lab, lambda source, fork: (source, fork))


@clause("FORK-1c")
def test_siblings_do_not_touch(session_lab: SessionLab) -> None:
    """Ensure two forks of one thread, written in turn, each have their own items and count their own turns."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"))
    threads = [source, lab.fork(source).thread_id, lab.fork(source).thread_id]
    expected = {thread: lab.history(thread) for thread in threads}
    for number in range(3):
        for thread in threads[number:]:
            mine = user_message(f"{thread} {number}")
            say(lab, thread, mine)
            expected[thread].append(mine)
    for turns, thread in zip((2, 3, 4), threads, strict=True):
        assert_items(expected[thread], lab.history(thread), "written in turn with its kin")
        assert turns == turns_of(lab, thread), f"{thread} has {turns} turns, it counts {turns_of(lab, thread)}"


_LINKS = ("session_id", "forked_from_id", "parent_thread_id", "source", "thread_source")


def _assert_apart(lab: SessionLab, roles: Callable[[ThreadId, ThreadId], tuple[ThreadId, ThreadId]]) -> None:
    """Assert that nothing that is done to one of a source and its fork shows in the other."""
    source = begun(lab, *turn("t1", "one"), *turn("t2", "two"))
    written, watched = roles(source, lab.fork(source).thread_id)
    before = session_seen(lab, watched)
    for what, act in (
        ("an append", lambda: say(lab, written, *turn("t3", "three"), turn_context(model="model-z"))),
        ("a patch", lambda: lab.patch(written, name="named", title="titled", preview="p", model="m", cwd="/c")),
        ("a rollback", lambda: say(lab, written, rolled_back(2))),
        ("a compaction", lambda: say(lab, written, compacted("so far", []))),
        ("a fork", lambda: lab.fork(written)),
        ("an archive", lambda: lab.archive(written)),
        ("a resume", lambda: lab.resume(written)),
        ("an append to what is archived", lambda: say(lab, written, _SAID)),
        ("a delete", lambda: lab.delete(written)),
    ):
        lab.clock.advance(60_000)
        act()
        differences = changed_look(before, session_seen(lab, watched))
        assert differences == {}, f"{what} of its kin changed a thread: {differences}"
        turns = turns_of(lab, watched)
        assert turns == 2, f"after {what} of its kin a thread of two turns counts {turns}"
        assert watched in lab.listed(model_providers=()), f"after {what} of its kin a thread is not listed"

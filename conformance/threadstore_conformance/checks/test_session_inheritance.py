"""Directed checks of what becomes of an originator: written once, read back, inherited (ORIG-2, ORIG-2b, ORIG-2c)."""

from __future__ import annotations

from threadstore import ThreadId
from threadstore.session import LoadedThread
from threadstore_conformance.lab import METADATA, clause, user_message
from threadstore_conformance.session_items import session_meta
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun, own_meta, say
from .originators import table_of, two_names, written_by
from .unusual import GOOD_ID

_PROCESS = "from the process"


@clause("ORIG-2")
def test_makers_write_the_effective_originator(session_lab: SessionLab) -> None:
    """Ensure start, fork and every spawn write the session's originator to the thread's own SessionMeta."""
    lab = session_lab
    name, other = two_names(lab)
    source = begun(lab, user_message("said"), service_name=name)
    for made in (*_made(lab, source), *_made(lab, source, service_name=other), lab.start(service_name=other)):
        say(lab, made.thread_id, user_message("and so on"))
        shown = own_meta(lab, made.thread_id).originator, lab.read(made.thread_id).originator
        assert shown == (made.originator, made.originator), (
            f"the session is attributed to {made.originator!r}; its SessionMeta and a read say {shown}"
        )


@clause("ORIG-2")
def test_a_fork_writes_its_own_originator_over_the_copied_one(session_lab: SessionLab) -> None:
    """Ensure a relabelled fork shows its own originator, and the SessionMeta that it copied keeps the source's."""
    lab = session_lab
    name, other = two_names(lab)
    source = begun(lab, user_message("said"), service_name=name)
    for made in (lab.fork(source, service_name=other), lab.spawn(source, mode="full_history", service_name=other)):
        metas = [item.payload.get("originator") for item in lab.history(made.thread_id) if item.type == "session_meta"]
        assert metas == [other, name], f"its own SessionMeta says {other!r}, the copied one {name!r}; they are {metas}"
        actual = lab.read(made.thread_id).originator
        assert other == actual, f"a read of the fork says {actual!r}, not {other!r}"


@clause("ORIG-2")
def test_nothing_changes_the_originator_that_was_written(session_lab: SessionLab) -> None:
    """Ensure appends, patches, moves and resumes in other processes leave the SessionMeta and what a read shows."""
    lab = session_lab
    name = two_names(lab)[0]
    thread = begun(lab, user_message("said"), service_name=name)
    for what, act in (
        ("an append", lambda: lab.append(thread, user_message("more"))),
        ("a patch", lambda: lab.patch(thread, title="titled", name="named", thread_source="elsewhere")),
        ("a patch of the source", lambda: lab.patch(thread, source="exec")),
        ("a shutdown", lambda: lab.close(thread)),
        ("an archive", lambda: lab.archive(thread)),
        ("a resume", lambda: lab.resume(thread)),
        ("an unarchive", lambda: lab.unarchive(thread)),
        ("a restart", lambda: _restarted(lab, thread)),
        ("an append there", lambda: lab.append(thread, user_message("again"))),
    ):
        act()
        shown = own_meta(lab, thread).originator, lab.read(thread).originator
        assert shown == (name, name), f"after {what} SessionMeta and read say {shown}, it was made by {name!r}"


@clause("ORIG-2")
def test_a_session_meta_that_was_appended_changes_no_originator(session_lab: SessionLab) -> None:
    """Ensure another thread's SessionMeta leaves what the loaded thread, a read and a resume say."""
    lab = session_lab
    name = two_names(lab)[0]
    thread = begun(lab, user_message("said"), service_name=name)
    say(lab, thread, session_meta(GOOD_ID, originator="another"), user_message("and so on"))
    shown = [lab.resume(thread).originator, lab.read(thread).originator]
    lab.close(thread)
    shown += [lab.read(thread).originator, lab.resume(thread).originator]
    assert shown == [name] * 4, f"made by {name!r}, the thread is attributed to {shown}"


@clause("ORIG-2b")
def test_a_resume_reads_the_originator_back(session_lab: SessionLab) -> None:
    """Ensure threads of every kind keep their originator in a process with another default, archived ones too."""
    lab = session_lab
    name, other = two_names(lab)
    source = begun(lab, user_message("said"), service_name=name)
    threads = {source: name}
    for made in (*_made(lab, source), *_made(lab, source, service_name=other)):
        threads[made.thread_id] = made.originator
        lab.append(made.thread_id, user_message("and so on"))
    for thread in threads:
        lab.close(thread)
    lab.archive(made.thread_id)
    lab.restart(default_originator=_PROCESS)
    for thread, expected in threads.items():
        actual = lab.resume(thread).originator
        assert expected == actual, f"made by {expected!r}, the thread is resumed as {actual!r}"


@clause("ORIG-2b")
def test_a_resume_in_the_same_process_reads_the_originator_back(session_lab: SessionLab) -> None:
    """Ensure threads made for a service keep its originator when they are closed and resumed, whatever the default."""
    lab = session_lab
    lab.begin(default_originator=_PROCESS)
    name, other = two_names(lab)
    source = begun(lab, user_message("said"), service_name=name)
    made = [*_made(lab, source), *_made(lab, source, service_name=other)]
    for thread in made:
        say(lab, thread.thread_id, user_message("and so on"))
        lab.close(thread.thread_id)
        actual = lab.resume(thread.thread_id).originator
        assert actual == thread.originator, f"made by {thread.originator!r}, the thread is resumed as {actual!r}"


@clause("ORIG-2b")
def test_an_override_labels_its_session_only(session_lab: SessionLab) -> None:
    """Ensure what wins at a resume is the session's, and the next resume without it is back at what is stored."""
    lab = session_lab
    for written, restored in (("kept", "kept"), ("", _PROCESS)):
        thread = written_by(lab, written)
        for _ in range(2):
            expected = table_of(lab).resumed("elsewhere", environment="override", persisted=written)
            lab.restart("override", default_originator="elsewhere")
            actual = lab.resume(thread).originator
            assert expected == actual, f"under an override {written!r} is resumed as {actual!r}, not {expected!r}"
            lab.append(thread, user_message("under an override"))
            lab.patch(thread, title="patched under an override")
            lab.close(thread)
            stored = own_meta(lab, thread).originator, lab.read(thread).originator
            assert stored == (written, written), f"a session under an override changed what is stored to {stored}"
            lab.restart(default_originator=_PROCESS)
            actual = lab.resume(thread).originator
            assert restored == actual, f"after a session under an override {written!r} is resumed as {actual!r}"
            lab.close(thread)


@clause("ORIG-2c")
def test_sub_agents_inherit_through_every_generation(session_lab: SessionLab) -> None:
    """Ensure a chain of sub-agents without history all take the root's originator, and write it as their own."""
    lab = session_lab
    name = two_names(lab)[0]
    parent = begun(lab, user_message("said"), service_name=name)
    for generation in range(1, 5):
        child = lab.spawn(parent, service_name=(None, "unknown")[generation % 2])
        shown = child.originator, own_meta(lab, child.thread_id).originator
        assert shown == (name, name), f"in generation {generation} session and SessionMeta say {shown}, not {name!r}"
        parent = child.thread_id


@clause("ORIG-2c")
def test_generations_go_on_after_a_restart(session_lab: SessionLab) -> None:
    """Ensure a resumed sub-agent hands on the originator that it inherited, whatever the process calls itself."""
    lab = session_lab
    name = two_names(lab)[0]
    parent = begun(lab, user_message("said"), service_name=name)
    for generation in range(1, 4):
        child = lab.spawn(parent).thread_id
        lab.append(child, user_message("go on"))
        lab.close(child)
        lab.restart(default_originator=f"process {generation}")
        actual = lab.resume(child).originator, lab.spawn(child).originator
        assert actual == (name, name), (
            f"in generation {generation} the sub-agent and its own are attributed to {actual}"
        )
        parent = child


@clause("ORIG-2c")
def test_a_spawn_with_the_last_turns_takes_its_spawner_s(session_lab: SessionLab) -> None:
    """Ensure no number of turns makes a sub-agent of a loaded spawner fall to the default."""
    lab = session_lab
    name = two_names(lab)[0]
    spawner = begun(lab, user_message("one"), user_message("two"), service_name=name)
    lab.close(spawner)
    lab.restart(default_originator=_PROCESS)
    lab.resume(spawner)
    for last in (0, 1, 2, 3):
        child = lab.spawn(spawner, mode="last_turns", last=last)
        shown = child.originator, own_meta(lab, child.thread_id).originator
        assert shown == (name, name), f"with the last {last} turns session and SessionMeta say {shown}, not {name!r}"


@clause("ORIG-2c")
def test_a_copied_session_meta_hands_on_its_originator(session_lab: SessionLab) -> None:
    """Ensure forks and full-history spawns of a cold thread take the originator that they copied, and so do theirs."""
    lab = session_lab
    thread = written_by(lab, "the first process")
    lab.restart(default_originator=_PROCESS)
    for generation in range(1, 4):
        made = lab.fork(thread), lab.fork(thread, cut="before_user_message"), lab.spawn(thread, mode="full_history")
        actual = [each.originator for each in made]
        assert actual == ["the first process"] * 3, f"in generation {generation} the copies are attributed to {actual}"
        for each in made:
            lab.close(each.thread_id)
        thread = made[generation % 2 * 2].thread_id


def _made(lab: SessionLab, source: ThreadId, service_name: str | None = None) -> tuple[LoadedThread, ...]:
    """Make a thread of another in every way."""
    named = {"service_name": service_name, "metadata": METADATA}
    return (
        lab.start(parent_thread_id=source, **named),
        lab.fork(source, **named),
        lab.spawn(source, **named),
        lab.spawn(source, mode="full_history", **named),
        lab.spawn(source, mode="last_turns", last=1, **named),
    )


def _restarted(lab: SessionLab, thread: ThreadId) -> None:
    if lab.process.can_restart:
        lab.close(thread)
        lab.restart("override", default_originator=_PROCESS)
        lab.resume(thread)

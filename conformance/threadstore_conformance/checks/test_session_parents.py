"""Directed checks of which thread lends its originator to a new one: ORIG-1c."""

from __future__ import annotations

from collections.abc import Callable

from threadstore import ThreadId
from threadstore.jsonvalue import JSON
from threadstore_conformance.lab import clause, user_message
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun
from .originators import two_names, written_by
from .unusual import GOOD_ID

_PROCESS = "codex_cli_rs"


@clause("ORIG-1c")
def test_the_first_parent_that_is_given_lends_its_originator(session_lab: SessionLab) -> None:
    """Ensure the parent in the source goes before parent_thread_id, and that before forked_from_id."""
    lab = session_lab
    cold = written_by(lab, "the third")
    lab.restart()
    one, two = two_names(lab)
    parents = {"source": lab.start(service_name=one), "parent": lab.start(service_name=two), "fork": lab.resume(cold)}
    originators = {"source": one, "parent": two, "fork": "the third"}
    for spawner, parent, source in (
        ("source", "parent", "fork"), ("fork", "source", "parent"), ("parent", "fork", "source"),
        (None, "parent", "fork"), (None, "fork", "parent"), ("source", None, "fork"), ("fork", None, "source"),
        ("parent", "source", None), (None, None, "source"), (None, "fork", None), ("parent", None, None),
    ):  # fmt: skip
        first = spawner or parent or source
        started = lab.start(
            **({"source": _spawned_by(parents[spawner].thread_id)} if spawner else {}),
            parent_thread_id=parents[parent].thread_id if parent else None,
            forked_from_id=parents[source].thread_id if source else None,
        )
        expected = originators[str(first)]
        named = {"source": spawner, "parent_thread_id": parent, "forked_from_id": source}
        assert expected == started.originator, f"of {named} {first} counts, got {started.originator!r}"


@clause("ORIG-1c")
def test_no_other_thread_is_asked_when_the_first_is_not_loaded(session_lab: SessionLab) -> None:
    """Ensure a parent that is cold or was never made is no source, and hides the others that are given."""
    lab = session_lab
    one, two = two_names(lab)
    live = lab.start(service_name=one).thread_id
    cold = begun(lab, user_message("said"), service_name=two)
    lab.close(cold)
    for absent in (cold, GOOD_ID):
        started = {
            "source": lab.start(source=_spawned_by(absent), parent_thread_id=live, forked_from_id=live),
            "parent_thread_id": lab.start(parent_thread_id=absent, forked_from_id=live),
            "forked_from_id": lab.start(forked_from_id=absent),
        }
        actual = {what: thread.originator for what, thread in started.items()}
        assert dict.fromkeys(actual, _PROCESS) == actual, f"{absent} is not loaded, and no other thread is asked"


@clause("ORIG-1c")
def test_a_cold_spawner_lends_nothing(session_lab: SessionLab) -> None:
    """Ensure spawns of a thread that is not loaded, which copy no SessionMeta, have no parent to inherit from."""
    lab = session_lab
    root = lab.start(service_name=two_names(lab)[0]).thread_id
    cold = lab.spawn(root, service_name=two_names(lab)[1]).thread_id
    lab.append(cold, user_message("said"))
    lab.close(cold)
    for mode, last in (("new", 0), ("last_turns", 0), ("last_turns", 1), ("last_turns", 9)):
        actual = lab.spawn(cold, mode=mode, last=last).originator
        assert actual == _PROCESS, f"a spawn ({mode} {last}) of a cold thread is attributed to {actual!r}"


@clause("ORIG-1c")
def test_a_parent_that_was_unloaded_lends_nothing(session_lab: SessionLab) -> None:
    """Ensure a thread is no live parent after shutdown, archive, delete, discard or the end of the process."""
    lab = session_lab
    ways: dict[str, Callable[[ThreadId], object]] = {
        "shutdown": lab.close, "archive": lab.archive, "delete": lab.delete,
    }  # fmt: skip
    if lab.session.writers:
        ways["discard"] = lab.discard
    if lab.process.can_restart:
        ways["restart"] = lambda _: lab.restart()
    for what, unload in ways.items():
        parent = begun(lab, user_message("said"), service_name=two_names(lab)[0])
        unload(parent)
        actual = lab.start(parent_thread_id=parent).originator
        assert actual == _PROCESS, f"after {what} of its parent a thread is attributed to {actual!r}"


@clause("ORIG-1c")
def test_an_ephemeral_parent_lends_its_originator(session_lab: SessionLab) -> None:
    """Ensure threads of which nothing is stored are live parents as any."""
    lab = session_lab
    expected = two_names(lab)[0]
    parent = lab.start(service_name=expected, ephemeral=True).thread_id
    started = {
        "source": lab.start(source=_spawned_by(parent)),
        "parent_thread_id": lab.start(parent_thread_id=parent),
        "forked_from_id": lab.start(forked_from_id=parent),
        "spawn": lab.spawn(parent),
        "ephemeral": lab.start(parent_thread_id=parent, ephemeral=True),
    }
    actual = {what: thread.originator for what, thread in started.items()}
    assert dict.fromkeys(actual, expected) == actual, f"its parent is ephemeral, loaded, and works for {expected!r}"


@clause("ORIG-1c")
def test_a_parent_lends_what_it_works_under_now(session_lab: SessionLab) -> None:
    """Ensure a parent whose session is attributed otherwise than it was made lends its session's originator."""
    lab = session_lab
    parents = {written: written_by(lab, written) for written in ("the other process", "", " ")}
    for environment in (None, "from the environment"):
        lab.restart(environment, default_originator=_PROCESS)
        for written, parent in parents.items():
            expected = lab.resume(parent).originator
            started = {
                "start": lab.start(parent_thread_id=parent),
                "spawn": lab.spawn(parent),
                "last turn": lab.spawn(parent, mode="last_turns", last=1),
            }
            actual = {what: thread.originator for what, thread in started.items()}
            assert dict.fromkeys(actual, expected) == actual, f"its parent, made by {written!r}, is now {expected!r}"


@clause("ORIG-1c")
def test_a_source_of_another_form_names_no_parent(session_lab: SessionLab) -> None:
    """Ensure only thread_spawn names a parent, and other sub-agents and plain sources leave it to the next."""
    lab = session_lab
    expected, other = two_names(lab)
    parent = lab.start(service_name=expected).thread_id
    another = lab.start(service_name=other).thread_id
    for source in ("cli", "exec", {"subagent": "review"}, {"subagent": {"other": "x"}}, {"custom": another}):
        actual = lab.start(source=source, parent_thread_id=parent).originator
        assert expected == actual, f"a start from {source} with a live parent is attributed to {actual!r}"


def _spawned_by(parent: ThreadId) -> JSON:
    return {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}}

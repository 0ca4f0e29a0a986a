"""Directed checks of LOCAL-1 and LOCAL-2: what a home tells without its database."""

from __future__ import annotations

from typing import Any

from threadstore import (
    ArchiveThreadParams,
    GitInfo,
    GitInfoPatch,
    ResumeThreadParams,
    RolloutItem,
    StoredThread,
    ThreadId,
    TokenUsage,
)
from threadstore_conformance.checks.codex_home import indexed_names, own_metas, remove_databases
from threadstore_conformance.checks.listing import shown
from threadstore_conformance.lab import METADATA, Lab, agent_message, clause, user_message


@clause("LOCAL-1")
def test_name_memory_and_git_survive_the_database(lab: Lab) -> None:
    """Ensure the three, set on live, closed and archived threads, read the same when the databases are removed."""
    threads = _threads_of_each_kind(lab)
    for kind, thread in threads.items():
        lab.patch(thread, name=f'Name of “{kind}”\n"🧵" \\', memory_mode="disabled", git_info=_GIT)
        lab.patch(thread, title="a title", preview="a preview", first_user_message="a message")
    _same_without_databases(lab, threads)


@clause("LOCAL-1")
def test_cleared_names_and_git_stay_cleared_without_the_database(lab: Lab) -> None:
    """Ensure what was set and then cleared does not come back when the databases are removed."""
    threads = _threads_of_each_kind(lab)
    for thread in threads.values():
        lab.patch(thread, name="a former name", memory_mode="disabled", git_info=_GIT)
        lab.patch(thread, name=None, memory_mode="enabled", git_info=_NO_GIT)
    _same_without_databases(lab, threads)
    for kind, thread in threads.items():
        assert _three(lab.read(thread)) == (None, "enabled", None), f"the {kind} thread"


@clause("LOCAL-1")
def test_the_latest_of_many_changes_survives_the_database(lab: Lab) -> None:
    """Ensure a thread that was changed again and again, part by part, reads as after the last change."""
    thread = lab.create()
    lab.append(thread, user_message("hello"))
    for patch in _CHANGES:
        lab.patch(thread, **patch)
        _same_without_databases(lab, {"changed": thread}, f"after {patch}")


@clause("LOCAL-1")
def test_changes_of_a_thread_without_items_survive_the_database(lab: Lab) -> None:
    """Ensure a patch alone makes a thread that files can tell of."""
    for patch in ({"name": "a name"}, {"memory_mode": "disabled"}, {"git_info": _GIT}):
        thread = lab.create(visible=False)
        lab.patch(thread, **patch)
        _same_without_databases(lab, {"patched": thread}, f"after {patch}")


@clause("LOCAL-1")
def test_changes_made_after_the_database_was_removed_survive_too(lab: Lab) -> None:
    """Ensure a home that lost its databases keeps the three as one that has them."""
    threads = _threads_of_each_kind(lab)
    lab.reopen(between=remove_databases)
    for thread in threads.values():
        lab.patch(thread, name="named later", memory_mode="disabled", git_info=_GIT)
    _same_without_databases(lab, threads)


@clause("LOCAL-1")
def test_a_name_goes_to_the_name_index(lab: Lab) -> None:
    """Ensure the index's last line of a thread has its name, or an empty one when cleared, and derived titles none."""
    thread, other = lab.create(), lab.create()
    lab.patch(other, name="of another", title="a title")
    for name in ("first", "second", "first", None, "Überprüfung 🧵"):
        lab.patch(thread, name=name)
        assert (name or "") == _latest(indexed_names(lab.home, thread)), f"session_index.jsonl after the name {name!r}"
    lab.patch(thread, title="a derived title")
    assert _latest(indexed_names(lab.home, thread)) == "Überprüfung 🧵", "session_index.jsonl after a title"
    assert _latest(indexed_names(lab.home, other)) == "of another", "session_index.jsonl, of a thread not touched"


@clause("LOCAL-1")
def test_memory_and_git_are_restated_in_the_rollout(lab: Lab) -> None:
    """Ensure a later session_meta of the thread's own states memory mode and git, and an empty object no git."""
    thread = lab.create()
    lab.append(thread, user_message("hello"))
    lab.patch(thread, memory_mode="disabled")
    lab.patch(thread, git_info=_GIT)
    stated = own_metas(lab.home, thread)[1:]
    assert _latest([meta["memory_mode"] for meta in stated if meta.get("memory_mode")]) == "disabled"
    git = _latest([meta["git"] for meta in stated if meta.get("git") is not None])
    parts = tuple(git.get(name) for name in ("commit_hash", "branch", "repository_url"))
    assert parts == ("0123abc", "main", "https://example.com/r.git"), f"git in the rollout: {git}"
    lab.patch(thread, git_info=_NO_GIT)
    git = _latest([meta["git"] for meta in own_metas(lab.home, thread) if meta.get("git") is not None])
    assert not any(git.values()), f"git in the rollout once cleared: {git}"


@clause("LOCAL-1")
def test_what_a_fork_copied_is_not_the_forks_own(lab: Lab) -> None:
    """Ensure a source's session_meta in a fork says nothing of the fork's memory mode and git."""
    source, fork = lab.new_id(), lab.create()
    copied = {"id": source, "memory_mode": "disabled", "git": {"commit_hash": "fff", "branch": "theirs"}}
    lab.append(fork, RolloutItem("session_meta", copied), user_message("hello"))
    _same_without_databases(lab, {"fork": fork})
    assert _three(lab.read(fork)) == (None, "enabled", None)


@clause("LOCAL-2")
def test_without_the_database_a_thread_is_what_its_history_says(lab: Lab) -> None:
    """Ensure create facts and observed facts are read out of the rollout alone."""
    spawn = {"parent_thread_id": lab.new_id(), "depth": 1, "agent_nickname": "Locke", "agent_role": "explorer"}
    thread = lab.create(
        forked_from_id=lab.new_id(), source={"subagent": {"thread_spawn": spawn}}, thread_source="user", originator="me"
    )
    before = lab.read(thread)
    lab.append(thread, *_TURNS[:5])
    lab.append(thread, *_TURNS[5:])
    lab.reopen(between=remove_databases)
    after = lab.read(thread)
    for name in _CREATE_FACTS:
        assert getattr(before, name) == getattr(after, name), f"{name}, a fact of the creation"
    for name, value in _OBSERVED.items():
        assert value == getattr(after, name), f"{name}, a fact of the history"


@clause("LOCAL-2")
def test_without_the_database_all_history_and_both_sides_are_there(lab: Lab) -> None:
    """Ensure histories, listings and the archived side are the same from the files alone."""
    threads = _threads_of_each_kind(lab)
    histories = {thread: lab.history(thread) for thread in threads.values()}
    for thread in threads.values():
        lab.patch(thread, preview="hello")
    sides = [sorted(shown(lab, archived=archived)) for archived in (False, True)]
    for round_ in ("once", "twice"):
        lab.reopen(between=remove_databases)
        assert sides == [sorted(shown(lab, archived=archived)) for archived in (False, True)], f"removed {round_}"
        for kind, thread in threads.items():
            assert histories[thread] == lab.history(thread), f"removed {round_}: the {kind} thread's history"


@clause("LOCAL-2")
def test_without_the_database_reads_are_repeatable(lab: Lab) -> None:
    """Ensure a thread told by its file alone reads the same twice, and as the listing shows it."""
    thread = lab.create()
    lab.append(thread, *_TURNS)
    lab.reopen(between=remove_databases)
    first = lab.read(thread)
    assert first == lab.read(thread), "two reads"
    lab.reopen()
    assert first == lab.read(thread), "a read after the home was opened again"


@clause("LOCAL-2")
def test_a_home_without_a_database_can_be_worked_on(lab: Lab) -> None:
    """Ensure appends, archive and delete work in a home whose databases are gone, each time they are."""
    thread, other = lab.create(), lab.create()
    sent = [user_message("first"), agent_message("second"), user_message("third")]
    lab.append(thread, sent[0])
    for item in sent[1:]:
        lab.reopen(between=remove_databases)
        lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
        lab.append(thread, item)
    assert sent == lab.items(thread)
    lab.reopen(between=remove_databases)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=other))
    lab.reopen(between=remove_databases)
    assert lab.read(other).archived_at is not None, "archived in a home without a database, and active afterwards"


_GIT = GitInfoPatch(sha="0123abc", branch="main", origin_url="https://example.com/r.git")
_NO_GIT = GitInfoPatch(sha=None, branch=None, origin_url=None)
_CHANGES: tuple[dict[str, Any], ...] = (
    {"git_info": GitInfoPatch(branch="work")},
    {"memory_mode": "disabled"},
    {"name": "first"},
    {"git_info": GitInfoPatch(sha="abc", origin_url="ssh://x")},
    {"name": "second", "title": "a title", "memory_mode": "enabled", "git_info": GitInfoPatch(branch=None)},
    {"git_info": _NO_GIT},
    {"memory_mode": "disabled", "name": None},
    {"git_info": GitInfoPatch(branch="ünï")},
    {"name": "first"},
)
_CREATE_FACTS = (
    "thread_id",
    "forked_from_id",
    "parent_thread_id",
    "model_provider",
    "created_at",
    "cwd",
    "cli_version",
    "source",
    "history_mode",
    "thread_source",
    "agent_nickname",
    "agent_role",
    "originator",
)
_TOTALS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")


def _count(*totals: int) -> RolloutItem:
    usage = dict(zip(_TOTALS, totals, strict=True))
    return RolloutItem("event_msg", {"type": "token_count", "info": {"total_token_usage": usage}})


def _turn(model: str, policy: str) -> RolloutItem:
    profile = {"type": "managed", "note": policy}
    payload = {"cwd": "/src/project", "model": model, "approval_policy": policy, "permission_profile": profile}
    return RolloutItem("turn_context", payload)


_TURNS = (
    RolloutItem("event_msg", {"type": "task_started", "turn_id": "one"}),
    _turn("model-a", "on-request"),
    user_message("Fix the login test"),
    _count(1, 2, 3, 4, 10),
    agent_message("done"),
    _turn("model-b", "never"),
    user_message("And the other one"),
    _count(10, 20, 30, 40, 100),
)
_OBSERVED: dict[str, Any] = {
    "preview": "Fix the login test",
    "title": "Fix the login test",
    "first_user_message": "Fix the login test",
    "model": "model-b",
    "approval_mode": "never",
    "permission_profile": {"type": "managed", "note": "never"},
    "token_usage": TokenUsage(10, 20, 30, 40, 100),
}


def _latest(lines: list[Any]) -> Any:
    assert lines, "no line of the home states it"
    return lines[-1]


def _threads_of_each_kind(lab: Lab) -> dict[str, ThreadId]:
    threads = {kind: lab.create() for kind in ("live", "closed", "archived")}
    for kind, thread in threads.items():
        lab.append(thread, user_message(f"hello, {kind} thread"), agent_message("hello"))
    lab.close(threads["closed"])
    lab.store.archive_thread(ArchiveThreadParams(thread_id=threads["archived"]))
    return threads


def _three(thread: StoredThread) -> tuple[str | None, str, GitInfo | None]:
    return thread.name, thread.memory_mode, thread.git_info


def _same_without_databases(lab: Lab, threads: dict[str, ThreadId], told: str = "") -> None:
    before = {kind: _three(lab.read(thread)) for kind, thread in threads.items()}
    for round_ in ("once", "twice"):
        lab.reopen(between=remove_databases)
        for kind, thread in threads.items():
            after = _three(lab.read(thread))
            assert before[kind] == after, f"the {kind} thread, its databases removed {round_} {told}"
    for kind, thread in threads.items():
        lab.reopen()
        assert before[kind] == _three(lab.read(thread)), f"the {kind} thread, opened again {told}"
    _resume_live(lab, threads)


def _resume_live(lab: Lab, threads: dict[str, ThreadId]) -> None:
    for kind in ("live", "changed"):
        if kind in threads:
            lab.store.resume_thread(ResumeThreadParams(thread_id=threads[kind], metadata=METADATA))

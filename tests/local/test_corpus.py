"""The homes that real Codex wrote: opened, read, changed and inspected (LOCAL-4)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.homes import (
    append,
    history,
    listed,
    opened,
    patch,
    read,
    resume,
    snapshot,
    state_of,
    texts,
)
from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    GitInfo,
    ListThreadsParams,
    ReadThreadParams,
    ThreadNotFound,
    ThreadRelationFilter,
    Unsupported,
)
from threadstore_backends.local.inspect import inspect_command

HOMES = ["codex-0.136.0-legacy", "codex-0.144.4-legacy", "codex-0.163.0-legacy"]
homes = pytest.mark.parametrize("name", HOMES)


@pytest.fixture
def home(corpus: Path, tmp_path: Path, name: str) -> Path:
    """A copy of a real home."""
    return Path(shutil.copytree(corpus / name, tmp_path / name, copy_function=shutil.copyfile))


@pytest.fixture
def who(corpus: Path, name: str) -> dict[str, str]:
    """Which thread is which."""
    told: dict[str, str] = json.loads((corpus / f"{name}.manifest.json").read_text())
    return told


def deleted(name: str, who: dict[str, str]) -> set[str]:
    gone = {who["started, never used (no file)"]}
    return gone if name == HOMES[0] else gone | {who["deleted"]}


@homes
@pytest.mark.parametrize("use_sqlite", [True, False])
def test_reads_every_thread(home: Path, who: dict[str, str], name: str, use_sqlite: bool) -> None:
    """Ensure every thread of the manifest reads, lists on its side and loads, and those that are gone are missing."""
    store = opened(home, use_sqlite=use_sqlite)
    gone = deleted(name, who)
    everything = set(listed(store, page_size=100)) | set(listed(store, page_size=100, archived=True))
    assert everything >= set(who.values()) - gone
    assert listed(store, archived=True) == [who["archived"]]
    for thread_id in everything:
        thread = read(store, thread_id)
        assert thread.model_provider == "mock"
        assert Path(thread.rollout_path or "").is_file()
        if thread.history_mode == "legacy":
            assert history(store, thread_id)[0].payload["id"] == thread_id
        else:
            with pytest.raises(Unsupported):
                history(store, thread_id)
    for thread_id in gone:
        with pytest.raises(ThreadNotFound):
            read(store, thread_id)
    assert store.problems == ()
    store.close()


@homes
@pytest.mark.parametrize("use_sqlite", [True, False])
def test_tells_each_thread_as_it_is(home: Path, who: dict[str, str], name: str, use_sqlite: bool) -> None:
    """Ensure names, git, memory mode, originators, forks and sub-agents are those of the manifest."""
    store = opened(home, use_sqlite=use_sqlite)
    named, git = read(store, who["named"]), read(store, who["git info and memory disabled"])
    assert (named.name, named.preview, named.model) == (
        "Flaky login",
        "Fix the flaky login test in tests/test_login.py",
        "gpt-5.1-codex",
    )
    assert texts(store, who["named"])[0] == named.title
    assert named.token_usage is not None
    assert named.token_usage.total_tokens == 30
    assert git.git_info == GitInfo("0123abc", "main", "https://example.com/repo.git")
    assert git.memory_mode == "disabled"
    assert read(store, who["renamed twice"]).name == "second name"
    assert read(store, who["fork of named"]).forked_from_id == who["named"]
    assert read(store, who["fork of fork"]).forked_from_id == who["fork of named"]
    assert read(store, who["injected items only"]).preview == ""
    assert read(store, who["environment override my_override"]).originator == "my_override"
    assert "Überprüfe" in read(store, who["unicode, service name codex_work_desktop"]).preview
    parent = who["parent of a sub-agent, service name codex_work_mobile"]
    family = ThreadRelationFilter(kind="direct_children_of", thread_id=parent)
    (child,) = store.list_threads(ListThreadsParams(relation_filter=family)).items
    assert (child.preview, child.parent_thread_id) == ("Do the child work", parent)
    assert child.agent_nickname
    store.close()


@homes
def test_agrees_with_codex_own_rows(home: Path) -> None:
    """Ensure what we read is what Codex's database says, thread by thread."""
    store = opened(home)
    for thread_id in listed(store, page_size=100):
        thread, row = read(store, thread_id), state_of(home, thread_id)
        assert row is not None
        # Codex takes the two instants separately.
        assert abs(thread.created_at - row["created_at_ms"]) <= 5
        assert thread.preview == row["preview"]
        assert (thread.model, thread.approval_mode, thread.cwd) == (row["model"], row["approval_mode"], row["cwd"])
        assert thread.updated_at >= row["updated_at_ms"]
        assert thread.memory_mode == row["memory_mode"]
        assert (thread.git_info and thread.git_info.sha) == row["git_sha"]
        assert thread.permission_profile == json.loads(row["sandbox_policy"])
    store.close()


@homes
def test_changes_what_codex_reads(home: Path, who: dict[str, str]) -> None:
    """Ensure threads that Codex wrote can be resumed, named, archived and deleted, and its database follows."""
    store = opened(home)
    named = who["named"]
    before = read(store, named)
    resume(store, named)
    append(store, named, "one more thing")
    assert read(store, named) == before
    assert texts(store, named)[-1] == "one more thing"
    patch(store, named, name="Renamed")
    assert (state_of(home, named) or {})["title"] == "Renamed"
    store.archive_thread(ArchiveThreadParams(thread_id=named))
    assert (state_of(home, named) or {})["archived"] == 1
    store.delete_thread(DeleteThreadParams(thread_id=who["fork of fork"]))
    assert state_of(home, who["fork of fork"]) is None
    store.close()
    store = opened(home, use_sqlite=False)
    assert read(store, named).name == "Renamed"
    assert read(store, named).archived_at is not None
    store.close()


@homes
def test_inspects_as_the_manifest_says(home: Path, who: dict[str, str], name: str) -> None:
    """Ensure the inspection has every thread once, as the store tells it, and touches nothing."""
    before = snapshot(home)
    done = CliRunner().invoke(inspect_command, [str(home), "--json"])
    assert (done.exit_code, snapshot(home)) == (0, before)
    found: dict[str, Any] = json.loads(done.stdout)
    threads = {thread["thread_id"]: thread for thread in found["threads"]}
    assert len(threads) == len(found["threads"]) == len(list(home.rglob("rollout-*.jsonl")))
    assert set(who.values()) - threads.keys() == deleted(name, who)
    assert {thread_id for thread_id, thread in threads.items() if thread["archived"]} == {who["archived"]}
    for thread in threads.values():
        path = Path(thread["rollout_path"])
        records = [json.loads(text) for text in path.read_bytes().splitlines()]
        own = [r for r in records if r["type"] == "session_meta" and r["payload"]["id"] == thread["thread_id"]]
        unknown = [r for r in records if r["type"] == "token_usage_record"]
        assert thread["size_bytes"] == path.stat().st_size
        assert thread["items"] == len(records) - len(unknown) - (len(own) - 1)
    kinds = {problem["what"] for problem in found["problems"]}
    moved = "rows name rollouts under /home/dev/.codex, which is not this home: it was moved"
    later = {"records of the unknown kind token_usage_record"} if "0.163" in name else set()
    assert kinds == {moved} | later
    store = opened(home)
    for thread_id, thread in threads.items():
        shown = store.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))
        assert (thread["name"], thread["updated_at"], thread["title"]) == (shown.name, shown.updated_at, shown.title)
    store.close()


@homes
def test_reading_the_corpus_in_place_is_reading(corpus: Path, name: str) -> None:
    """Ensure a home on a read-only medium can be inspected where it lies."""
    before = snapshot(corpus / name)
    done = CliRunner().invoke(inspect_command, [str(corpus / name)])
    assert (done.exit_code, snapshot(corpus / name)) == (0, before)

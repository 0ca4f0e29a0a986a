"""Reading rollouts as real files are: torn, edited, compressed, of other versions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from local.homes import (
    ENVIRONMENT,
    ONE,
    TWO,
    append,
    create,
    history,
    line,
    listed,
    message,
    meta,
    opened,
    patch,
    read,
    resume,
    rollout,
    snapshot,
    texts,
    turn,
    write,
    write_state,
)
from threadstore import (
    ArchiveThreadParams,
    Conflict,
    DeleteThreadParams,
    GitInfo,
    GitInfoPatch,
    Internal,
    InvalidRequest,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ReadThreadParams,
    ResumeThreadParams,
    SearchThreadsParams,
    TokenUsage,
    Unsupported,
)

DAMAGED = [
    b"\n", b"  \r\n", b"not json\n", b"{}\n", b"[]\n", b"null\n", b'"text"\n', b'{"type":"event_msg"}\n',
    b'{"type":7,"payload":{}}\n', b'{"type":"event_msg","payload":[]}\n', b'{"type":"event_msg","payload":null}\n',
    b'{"timestamp":"x","type":"event_msg","payload":{"type":"user_message","mess\n', b"\xff\xfe\n", b"\x00\x00\n",
    b'{"type":"event_msg","payload":{"type":"user_message","message":"\xff"}}\n',
    b'{"type":"event_msg","payload":{"type":"user_message","message":"\\ud800"}}\n',
]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED)
@pytest.mark.parametrize("use_sqlite", [True, False])
def test_a_damaged_line_costs_itself_alone(tmp_path: Path, damaged: bytes, use_sqlite: bool) -> None:
    """Ensure blank lines, torn ones and bytes that are no text are passed over, and the rest is read."""
    write(tmp_path, meta(), message("before"), damaged, message("after"))
    store = opened(tmp_path, use_sqlite=use_sqlite)
    assert texts(store) == ["before", "after"]
    assert read(store).preview == "before"
    store.close()


def test_reads_files_of_other_editors(tmp_path: Path) -> None:
    """Ensure a byte order mark and carriage returns change nothing."""
    body = (meta() + message("one") + message("two")).replace(b"\n", b"\r\n")
    write(tmp_path, b"\xef\xbb\xbf" + body)
    store = opened(tmp_path)
    assert [item.type for item in history(store)] == ["session_meta", "event_msg", "event_msg"]
    store.close()


def test_an_unknown_kind_stays_in_the_file_and_out_of_the_history(tmp_path: Path) -> None:
    """Ensure records of later versions never fail a load, and known ones that are no longer written come back."""
    path = write(
        tmp_path,
        meta(),
        line("token_usage_record", {"usage": {}}),
        line("event_msg", {"type": "thread_settings_applied"}),
        line("event_msg", {"type": "brand_new"}),
        line("response_item", {"type": ["odd"]}),
        line("world_state", {"type": ["odd"], "full": True}),
        message("hello"),
    )
    before = path.read_bytes()
    store = opened(tmp_path)
    assert [item.kind for item in history(store)] == [
        ("session_meta", None),
        ("event_msg", "thread_settings_applied"),
        ("world_state", None),
        ("event_msg", "user_message"),
    ]
    resume(store)
    append(store, ONE, "more")
    assert path.read_bytes().startswith(before)
    store.close()


def test_members_beside_the_payload_do_no_harm(tmp_path: Path) -> None:
    """Ensure an envelope's further members, as 0.163.0 writes them, are passed over."""
    write(tmp_path, meta(), line("response_item", {"type": "message", "x": 1}, metadata={"a": 1}, ordinal=7))
    store = opened(tmp_path)
    assert history(store)[1].payload == {"type": "message", "x": 1}
    store.close()


def test_returns_the_first_own_session_meta_and_others_as_items(tmp_path: Path) -> None:
    """Ensure later own SessionMetas are left out, and a fork source's are items like any other (PATCH-5)."""
    write(tmp_path, meta(), meta(TWO), message("hello"), meta(memory_mode="disabled"), meta(TWO, cwd="/x"))
    store = opened(tmp_path)
    assert [(item.type, item.payload.get("id")) for item in history(store)] == [
        ("session_meta", ONE),
        ("session_meta", TWO),
        ("event_msg", None),
        ("session_meta", TWO),
    ]
    assert read(store).memory_mode == "disabled"
    store.close()


def test_metadata_of_a_fork_source_is_not_the_forks(tmp_path: Path) -> None:
    """Ensure nothing of a copied SessionMeta shows in the fork."""
    source = meta(TWO, memory_mode="disabled", git={"branch": "theirs"}, originator="theirs", cwd="/theirs")
    write(tmp_path, meta(forked_from_id=TWO), source, message("hello"))
    store = opened(tmp_path)
    thread = read(store)
    assert (thread.forked_from_id, thread.originator, thread.cwd) == (TWO, "codex-tui", "/home/dev/project")
    assert (thread.memory_mode, thread.git_info) == ("enabled", None)
    store.close()


def test_metadata_is_the_fold_of_the_history(tmp_path: Path) -> None:
    """Ensure first-wins facts are the first, settings and totals the last, and git and memory mode the last stated."""
    tokens = {"input_tokens": 10, "cached_input_tokens": 1, "output_tokens": 5, "total_tokens": 15}
    goal = {"type": "thread_goal_updated", "goal": {"objective": " the goal "}}
    write(
        tmp_path,
        meta(git={"commit_hash": "0123abc", "branch": "main"}),
        line("event_msg", {"type": "task_started"}, timestamp="2026-11-22T07:03:57.000Z"),
        turn(effort=None),
        line("event_msg", goal),
        line("event_msg", {"type": "user_message", "message": " ", "images": ["data:"]}),
        message("# Context\n## My request for Codex:\n fix it "),
        message("later"),
        line("event_msg", {"type": "token_count", "info": {"total_token_usage": tokens}}),
        line("event_msg", {"type": "token_count", "info": None}),
        turn(model="gpt-6", effort="low", approval_policy="on-request", cwd="/elsewhere"),
        meta(memory_mode="disabled"),
        meta(git={}),
        line("event_msg", {"type": "task_complete"}, timestamp="2026-11-22T07:04:00.500Z"),
        meta(memory_mode="disabled").replace(b"07:03:56.667", b"09:00:00.000"),
    )
    store = opened(tmp_path)
    thread = read(store)
    assert (thread.preview, thread.first_user_message, thread.title) == ("the goal", "[Image]", "fix it")
    assert (thread.model, thread.reasoning_effort, thread.approval_mode) == ("gpt-6", "low", "on-request")
    assert thread.token_usage == TokenUsage(10, 1, 5, 0, 15)
    assert (thread.cwd, thread.git_info, thread.memory_mode) == ("/home/dev/project", None, "disabled")
    assert thread.recency_at == 1795331037000
    assert thread.updated_at == 1795331040500
    store.close()


@pytest.mark.parametrize("use_sqlite", [True, False])
@pytest.mark.parametrize("head", [b"", b"garbage\n", meta(TWO), line("session_meta", {"cwd": "/"})])
def test_a_rollout_without_its_session_meta_hides_no_other(tmp_path: Path, head: bytes, use_sqlite: bool) -> None:
    """Ensure a file that does not say whose it is is named when asked for, and not listed under any id."""
    path = write(tmp_path, head, message("lost"))
    write(tmp_path, meta(TWO), message("fine"), thread_id=TWO)
    store = opened(tmp_path, use_sqlite=use_sqlite)
    assert listed(store) == [TWO]
    assert texts(store, TWO) == ["fine"]
    with pytest.raises(Internal, match=path.name):
        read(store)
    assert [(problem.file, ONE in problem.what) for problem in store.problems] == [
        (str(path.relative_to(tmp_path)), True)
    ]
    with pytest.raises(Conflict, match=ONE):
        create(store)
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert not path.exists()
    create(store, ONE, "anew")
    assert texts(store) == ["anew"]
    store.close()


def test_an_adopted_thread_survives_the_loss_of_its_first_line(tmp_path: Path) -> None:
    """Ensure the index still shows a thread whose SessionMeta was damaged, and its other items load."""
    path = write(tmp_path, meta(), message("hello"))
    store = opened(tmp_path)
    before = patch(store, name="Mine")
    path.write_bytes(b"x" + path.read_bytes())
    assert read(store) == before
    assert texts(store) == ["hello"]
    patch(store, memory_mode="disabled")
    assert history(store)[0].type == "event_msg"
    store.close()


def test_a_restated_session_meta_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    """Ensure the restated record says all that the first one said, with git and memory mode of now."""
    path = write(tmp_path, meta(later={"version": [1]}, git={"branch": "old"}), message("hello"))
    store = opened(tmp_path)
    before = history(store)
    patch(store, memory_mode="disabled")
    patch(store, git_info=GitInfoPatch(sha="0123abc", origin_url="https://example.com/repo.git"))
    patch(store, git_info=GitInfoPatch(sha=None, origin_url=None, branch=None))
    first, _, memory, git, cleared = (orjson.loads(text)["payload"] for text in path.read_bytes().splitlines())
    bare = {name: value for name, value in first.items() if name != "git"}
    assert memory == {**bare, "memory_mode": "disabled"}
    whole = {"commit_hash": "0123abc", "branch": "old", "repository_url": "https://example.com/repo.git"}
    assert git == {**bare, "memory_mode": "disabled", "git": whole}
    assert cleared == {**bare, "memory_mode": "disabled", "git": {}}
    assert history(store) == before
    store.close()


def test_a_restatement_goes_through_the_live_writer(tmp_path: Path) -> None:
    """Ensure patches between appends leave every line whole and in order."""
    store = opened(tmp_path)
    write(tmp_path, meta(), message("one"), b'{"torn')
    resume(store)
    patch(store, memory_mode="disabled")
    append(store, ONE, "two")
    patch(store, git_info=GitInfoPatch(branch="main"))
    append(store, ONE, "three")
    store.close()
    store = opened(tmp_path, use_sqlite=False)
    assert texts(store) == ["one", "two", "three"]
    assert (read(store).memory_mode, read(store).git_info) == ("disabled", GitInfo(branch="main"))
    store.close()


def paginated(home: Path) -> Path:
    spoken = {"type": "UserMessage", "content": [{"type": "text", "text": "Do the child work"}]}
    first = orjson.loads(meta(history_mode="paginated"))["payload"]
    return write(
        home,
        line("session_meta", first, ordinal=0),
        line("event_msg", {"type": "item_completed", "item": spoken}, ordinal=4),
    )


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_a_paginated_thread_has_metadata_and_no_history(tmp_path: Path, use_sqlite: bool) -> None:
    """Ensure a paginated rollout is read, listed and patched, and its history is unsupported (LIFE-8)."""
    path = paginated(tmp_path)
    store = opened(tmp_path, use_sqlite=use_sqlite)
    assert (read(store).history_mode, read(store).preview) == ("paginated", "Do the child work")
    assert listed(store) == [ONE]
    for refused in (
        lambda: store.load_history(LoadThreadHistoryParams(thread_id=ONE)),
        lambda: store.read_thread(ReadThreadParams(thread_id=ONE, include_history=True)),
        lambda: store.resume_thread(ResumeThreadParams(thread_id=ONE, metadata=ENVIRONMENT)),
    ):
        with pytest.raises(Unsupported) as caught:
            refused()
        assert caught.value.operation == "paginated_threads"
    patch(store, memory_mode="disabled")
    assert read(store).memory_mode == "disabled"
    assert orjson.loads(path.read_bytes().splitlines()[-1])["ordinal"] == 5
    store.close()


def test_a_history_mode_of_the_future_is_not_read_as_legacy(tmp_path: Path) -> None:
    """Ensure a rollout whose mode is not known has no history to give."""
    write(tmp_path, meta(history_mode="holographic"))
    store = opened(tmp_path)
    with pytest.raises(Unsupported):
        history(store)
    store.close()


def compress(path: Path, *, keep: bool = False) -> Path:
    zstandard = pytest.importorskip("zstandard", reason="compressed rollouts need the extra [zstd]")
    twin = path.with_name(path.name + ".zst")
    twin.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    if not keep:
        path.unlink()
    return twin


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_a_compressed_rollout_is_read_as_the_plain_one(tmp_path: Path, use_sqlite: bool) -> None:
    """Ensure a compressed twin reads, lists, searches and moves under the plain path."""
    path = write(tmp_path, meta(), turn(), message("needle"))
    compress(path)
    store = opened(tmp_path, use_sqlite=use_sqlite)
    assert (texts(store), rollout(store), read(store).model) == (["needle"], path, "gpt-5.1-codex")
    assert listed(store) == [ONE]
    found = store.search_threads(SearchThreadsParams(search_term="needle")).items
    assert [(hit.thread.thread_id, hit.snippet) for hit in found] == [(ONE, "needle")]
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    assert [file.name for file in (tmp_path / "archived_sessions").iterdir()] == [path.name + ".zst"]
    assert texts(store) == ["needle"]
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert not list(tmp_path.rglob("*.zst"))
    store.close()


def test_a_resume_decompresses(tmp_path: Path) -> None:
    """Ensure an append to a compressed rollout goes to the plain file, and no twin is left."""
    path = write(tmp_path, meta(), message("one"))
    twin = compress(path)
    store = opened(tmp_path)
    resume(store)
    append(store, ONE, "two")
    assert (texts(store), twin.exists()) == (["one", "two"], False)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    store.close()


def test_the_plain_file_wins_over_its_twin(tmp_path: Path) -> None:
    """Ensure of two files the plain one is read, and a delete removes both."""
    path = write(tmp_path, meta(), message("old"))
    compress(path, keep=True)
    path.write_bytes(meta() + message("new"))
    store = opened(tmp_path)
    assert texts(store) == ["new"]
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert not list(path.parent.iterdir())
    store.close()


def test_of_a_torn_compressed_rollout_the_beginning_is_read(tmp_path: Path) -> None:
    """Ensure what can be decompressed is returned, and a resume that goes on from there keeps the torn file."""
    lines = [message(f"message {number} {'x' * (number % 97)}") for number in range(20_000)]
    twin = compress(write(tmp_path, meta(), *lines))
    twin.write_bytes(twin.read_bytes()[:-1000])
    store = opened(tmp_path)
    kept = texts(store)
    assert 0 < len(kept) < 20_000
    resume(store)
    append(store, ONE, "next")
    assert texts(store) == [*kept, "next"]
    assert twin.exists()
    store.close()


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a compressed rollout without the library says what to install, and hides no other thread."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = write(tmp_path, meta())
    path.rename(path.with_name(path.name + ".zst"))
    write(tmp_path, meta(TWO), thread_id=TWO)
    store = opened(tmp_path)
    with pytest.raises(InvalidRequest, match=rf"{ONE}.*threadstore\[zstd\]"):
        read(store)
    assert listed(store) == [TWO]
    store.close()


@pytest.mark.parametrize(
    ("text", "term"),
    [("a needle here", "needle"), ('say "needle\\"', '"needle\\'), ("Nadel im Heu: ü", "ü"), ("tab\there", "\there"),
     ("x" * 500 + "needle" + "y" * 500, "needle"), ("a/b", "a/b")],
)  # fmt: skip
def test_finds_text_as_it_was_said(tmp_path: Path, text: str, term: str) -> None:
    """Ensure a term is found whatever its characters become in a file, and its snippet holds it (SEARCH-1)."""
    escaped = orjson.dumps({"type": "agent_message", "message": text}).decode()
    ascii_only = escaped.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00").replace(b"/", b"\\/")
    write(tmp_path, meta(), line("event_msg", {"type": "user_message", "message": text}))
    write(
        tmp_path,
        meta(TWO),
        b'{"timestamp":"x","type":"event_msg","payload":' + ascii_only + b"}\n",
        line("response_item", {"type": "message", "content": term}),
        thread_id=TWO,
    )
    write(tmp_path, meta("01a20211-9711-7c51-b65d-65e1f4ccca03"), line("response_item", {"type": "message", "x": term}),
          thread_id="01a20211-9711-7c51-b65d-65e1f4ccca03")  # fmt: skip
    store = opened(tmp_path)
    page = store.search_threads(SearchThreadsParams(search_term=term, sort_direction="asc"))
    assert [hit.thread.thread_id for hit in page.items] == [ONE, TWO]
    assert all(term in hit.snippet and len(hit.snippet) < 200 for hit in page.items)
    store.close()


def test_a_session_meta_may_hold_anything(tmp_path: Path) -> None:
    """Ensure members of unexpected types count as absent, and hide no thread."""
    odd: dict[str, Any] = {"cwd": 7, "git": [1], "memory_mode": "polluted", "model_provider": [], "agent_role": {},
                           "timestamp": 5, "cli_version": None, "originator": 3, "source": None}  # fmt: skip
    write(tmp_path, meta(**odd))
    write_state(tmp_path, {"source": "odd", "sandbox_policy": "not json", "memory_mode": "polluted"})
    store = opened(tmp_path)
    thread = read(store)
    assert (thread.memory_mode, thread.git_info, thread.agent_role, thread.originator) == ("enabled", None, None, "")
    assert store.list_threads(ListThreadsParams()).items == (thread,)
    store.close()


def test_a_read_follows_a_rollout_that_codex_appends_to(tmp_path: Path) -> None:
    """Ensure history is always the file's, whoever appends to it."""
    path = write(tmp_path, meta(), message("one"))
    store = opened(tmp_path)
    patch(store, name="Mine")
    with path.open("ab") as file:
        file.write(message("two"))
    assert texts(store) == ["one", "two"]
    assert snapshot(tmp_path / "sessions")
    store.close()

"""What is read of a home that Codex wrote."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from uuid import UUID

import pytest

from threadstore.jsonvalue import JSON
from threadstore_backends.codex.errors import CodexUnreadable
from threadstore_backends.codex.observed import ObservedHome

A, B, C, D = (str(UUID(int=0x01900000_0000_7000_8000_000000000000 + n)) for n in range(4))
REVERT_1, REVERT_2 = (str(UUID(int=0x01900000_0000_7000_9000_000000000000 + n)) for n in range(2))


def meta(thread_id: str, base: tuple[str, int] | None = None, **more: JSON) -> JSON:
    continued = {} if base is None else {"history_base": {"thread_id": base[0], "end_ordinal_exclusive": base[1]}}
    return {"type": "session_meta", "payload": {"id": thread_id, **continued, **more}}


def said(text: str) -> JSON:
    return {"type": "event_msg", "payload": {"type": "agent_message", "message": text}}


def write(
    home: Path, thread_id: str, *lines: JSON, own: str = "", first: int = 0, folder: str = "sessions/2026/01/02"
) -> None:
    """Write a rollout whose ordinals go up from the first."""
    name = f"rollout-2026-01-02T03-04-05-{thread_id}{f'_{own}' if own else ''}.jsonl"
    (home / folder).mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps({"timestamp": "t", "ordinal": n, **line}) + "\n" for n, line in enumerate(lines, first))
    (home / folder / name).write_text(text)


def told(home: Path, thread_id: str, *, whole: bool = True) -> list[str]:
    """Return the messages of a thread, and the ids of its metas."""
    observed = ObservedHome(home)
    lines = observed.history(thread_id) if whole else observed.lines(thread_id)
    return [record.payload.get("message") or record.payload["id"] for record in lines.records]


def test_a_thread_without_a_rollout_has_no_lines(tmp_path: Path) -> None:
    home = ObservedHome(tmp_path)

    assert (home.rollout(A), home.lines(A).records, home.history(A).records) == (None, (), ())


def test_a_fork_of_what_its_source_continues_was_made_through_it(tmp_path: Path) -> None:
    """Ensure a fork that ends before its source began holds the source's own line all the same, as a copy would."""
    write(tmp_path, A, meta(A), said("one"), said("two"))
    write(tmp_path, B, meta(B, (A, 3), forked_from_id=A), said("three"), first=3)
    write(tmp_path, C, meta(C, (A, 2), forked_from_id=B), said("four"), first=2)
    write(tmp_path, D, meta(D, (C, 4), forked_from_id=C), said("five"), first=4)

    assert told(tmp_path, B) == [B, A, "one", "two", "three"]
    assert told(tmp_path, C) == [C, B, A, "one", "four"]
    assert told(tmp_path, D) == [D, C, B, A, "one", "four", "five"]


def test_a_fork_of_a_thread_without_items_was_made_through_it(tmp_path: Path) -> None:
    """Ensure a fork that continues nothing holds its source's line, as a copy would, and an agent does not."""
    write(tmp_path, A, meta(A, history_mode="paginated"))
    write(tmp_path, B, meta(B, forked_from_id=A, history_mode="paginated"), said("one"))
    write(tmp_path, C, meta(C, forked_from_id=A, parent_thread_id=A, history_mode="paginated"), said("two"))
    write(tmp_path, D, meta(D, forked_from_id=A), said("three"))

    assert told(tmp_path, B) == [B, A, "one"]
    assert told(tmp_path, C) == [C, "two"]
    assert told(tmp_path, D) == [D, "three"]


def test_a_fork_that_was_reverted_was_made_through_nothing_else(tmp_path: Path) -> None:
    """Ensure what continues a rollout of the same thread has the source's line once."""
    write(tmp_path, A, meta(A), said("one"))
    write(tmp_path, B, meta(B, (A, 2), forked_from_id=A), said("two"), said("three"), first=2)
    write(tmp_path, B, meta(B, (B, 4), forked_from_id=A), said("four"), own=REVERT_1, first=4)

    assert told(tmp_path, B) == [B, B, A, "one", "two", "four"]


def test_lines_that_are_no_records_are_told_and_skipped(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A), said("one"))
    found = ObservedHome(tmp_path).rollout(A)
    assert found is not None
    with found.path.open("a") as file:
        file.write('\nnonsense\n{"type": "event_msg"}\n')
        file.write(json.dumps(said("two")))

    lines = ObservedHome(tmp_path).lines(A)

    assert told(tmp_path, A) == [A, "one", "two"]
    assert lines.damaged == (4, 5)


def test_archived_threads_are_found(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A))
    write(tmp_path, B, meta(B), folder="archived_sessions")

    assert [(found.thread_id, found.archived) for found in ObservedHome(tmp_path).rollouts()] == [(A, False), (B, True)]


def test_a_fork_is_its_own_meta_then_what_it_continues_then_its_own_lines(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A), said("one"), said("two"))
    write(tmp_path, B, meta(B, (A, 2)), said("three"), first=2)
    write(tmp_path, C, meta(C, (B, 4)), said("four"), first=4)

    assert told(tmp_path, B) == [B, A, "one", "three"]
    assert told(tmp_path, C) == [C, B, A, "one", "three", "four"]
    assert told(tmp_path, C, whole=False) == [C, "four"]


def test_the_rollout_that_replaced_the_others_counts(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A), said("one"), said("two"), said("three"))
    write(tmp_path, A, meta(A, (A, 3)), first=3, own=REVERT_1)
    write(tmp_path, A, meta(A, (A, 2)), said("new"), first=2, own=REVERT_2)
    write(tmp_path, B, meta(B, (REVERT_2, 4)), said("fork"), first=4)

    assert told(tmp_path, A) == [A, A, "one", "new"]
    assert told(tmp_path, B) == [B, A, A, "one", "new", "fork"]
    assert [found.rollout_id for found in ObservedHome(tmp_path).rollouts(A)] == [A, REVERT_1, REVERT_2]


@pytest.mark.parametrize(("named", "why"), [(C, "gone"), (B, "itself")])
def test_a_base_that_cannot_be_followed_is_told(tmp_path: Path, named: str, why: str) -> None:
    write(tmp_path, B, meta(B, (named, 2)), first=2)

    with pytest.raises(CodexUnreadable, match=f"continues {named}, which is {why}"):
        ObservedHome(tmp_path).history(B)


def test_a_cycle_is_told(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A, (B, 2)), first=2)
    write(tmp_path, B, meta(B, (A, 2)), first=2)
    write(tmp_path, C, meta(C, (A, 2)), first=2)

    for thread in (A, B):
        with pytest.raises(CodexUnreadable, match=f"continues {thread}, which leads back to it$"):
            ObservedHome(tmp_path).history(thread)
    with pytest.raises(CodexUnreadable, match=f"{B}.jsonl continues {A}, which leads back to it$"):
        ObservedHome(tmp_path).history(C)


def test_the_last_entry_of_the_name_index_counts(tmp_path: Path) -> None:
    write(tmp_path, A, meta(A))
    write(tmp_path, B, meta(B))
    entries = [{"id": A, "thread_name": name, "updated_at": "t"} for name in ("old", "new")]
    (tmp_path / "session_index.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    assert ObservedHome(tmp_path).names() == {A: "new"}


def test_rows_are_read_while_a_writer_has_the_database_and_after_it(tmp_path: Path) -> None:
    home = ObservedHome(tmp_path)
    writer = sqlite3.connect(tmp_path / "state_5.sqlite")
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE threads (id TEXT, title TEXT)")
    writer.execute("INSERT INTO threads VALUES ('a', 'x')")
    writer.commit()

    assert home.threads() == {"a": {"id": "a", "title": "x"}}
    writer.close()
    assert home.threads() == {"a": {"id": "a", "title": "x"}}


def test_no_database_and_no_table_are_no_rows(tmp_path: Path) -> None:
    home = ObservedHome(tmp_path)
    assert (home.threads(), home.spawn_edges()) == ({}, {})
    assert list(tmp_path.iterdir()) == []

    sqlite3.connect(tmp_path / "state_5.sqlite").execute("CREATE TABLE other (id TEXT)").connection.close()
    assert (home.threads(), home.spawn_edges()) == ({}, {})


@pytest.mark.parametrize("name", ["codex-0.136.0-legacy", "codex-0.144.4-legacy", "codex-0.163.0-legacy"])
def test_homes_of_real_codex_are_read_whole(corpus: Path, name: str) -> None:
    home = ObservedHome(corpus / name)

    found = home.rollouts()

    assert found
    for rollout in found:
        lines = home.history(rollout.thread_id)
        assert rollout.thread_id == lines.records[0].payload["id"]
        assert lines.damaged == ()
    assert home.threads().keys() == {rollout.thread_id for rollout in found}

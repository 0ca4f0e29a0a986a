"""The recorder: whole lines, in order, none glued to a torn one, none lost to a full disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from local.homes import (
    ONE,
    append,
    create,
    history,
    message,
    meta,
    opened,
    read,
    resume,
    rollout,
    snapshot,
    texts,
    write,
)
from threadstore import (
    DiscardThreadParams,
    FlushThreadParams,
    Internal,
    PersistThreadParams,
    ShutdownThreadParams,
    ThreadNotFound,
)
from threadstore_backends.local import recorder as recorder_module
from threadstore_backends.local.layout import Layout
from threadstore_backends.local.recorder import RolloutRecorder

PATH = f"sessions/2026/11/22/rollout-2026-11-22T07-03-56-{ONE}.jsonl"


class Disk:
    """Stands for `os.write`: takes so many bytes a call, and refuses as many calls as it is told to."""

    def __init__(self) -> None:
        self.at_most = 1 << 30
        self.refusals = 0
        self.after = 0

    def __call__(self, descriptor: int, data: bytes) -> int:
        if self.after:
            self.after -= 1
        elif self.refusals:
            self.refusals -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(descriptor, data[: self.at_most])


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()

    class Os:
        write = disk

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

    monkeypatch.setattr(recorder_module, "os", Os())
    return disk


def test_makes_no_file_before_the_first_line(tmp_path: Path) -> None:
    """Ensure a recorder with a head makes its file at the first write, the head first."""
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    assert not (tmp_path / "sessions").exists()
    recorder.append(b"one\ntwo\n")
    recorder.append(b"three\n")
    recorder.close()
    assert (tmp_path / PATH).read_bytes() == b"head\none\ntwo\nthree\n"


def test_materialises_once(tmp_path: Path) -> None:
    """Ensure materialising writes the head alone, and doing it again writes nothing."""
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    recorder.materialise()
    recorder.materialise()
    recorder.close()
    assert (tmp_path / PATH).read_bytes() == b"head\n"


def test_never_takes_over_an_existing_file(tmp_path: Path) -> None:
    """Ensure a new thread's recorder refuses a file that is there already, and leaves it alone."""
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_bytes(b"old\n")
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    with pytest.raises(Internal, match=ONE):
        recorder.append(b"one\n")
    assert (tmp_path / PATH).read_bytes() == b"old\n"


@pytest.mark.parametrize("size", [1, 3, 7])
def test_goes_on_after_short_writes(tmp_path: Path, disk: Disk, size: int) -> None:
    """Ensure lines are whole and in order when the system takes a few bytes at a time."""
    disk.at_most = size
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    recorder.append(b"one\n")
    recorder.append(b"two\n")
    recorder.close()
    assert (tmp_path / PATH).read_bytes() == b"head\none\ntwo\n"


def test_reports_a_full_disk_and_writes_the_rest_later(tmp_path: Path, disk: Disk) -> None:
    """Ensure what a full disk refused, in the middle of a line, is written once and in order at the next flush."""
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    recorder.append(b"one\n")
    disk.at_most, disk.after, disk.refusals = 2, 1, 2
    with pytest.raises(Internal, match="No space left on device"):
        recorder.append(b"two\n")
    assert (tmp_path / PATH).read_bytes() == b"head\none\ntw"
    disk.refusals = 1
    with pytest.raises(Internal, match=PATH):
        recorder.append(b"three\n")
    recorder.flush()
    recorder.close()
    assert (tmp_path / PATH).read_bytes() == b"head\none\ntwo\nthree\n"


def test_retries_once_before_reporting(tmp_path: Path, disk: Disk) -> None:
    """Ensure an error that passes at once is not reported."""
    recorder = RolloutRecorder(Layout(tmp_path), PATH, b"head\n")
    recorder.append(b"one\n")
    disk.refusals = 1
    recorder.append(b"two\n")
    recorder.close()
    assert (tmp_path / PATH).read_bytes() == b"head\none\ntwo\n"


@pytest.mark.parametrize(
    "barrier",
    [
        lambda store: store.flush_thread(FlushThreadParams(thread_id=ONE)),
        lambda store: store.persist_thread(PersistThreadParams(thread_id=ONE)),
        lambda store: store.shutdown_thread(ShutdownThreadParams(thread_id=ONE)),
        lambda store: append(store, ONE, "later"),
    ],
    ids=["flush", "persist", "shutdown", "append"],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_barrier_settles_a_failed_append(
    tmp_path: Path, disk: Disk, barrier: Callable[[Any], None], first: bool
) -> None:
    """Ensure each barrier reports while the disk is full, and then writes what was buffered, once."""
    store = opened(tmp_path)
    create(store, ONE, *(() if first else ("earlier",)))
    disk.refusals = 1_000
    with pytest.raises(Internal):
        append(store, ONE, "kept")
    with pytest.raises(Internal):
        store.flush_thread(FlushThreadParams(thread_id=ONE))
    disk.refusals = 0
    barrier(store)
    assert texts(store)[: 2 - first] == (["kept"] if first else ["earlier", "kept"])
    assert texts(store).count("kept") == 1
    store.close()


def test_a_failed_shutdown_leaves_the_writer_live(tmp_path: Path, disk: Disk) -> None:
    """Ensure a shutdown that cannot write can be retried."""
    store = opened(tmp_path)
    create(store, ONE, "earlier")
    disk.refusals = 1_000
    with pytest.raises(Internal):
        append(store, ONE, "kept")
    with pytest.raises(Internal):
        store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    disk.refusals = 0
    store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    assert texts(store) == ["earlier", "kept"]
    store.close()


def test_a_discard_after_a_failed_first_append_leaves_no_trace(tmp_path: Path, disk: Disk) -> None:
    """Ensure a thread whose first write failed half-way is gone when it is discarded."""
    store = opened(tmp_path)
    create(store)
    disk.at_most, disk.after, disk.refusals = 10, 1, 1_000
    with pytest.raises(Internal):
        append(store, ONE, "lost")
    assert len(list((tmp_path / "sessions").rglob("*.jsonl"))) == 1
    store.discard_thread(DiscardThreadParams(thread_id=ONE))
    assert not list((tmp_path / "sessions").rglob("*.jsonl"))
    with pytest.raises(ThreadNotFound):
        read(store)
    store.close()


@pytest.mark.parametrize("tail", [b'{"timestamp":"2026', b"{}", b"\xff\xfe"])
def test_no_line_is_glued_to_a_torn_one(tmp_path: Path, tail: bytes) -> None:
    """Ensure an append to a torn rollout costs no more than the torn record."""
    path = write(tmp_path, meta(), tail)
    store = opened(tmp_path)
    resume(store)
    append(store, ONE, "after the crash")
    assert texts(store) == ["after the crash"]
    assert path.read_bytes().startswith(meta() + tail + b"\n{")
    store.close()


def test_a_whole_line_without_a_newline_is_kept(tmp_path: Path) -> None:
    """Ensure a last record that only lacks its newline is read, before and after an append."""
    write(tmp_path, meta(), message("whole").rstrip())
    store = opened(tmp_path)
    assert texts(store) == ["whole"]
    resume(store)
    append(store, ONE, "next")
    assert texts(store) == ["whole", "next"]
    store.close()


def test_a_resume_without_an_append_changes_nothing(tmp_path: Path) -> None:
    """Ensure resuming and shutting down leave the bytes and the time of even a torn rollout (LIFE-5)."""
    path = write(tmp_path, meta(), b'{"torn')
    os.utime(path, ns=(1, 1))
    store = opened(tmp_path)
    before = snapshot(tmp_path / "sessions")
    resume(store)
    store.flush_thread(FlushThreadParams(thread_id=ONE))
    store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    assert snapshot(tmp_path / "sessions") == before
    store.close()


def test_a_line_is_timestamp_type_and_payload(tmp_path: Path) -> None:
    """Ensure a line has the three members of the format, in UTC with milliseconds, and what was appended."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    lines = [orjson.loads(line) for line in rollout(store).read_bytes().splitlines()]
    assert [list(line) for line in lines] == [["timestamp", "type", "payload"]] * 2
    assert lines[1] == {
        "timestamp": "2026-11-22T07:03:56.630Z",
        "type": "event_msg",
        "payload": {"type": "user_message", "message": "hello"},
    }
    assert lines[0]["payload"]["timestamp"] == "2026-11-22T07:03:56.630Z"
    store.close()


def test_an_append_writes_to_the_rollout_alone(tmp_path: Path) -> None:
    """Ensure appends after the first touch no database (LOCAL-3)."""
    store = opened(tmp_path)
    create(store, ONE, "first")
    before = snapshot(tmp_path)
    append(store, ONE, "second")
    changed = {name for name, what in snapshot(tmp_path).items() if before.get(name) != what}
    assert changed == {str(rollout(store).relative_to(tmp_path))}
    assert len(history(store)) == 3
    store.close()

"""Several users of one home: threads of a process, and processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.homes import ONE, TWO, create, listed, opened, patch, read, said, texts
from threadstore import AppendThreadItemsParams


def test_threads_of_a_process_share_a_store(tmp_path: Path) -> None:
    """Ensure batches of concurrent appends are whole and in each caller's order, with patches and reads between."""
    store = opened(tmp_path)
    create(store, ONE, "start")
    create(store, TWO, "start")

    def work(worker: int) -> None:
        for nth in range(50):
            batch = [said(f"{worker} {nth} {part}") for part in range(3)]
            store.append_items(AppendThreadItemsParams(thread_id=ONE, items=batch))
            patch(store, TWO, preview=f"{worker} {nth}")
            assert len(listed(store)) == 2

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    said_by = [tuple(map(int, text.split())) for text in texts(store)[1:]]
    assert len(said_by) == 600
    batches = [said_by[at : at + 3] for at in range(0, 600, 3)]
    assert all([(worker, nth, part) for part in range(3)] == batch for batch in batches for worker, nth, _ in batch[:1])
    for worker in range(4):
        assert [nth for (who, nth, part) in said_by if who == worker and part == 0] == list(range(50))
    store.close()


def test_processes_share_a_home(tmp_path: Path) -> None:
    """Ensure processes that create, name, append and delete in one home at once lose and mix nothing."""
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
from local.homes import *
from threadstore import *
me = int(sys.argv[1])
store = opened(Path({str(tmp_path)!r}))
for nth in range(30):
    thread_id = f"01a20211-000{{me}}-7000-8000-{{nth:012x}}"
    create(store, thread_id, "hello")
    patch(store, thread_id, name=f"{{me}} {{nth}}", memory_mode="disabled")
    append(store, thread_id, "again")
    if nth % 3 == 0:
        store.delete_thread(DeleteThreadParams(thread_id=thread_id))
store.close()
"""
    running = [subprocess.Popen([sys.executable, "-c", program, str(me)], stderr=subprocess.PIPE) for me in range(3)]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    for use_sqlite in (True, False):
        store = opened(tmp_path, use_sqlite=use_sqlite)
        left = listed(store, page_size=1000)
        assert left == [f"01a20211-000{me}-7000-8000-{nth:012x}" for me in range(3) for nth in range(30) if nth % 3]
        for thread_id in left:
            assert read(store, thread_id).name == f"{int(thread_id[9:13])} {int(thread_id[24:], 16)}"
            assert texts(store, thread_id) == ["hello", "again"]
        store.close()


def test_patches_of_several_processes_all_count(tmp_path: Path) -> None:
    """Ensure processes that patch different fields of one thread at once overwrite nothing of each other's."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
from local.homes import *
store = opened(Path({str(tmp_path)!r}))
for nth in range(100):
    patch(store, **{{sys.argv[1]: f"{{sys.argv[1]}} {{nth}}"}})
store.close()
"""
    fields = ("preview", "title", "model", "name")
    running = [subprocess.Popen([sys.executable, "-c", program, field], stderr=subprocess.PIPE) for field in fields]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    thread = read(store)
    assert [getattr(thread, field) for field in fields] == [f"{field} 99" for field in fields]
    store.close()

# read_thread breaks FORK-1d at preview: expected 'do it', got ''

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    thread_3 = manager.fork_thread(ForkParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    print(manager.read_thread(ReadThreadParams(thread_id=thread_3, include_archived=True)))

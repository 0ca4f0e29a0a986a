# list_threads breaks ROUTE-2 at items[0].parent_thread_id: expected '01a205ee-930d-7163-8fe6-c84bb9f0e3f1', got None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    ))
    print(manager.list_threads(ListThreadsParams(sort_key='recency_at')))

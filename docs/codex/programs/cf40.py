# list_threads breaks ROUTE-2 at items[0].parent_thread_id: expected '01a2055c-10af-7db2-8ff5-1068bf7675e0', got None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'})],
    ))
    manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    ))
    print(manager.list_threads(ListThreadsParams(page_size=1, sort_key='recency_at')))

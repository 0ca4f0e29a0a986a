# list_threads breaks ROUTE-2 at items[0].forked_from_id: expected '01a2055a-c872-7310-b0f0-ad6ccb7cb770', got None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    ))
    print(manager.list_threads(ListThreadsParams()))

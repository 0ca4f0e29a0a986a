# list_threads breaks ROUTE-2 at items[0].thread_source: expected '', got None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        thread_source='',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'})],
    ))
    print(manager.list_threads(ListThreadsParams()))

# load_history breaks FORK-2b at items[8]: expected RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), got RolloutItem('event_msg', {'type': 'task_complete', 'root_turn_id': '01a20565-9974-7c73-aaff-2801ed8c6c58', 'turn_id': 'turn-9', 'last_agent_message': None, 'started_at': 1795386874, 'completed_at': 1795386874, 'duration_ms': 30})

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-9'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-9'})],
    ))
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_2, include_archived=True)))

# load_history breaks FORK-2b at items[8]: expected RolloutItem('event_msg', {'type': 'user_message', 'message': 'do it'}), got RolloutItem('event_msg', {'type': 'task_complete', 'root_turn_id': '01a20560-b1f9-7880-b54d-2b26c57441eb', 'turn_id': '01a20560-b21f-7452-bf99-2f8457f89a40', 'last_agent_message': 'I did it.', 'started_at': 1795386552, 'completed_at': 1795386552, 'duration_ms': 43, 'time_to_first_token_ms': 38})

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_2,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_3, include_archived=True)))

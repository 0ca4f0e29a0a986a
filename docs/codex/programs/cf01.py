# list_threads breaks ROUTE-2 at items, which lacks threads: expected ['01a205ef-3a09-7493-952b-24f66a25079a'], got []

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        service_name='unknown service',
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'})],
    ))
    thread_2 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        cut='after_turn',
        turn_id='turn-4',
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.spawn_thread(SpawnParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(page_size=1)).next_cursor]
    print(manager.list_threads(ListThreadsParams(page_size=1, cursor=cursors[0])))

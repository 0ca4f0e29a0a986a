# read_thread breaks FORK-1d at preview: expected 'a', got ''

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    thread_2 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    print(manager.read_thread(ReadThreadParams(thread_id=thread_2, include_archived=True)))

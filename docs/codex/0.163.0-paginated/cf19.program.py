# refused: InvalidRequest(message='01a20563-b890-7a42-accf-165ce3d7f4e3: cannot delete thread 01a20563-b890-7a42-accf-165ce3d7f4e3: forked history still references it', field=None)

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'hello'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'hello'})],
    ))
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    thread_4 = manager.spawn_thread(SpawnParams(
        thread_id=thread_3,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    thread_5 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'hello'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'hello'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_5,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'hello'})],
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_4))
    try:
        print(manager.delete_thread(DeleteThreadParams(thread_id=thread_1)))
    except ThreadStoreError as error:
        print(repr(error))

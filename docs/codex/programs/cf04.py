# list_threads breaks SYNC-1 at items[0].updated_at: expected 1795385563000, got 1795385565665

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_manager

other_1 = '01900000-0000-7000-b000-000000000001'

with fresh_manager('codex@upstream-0.143', settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '})) as manager:
    thread_1 = manager.start_thread(StartParams(
        service_name='CODEX_WORK_LOCAL',
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        service_name='unknown service',
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_3 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-6'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_3,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    manager.read_thread(ReadThreadParams(thread_id=thread_1, include_archived=True))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'x' * 300}]})],
    ))
    manager.fork_thread(ForkParams(
        thread_id=thread_2,
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.archive_thread(ArchiveThreadParams(thread_id=other_1))
    print(manager.list_threads(ListThreadsParams(page_size=100, sort_direction='asc')))

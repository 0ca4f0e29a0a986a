# list_threads breaks SYNC-1 at items[0].updated_at: expected 1795386424080, got 1795386423000

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_manager

other_1 = '01900000-0000-7000-b000-000000000001'

clock = ManualClock()
with fresh_manager('codex-paginated@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''})) as manager:
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_2 = manager.start_thread(StartParams(
        thread_source='automation',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-7'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-7'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='direct_children_of', thread_id=thread_1),
    )).next_cursor]
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    clock.advance(5000)
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='direct_children_of', thread_id=thread_3),
    )).next_cursor]
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=other_1,
            items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<environment_context>here</environment_context>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '# AGENTS.md instructions'}]})],
        ))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_3))
    manager.start_thread(StartParams(
        service_name='CODEX_WORK_LOCAL',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(page_size=50, sort_key='recency_at', archived=True)).next_cursor]
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_2))
    manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.list_loaded(ListLoadedParams())
    print(manager.list_threads(ListThreadsParams(page_size=100, sort_direction='asc', archived=True)))

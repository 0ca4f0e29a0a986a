# list_threads breaks ROUTE-2 at items, which lacks threads: expected ['01a205df-e24a-7823-b03a-79a99a0ce8ce'], got []

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_manager

other_1 = '01900000-0000-7000-b000-000000000001'
other_2 = '01900000-0000-7000-b000-000000000003'
thread_3 = '01900000-0000-7000-a000-000000000002'

clock = ManualClock()
with fresh_manager('codex-paginated@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as manager:
    thread_1 = manager.start_thread(StartParams(
        service_name='chatgpt_cca',
        thread_source='automation',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'the words second'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_2 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_2))
    with suppress(ThreadStoreError):
        manager.spawn_thread(SpawnParams(
            thread_id=other_1,
            mode='full_history',
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    with suppress(ThreadStoreError):
        manager.read_thread(ReadThreadParams(
            thread_id=thread_2,
            include_archived=True,
            include_history=True,
        ))
    thread_4 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_1))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_2,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    clock.advance(0)
    clock.advance(999)
    manager.read_thread(ReadThreadParams(
        thread_id=thread_1,
        include_archived=True,
        include_history=True,
    ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_1,
            items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'})],
        ))
    manager.list_loaded(ListLoadedParams())
    clock.advance(1)
    thread_5 = manager.fork_thread(ForkParams(
        thread_id=thread_4,
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    manager.start_thread(StartParams(
        service_name='Codex_Work_Desktop',
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=other_2,
            patch=ThreadMetadataPatch(name='a name'),
        ))
    with suppress(ThreadStoreError):
        manager.flush_thread(FlushThreadParams(thread_id=thread_5))
    manager.start_thread(StartParams(
        service_name='codex_work_localx',
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    print(manager.list_threads(ListThreadsParams(page_size=100, sort_direction='asc')))

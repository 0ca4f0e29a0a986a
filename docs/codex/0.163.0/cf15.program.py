# read_thread breaks FORK-1d at preview: expected 'do it', got ''

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01a20557-ce38-7c41-8f3f-7ee8518d4661'
thread_6 = '01900000-0000-7000-a000-000000000005'

with fresh_process('codex@upstream-later', settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        service_name='codex_work_localx',
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        service_name='chatgpt_cca',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a\nb'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_3 = manager.start_thread(StartParams(
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    thread_4 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_4,
            items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'})],
        ))
    thread_5 = manager.start_thread(StartParams(
        service_name='chatgpt_cca',
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager = process.restart(ProcessSettings(default_originator='another client'))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_3,
            items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'a\nb'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a\nb'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-7'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-7'})],
        ))
    manager = process.restart(ProcessSettings(default_originator=''))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_5,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_3,
            items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '## My request for Codex: a ## My request for Codex: b'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'})],
        ))
    manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_1))
    manager.list_loaded(ListLoadedParams())
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_4,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    cursors += [manager.list_threads(ListThreadsParams(page_size=2, sort_key='recency_at', sort_direction='asc')).next_cursor]
    with suppress(ThreadStoreError):
        manager.spawn_thread(SpawnParams(
            thread_id=thread_3,
            mode='full_history',
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_4))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_1))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}))
    manager.resume_thread(ResumeParams(
        thread_id=thread_4,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_5,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_5,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    manager = process.restart(ProcessSettings(default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_4,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_5,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager.read_thread(ReadThreadParams(
        thread_id=thread_2,
        include_archived=True,
        include_history=True,
    ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_3,
            items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-10'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-10'})],
        ))
    thread_7 = manager.fork_thread(ForkParams(
        thread_id=thread_4,
        cut='after_turn',
        turn_id=other_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    print(manager.read_thread(ReadThreadParams(thread_id=thread_7, include_archived=True)))

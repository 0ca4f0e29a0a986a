# unarchive_thread breaks ROUTE-2 at updated_at: expected 1795386672892, got 1795386674414

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01900000-0000-7000-b000-000000000001'
other_2 = '01900000-0000-7000-b000-000000000002'

with fresh_process('codex-paginated@upstream-later', settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''})) as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a\nb'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '## My request for Codex:'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_answer'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'two'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-6'})],
    ))
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=other_1,
            patch=ThreadMetadataPatch(git_info=GitInfoPatch(sha='abc', branch='main')),
            include_archived=True,
        ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=other_2,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    thread_3 = manager.start_thread(StartParams(
        service_name='Codex_Work_Desktop',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_3,
        patch=ThreadMetadataPatch(git_info=GitInfoPatch(sha='abc', branch='main')),
        include_archived=True,
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'two'})],
    ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}, default_originator='another client'))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_1,
            items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
        ))
    manager = process.restart(ProcessSettings(default_originator=''))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_3,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}, default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_3,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'})],
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_3,
            items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '})],
        ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_3,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    thread_4 = manager.start_thread(StartParams(
        service_name='Kodex',
        thread_source='user',
        base_instructions={'text': 'be brief'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''}))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_3,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_4,
            items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]})],
        ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_3))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_4,
            items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'x' * 300}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
        ))
    print(manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_1)))

# list_threads breaks ROUTE-2 at items, which lacks threads: expected ['01a2055d-8c67-7663-8fb2-54c5274789be'], got []

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01900000-0000-7000-a000-000000000004'
other_2 = '01900000-0000-7000-b000-000000000001'
thread_7 = '01900000-0000-7000-a000-000000000006'

clock = ManualClock()
with fresh_process('codex@upstream-0.143', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_2 = manager.start_thread(StartParams(
        service_name='Codex_Work_Desktop',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_3 = manager.start_thread(StartParams(
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'the words second'})],
    ))
    thread_4 = manager.start_thread(StartParams(
        thread_source='automation',
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_4,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_2))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager = process.restart(ProcessSettings(default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=other_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager.list_loaded(ListLoadedParams())
    with suppress(ThreadStoreError):
        manager.flush_thread(FlushThreadParams(thread_id=thread_3))
    manager.list_loaded(ListLoadedParams())
    clock.advance(5000)
    manager.list_loaded(ListLoadedParams())
    with suppress(ThreadStoreError):
        manager.archive_thread(ArchiveThreadParams(thread_id=other_1))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-10'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-10'})],
    ))
    thread_5 = manager.fork_thread(ForkParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=thread_5,
            patch=ThreadMetadataPatch(git_info=GitInfoPatch(branch=None)),
            include_archived=True,
        ))
    with suppress(ThreadStoreError):
        manager.archive_thread(ArchiveThreadParams(thread_id=thread_4))
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=other_1))
    cursors += [manager.list_threads(ListThreadsParams(page_size=50, sort_key='updated_at', sort_direction='asc')).next_cursor]
    manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_1))
    thread_6 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_4,
            items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-11'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-11'})],
        ))
    with suppress(ThreadStoreError):
        manager.read_thread(ReadThreadParams(
            thread_id=thread_6,
            include_archived=True,
            include_history=True,
        ))
    with suppress(ThreadStoreError):
        manager.fork_thread(ForkParams(
            thread_id=thread_5,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.archive_thread(ArchiveThreadParams(thread_id=other_2))
    cursors += [manager.list_threads(ListThreadsParams(page_size=1)).next_cursor]
    print(manager.list_threads(ListThreadsParams(page_size=1, cursor=cursors[0])))

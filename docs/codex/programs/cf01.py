# list_threads breaks ROUTE-2 at items, which lacks threads: expected ['01a20558-5b3d-7e12-9bfd-b73c28a04773'], got []

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01900000-0000-7000-b000-000000000001'

clock = ManualClock()
with fresh_process('codex@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': 'env override'})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'context ## My request for Codex: go'}]})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300})],
    ))
    manager.delete_thread(DeleteThreadParams(thread_id=thread_1))
    thread_2 = manager.start_thread(StartParams(
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=2,
        sort_key='updated_at',
        sort_direction='asc',
        archived=True,
    )).next_cursor]
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=thread_1,
            patch=ThreadMetadataPatch(git_info=GitInfoPatch(branch=None)),
            include_archived=True,
        ))
    with suppress(ThreadStoreError):
        manager.read_thread(ReadThreadParams(
            thread_id=other_1,
            include_archived=True,
            include_history=True,
        ))
    clock.advance(5000)
    clock.advance(999)
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'two'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_2,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_3))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}, default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(page_size=1, sort_direction='asc')).next_cursor]
    print(manager.list_threads(ListThreadsParams(page_size=1, cursor=cursors[1], sort_direction='asc')))

# list_threads breaks ROUTE-2 at items, which shows others: expected [], got ['01a20558-7e2b-7063-ae57-c6800177b439']

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_manager

other_1 = '01a20558-7d28-7400-aa91-16022f6030ee'

clock = ManualClock()
with fresh_manager('codex@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_2 = manager.start_thread(StartParams(
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'taken back'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'one'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'taken back'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    manager.outbound_request(OutboundParams(thread_id=thread_1, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_2, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_1, consumer='websocket'))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_2))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.list_loaded(ListLoadedParams())
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    clock.advance(4999)
    thread_4 = manager.start_thread(StartParams(
        thread_source='automation',
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-6'})],
    ))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_4))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_4))
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=thread_4,
            patch=ThreadMetadataPatch(memory_mode='disabled'),
        ))
    manager.fork_thread(ForkParams(
        thread_id=thread_1,
        cut='after_turn',
        turn_id=other_1,
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.start_thread(StartParams(
        service_name='CODEX_WORK_CLOUD',
        thread_source='automation',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_2))
    clock.advance(5000)
    manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.read_thread(ReadThreadParams(thread_id=thread_3, include_archived=True))
    print(manager.list_threads(ListThreadsParams(page_size=50, archived=True)))

# list_threads breaks ROUTE-2 at items, which shows others: expected ['01a2055e-e19e-7251-a79f-79ed0d35af17'], got ['01a2055e-e21d-7ab1-8088-15f9dfa89dc0', '01a2055e-e19e-7251-a79f-79ed0d35af17']

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

clock = ManualClock()
with fresh_process('codex-paginated@upstream-later', clock) as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        service_name='Kodex',
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'said to the model alone'}]})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_2 = manager.start_thread(StartParams(
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    thread_3 = manager.start_thread(StartParams(
        thread_source='user',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_2))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'the words second'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'the words second'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='another name'),
    ))
    with suppress(ThreadStoreError):
        manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '}, default_originator=''))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_3))
    clock.advance(1)
    print(manager.list_threads(ListThreadsParams(page_size=50, archived=True)))

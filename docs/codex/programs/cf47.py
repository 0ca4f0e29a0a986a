# list_threads breaks ROUTE-2 at items, in another order: expected ['01a205fe-651a-72b2-bbd3-9e99bb458373', '01a205fe-6552-7041-82f6-4342c799857c'], got ['01a205fe-6552-7041-82f6-4342c799857c', '01a205fe-651a-72b2-bbd3-9e99bb458373']

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

thread_4 = '01900000-0000-7000-a000-000000000003'

with fresh_process('codex@upstream-later') as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_3 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '## My request for Codex:\n do it '}]})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_3,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_1))
    manager.list_loaded(ListLoadedParams())
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}, default_originator=''), killed=True)
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager.read_thread(ReadThreadParams(thread_id=thread_3, include_archived=True))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''}, default_originator=''))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    with suppress(ThreadStoreError):
        manager.fork_thread(ForkParams(
            thread_id=thread_3,
            cut='after_turn',
            turn_id='auto-compact-0',
            thread_source='user',
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    print(manager.list_threads(ListThreadsParams(page_size=2, sort_key='updated_at')))

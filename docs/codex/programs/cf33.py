# read_thread breaks RESUME-2 at updated_at: expected 1795396988865, got 1795396990226

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

with fresh_process('codex@upstream-later', settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        service_name='Kodex',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]})],
    ))
    thread_2 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    thread_3 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_3,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='descendants_of', thread_id=thread_2),
    )).next_cursor]
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_3))
    with suppress(ThreadStoreError):
        manager.persist_thread(PersistThreadParams(thread_id=thread_2))
    manager.read_thread(ReadThreadParams(thread_id=thread_2, include_archived=True))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=2,
        sort_key='recency_at',
        sort_direction='asc',
        archived=True,
    )).next_cursor]
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_2))
    manager = process.restart(ProcessSettings(), killed=True)
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    print(manager.read_thread(ReadThreadParams(thread_id=thread_1, include_archived=True)))

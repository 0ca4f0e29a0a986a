# list_threads breaks ROUTE-2 at items, which lacks threads: expected ['01a2055e-c3cd-7902-b1ca-7ceeaf8d16b7', '01a2055e-c481-70a3-a9ad-de68b0ffc615'], got []

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01900000-0000-7000-b000-000000000001'
other_2 = '01900000-0000-7000-b000-000000000002'
other_3 = '01900000-0000-7000-b000-000000000003'
other_4 = '01900000-0000-7000-b000-000000000005'

clock = ManualClock()
with fresh_process('codex-paginated@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        service_name='',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='direct_children_of', thread_id=thread_1),
    )).next_cursor]
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=thread_1,
            patch=ThreadMetadataPatch(memory_mode='disabled'),
        ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        sort_key='recency_at',
        sort_direction='asc',
        archived=True,
    )).next_cursor]
    manager.delete_thread(DeleteThreadParams(thread_id=thread_1))
    thread_2 = manager.start_thread(StartParams(
        thread_source='automation',
        base_instructions={'text': 'be brief'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.outbound_request(OutboundParams(thread_id=thread_2, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_2, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_2, consumer='websocket'))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='descendants_of', thread_id=other_1),
    )).next_cursor]
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    manager.list_loaded(ListLoadedParams())
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(git_info=GitInfoPatch(branch=None)),
        include_archived=True,
    ))
    clock.advance(999)
    with suppress(ThreadStoreError):
        manager.read_thread(ReadThreadParams(
            thread_id=thread_1,
            include_archived=True,
            include_history=True,
        ))
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_2))
    manager.list_loaded(ListLoadedParams())
    clock.advance(999)
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_2))
    thread_3 = manager.start_thread(StartParams(
        service_name='',
        thread_source='user',
        base_instructions={'text': 'be brief'},
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=other_2,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.delete_thread(DeleteThreadParams(thread_id=other_3))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': ''}]})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    with suppress(ThreadStoreError):
        manager.flush_thread(FlushThreadParams(thread_id=thread_2))
    manager.list_loaded(ListLoadedParams())
    with suppress(ThreadStoreError):
        manager.discard_thread(DiscardThreadParams(thread_id=thread_3))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'})],
    ))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_1,
            items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-8'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-8'})],
        ))
    manager = process.restart(ProcessSettings())
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    with suppress(ThreadStoreError):
        manager.update_thread_metadata(UpdateThreadMetadataParams(
            thread_id=other_4,
            patch=ThreadMetadataPatch(memory_mode='disabled'),
        ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='descendants_of', thread_id=thread_1),
    )).next_cursor]
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    print(manager.list_threads(ListThreadsParams(page_size=100, sort_direction='asc')))

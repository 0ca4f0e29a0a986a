# read_thread breaks RESUME-2 at updated_at: expected 1795394893102, got 1795394895162

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_process

clock = ManualClock()
with fresh_process('codex-paginated@upstream-later', clock, settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '})) as process:
    manager = process.manager
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-4'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-4'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    cursors += [manager.list_threads(ListThreadsParams(page_size=2)).next_cursor]
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(memory_mode='disabled'),
    ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='descendants_of', thread_id=thread_2),
    )).next_cursor]
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=2,
        sort_key='updated_at',
        sort_direction='asc',
        archived=True,
    )).next_cursor]
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_2))
    thread_3 = manager.spawn_thread(SpawnParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager = process.restart(ProcessSettings(default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.delete_thread(DeleteThreadParams(thread_id=thread_2))
    clock.advance(0)
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_1,
            items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_answer'})],
        ))
    manager.list_loaded(ListLoadedParams())
    with suppress(ThreadStoreError):
        manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_3))
    with suppress(ThreadStoreError):
        manager.delete_thread(DeleteThreadParams(thread_id=thread_3))
    with suppress(ThreadStoreError):
        manager.append_items(AppendThreadItemsParams(
            thread_id=thread_2,
            items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_answer'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]})],
        ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    print(manager.read_thread(ReadThreadParams(thread_id=thread_1, include_archived=True)))

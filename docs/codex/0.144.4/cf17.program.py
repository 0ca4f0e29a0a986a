# load_history breaks FORK-1 at items[44:]: expected [], got [RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary', 'internal_chat_message_metadata_passthrough': {'turn_id': 'auto-compact-1'}}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_ans… (464 characters)

from contextlib import suppress

from threadstore import *
from threadstore_conformance import fresh_manager

other_1 = '01a20556-d746-7581-a9c4-fcd755ebcefc'
thread_7 = '01900000-0000-7000-a000-000000000006'
thread_8 = '01900000-0000-7000-a000-000000000007'
thread_9 = '01900000-0000-7000-a000-000000000008'
thread_10 = '01900000-0000-7000-a000-000000000009'
thread_12 = '01900000-0000-7000-a000-00000000000b'

with fresh_manager('codex@upstream-0.143') as manager:
    cursors = []
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'})],
    ))
    thread_2 = manager.start_thread(StartParams(
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_2,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    thread_3 = manager.start_thread(StartParams(
        service_name='CODEX_WORK_LOCAL',
        thread_source='user',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-5'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-6'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-6'})],
    ))
    thread_4 = manager.start_thread(StartParams(
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    thread_5 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '## My request for Codex: a ## My request for Codex: b'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'})],
    ))
    thread_6 = manager.start_thread(StartParams(
        service_name='CODEX_WORK_CLOUD',
        thread_source='user',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_6,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    with suppress(ThreadStoreError):
        manager.fork_thread(ForkParams(
            thread_id=thread_4,
            cut='after_turn',
            turn_id='no such turn',
            thread_source='user',
            base_instructions={'text': 'be brief'},
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_4,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    with suppress(ThreadStoreError):
        manager.spawn_thread(SpawnParams(
            thread_id=thread_4,
            mode='full_history',
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_5,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-9'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-9'})],
    ))
    cursors += [manager.list_threads(ListThreadsParams(
        page_size=50,
        model_providers=[],
        relation_filter=ThreadRelationFilter(kind='descendants_of', thread_id=thread_3),
    )).next_cursor]
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_5,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_answer'})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_4,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-14'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-14'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-16'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-16'})],
    ))
    with suppress(ThreadStoreError):
        manager.fork_thread(ForkParams(
            thread_id=thread_6,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ))
    with suppress(ThreadStoreError):
        manager.spawn_thread(SpawnParams(
            thread_id=thread_4,
            mode='full_history',
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
        ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'taken back'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'one'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'taken back'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-19'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-19'})],
    ))
    with suppress(ThreadStoreError):
        manager.resume_thread(ResumeParams(
            thread_id=thread_6,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
        ))
    thread_11 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_6,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-20'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a\nb'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-20'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_4,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<environment_context>x</environment_context>'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': '<environment_context>x</environment_context>'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'thinking aloud'}], 'phase': 'commentary'}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'done'}], 'phase': 'final_answer'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_6,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-22'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-22'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_6,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-24'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '🧵 thread'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-24'})],
    ))
    with suppress(ThreadStoreError):
        manager.fork_thread(ForkParams(
            thread_id=thread_11,
            metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
            ephemeral=True,
        ))
    manager.start_thread(StartParams(
        service_name='codex_work_localx',
        thread_source='automation',
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
        ephemeral=True,
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_6,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    thread_14 = manager.fork_thread(ForkParams(
        thread_id=thread_5,
        cut='after_turn',
        turn_id=other_1,
        thread_source='automation',
        base_instructions={'text': 'be brief'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    )).thread_id
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_14, include_archived=True)))

# read_thread breaks RESUME-2 at updated_at: expected 1795386275943, got 1795386276977

from threadstore import *
from threadstore_conformance import fresh_process

other_1 = '01a2055c-6f51-75a2-809d-67d3b8e80e02'

with fresh_process('codex@upstream-later') as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        service_name='',
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': '  padded  '}), RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'taken back'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'one'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'taken back'})],
    ))
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='first name'),
    ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''}, default_originator=''))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    thread_2 = manager.start_thread(StartParams(
        service_name='unknown service',
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_2,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'fix the tests'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'})],
    ))
    manager.outbound_request(OutboundParams(thread_id=thread_1, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_2, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_1, consumer='websocket'))
    thread_3 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_3,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-3'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:\n do it '}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-3'})],
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager = process.restart(ProcessSettings(default_originator=''))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' padded override '}, default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ' '}, default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_3,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.fork_thread(ForkParams(
        thread_id=thread_3,
        cut='after_turn',
        turn_id='taken back',
        thread_source='user',
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-a'),
    ))
    thread_5 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        thread_source='automation',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.spawn_thread(SpawnParams(
        thread_id=thread_3,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    ))
    manager.fork_thread(ForkParams(
        thread_id=thread_5,
        cut='after_turn',
        turn_id='taken back',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    thread_8 = manager.start_thread(StartParams(
        base_instructions={'text': 'be thorough'},
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    thread_9 = manager.fork_thread(ForkParams(
        thread_id=thread_5,
        cut='after_turn',
        turn_id=other_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    thread_10 = manager.spawn_thread(SpawnParams(
        thread_id=thread_9,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_9,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<environment_context>here</environment_context>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '# AGENTS.md instructions'}]})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_8,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-7'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'context ## My request for Codex: go'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-7'})],
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_8,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex: a ## My request for Codex: b'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    manager.outbound_request(OutboundParams(thread_id=thread_9, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_8, consumer='websocket'))
    manager.outbound_request(OutboundParams(thread_id=thread_9, consumer='websocket'))
    manager = process.restart(ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''}, default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_9,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_10,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-b'),
    ))
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_9,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-9'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'fix the tests'}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-9'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<skill>s</skill>'}]}), RolloutItem('response_item', {'type': 'message', 'role': 'assistant', 'content': [{'type': 'output_text', 'text': 'no phase'}]}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'x' * 300}), RolloutItem('event_msg', {'type': 'agent_message', 'message': 'done'})],
    ))
    manager = process.restart(ProcessSettings(default_originator='another client'))
    manager.resume_thread(ResumeParams(
        thread_id=thread_8,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_9,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    manager.resume_thread(ResumeParams(
        thread_id=thread_10,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    print(manager.read_thread(ReadThreadParams(thread_id=thread_10, include_archived=True)))

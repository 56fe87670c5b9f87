// Requirements: coordination.

import type { Requirement } from './requirement.ts';

export const coordination = {
  'AGT-01': {
    state: 'built',
    text: 'Agent: id, name, role, model_type, model_version, capabilities[], tags[], domain, group, status `available|working|idle|offline|error`, phase `Ready|NotReady|Unknown|Terminating`, current_task, progress_metric 0..1, error_info, current_plan_summary, maxConcurrentTasks (5, 1..100), heartbeatInterval (30 s), resources{cpu, memory, gpu, storage}, registered_at, last_heartbeat, completed, failed.',
  },
  'AGT-02': {
    state: 'built',
    text: 'register_agent(id, name, role, model_type, model_version, capabilities, …) is idempotent for the same identity, refused for another; deregister_agent(agent_id) hands its work back.',
  },
  'AGT-03': {
    state: 'built',
    text: 'find_agents(capabilities?, role?, statuses?, model_type?, group?, active_within_seconds?).',
  },
  'AGT-04': {
    state: 'built',
    text: 'set_agent_status, report_status(agent_id, status, current_task, progress_metric), get_agent_status, heartbeat. Any authenticated call of an agent counts as a heartbeat; heartbeats are coalesced and never lock a hot row.',
  },
  'AGT-05': {
    state: 'built',
    text: 'Unhealthy after 2 × heartbeatInterval: not scheduled, its leases and claims expire, its work is offered again; one event each.',
  },
  'AGT-06': {
    state: 'built',
    text: 'Controller phase and self-reported status are separate; schedulable = Ready and not offline or error.',
  },
  'AGT-07': {
    state: 'built',
    text: 'Roles: list_roles, assign_role(agent_id, role, assigning_agent_id); Orchestrator, Worker, SWE, QA, Researcher, Data Analyst, Planner, Reviewer, and custom ones, each a set of permissions.',
  },
  'AGT-08': {
    state: 'built',
    text: 'Agent cards (A2A) can be imported and exported; measured success rate, duration and cost per task class are kept with the agent.',
  },
  'AGT-09': {
    state: 'built',
    text: 'An SDK for workers in TypeScript: register, heartbeat, receive by watch with poll fallback (5 s), run up to N at once, progress, cancel, report, health endpoint, resource usage, graceful drain; an executor is `{capabilities, tags, execute(task, signal)}`; several are combined and chosen by capability; plugins load by path.',
  },
  'AGT-10': {
    state: 'built',
    text: 'Example agents that do real work: data processor (csv-transform, json-validate, data-clean, data-aggregate, data-filter, format-convert), filesystem (file-read, file-write, file-list, directory-create, file-delete, inside a root), http client (http-get/post/put/delete, webhook-call, api-health-check, rest-api-call), kubernetes reporter (list pods, deployments, daemonsets, services, nodes, namespaces; get pod, deployment, node status; cluster summary).',
  },
  'AGT-11': {
    state: 'built',
    text: '`tutti agent --type data-processor|filesystem|http-client|k8s-reporter|multi --config FILE`: creates, heartbeats and removes its own Agent, watches only its own tasks, with rights for just that; environment names as in conductor (AGENT_NAME, AGENT_DOMAIN, AGENT_CAPABILITIES, AGENT_TAGS, MAX_CONCURRENT_TASKS, HEARTBEAT_INTERVAL, TASK_TIMEOUT).',
  },
  'TSK-01': {
    state: 'built',
    text: 'Task: id, description, parent_task_id, workflow_id, domain, required_capabilities[], requiredTags[], preferredTags[], priority 1..10 (5; low 2, medium 5, high 8), payload, deadline, timeout (300 s), retryPolicy{maxRetries 3, backoff exponential|linear|fixed, initialDelay 1 s, maxDelay 300 s}, idempotency key, status, assigned_agent_id, result, error, attempts, times.',
  },
  'TSK-02': {
    state: 'built',
    text: "Status: pending, assigned, in_progress, waiting (for input), completed, failed, cancelled; conductor's phases and A2A's and MCP's task states are projections of it, made in one place.",
  },
  'TSK-03': {
    state: 'built',
    text: 'Placement `capability-priority`: hard rules (same domain, Ready, all capabilities, all required tags, a free slot) and a score (free slots, preferred tags, measured fitness); the highest priority first, then the oldest; ties by name; the same input gives the same answer.',
  },
  'TSK-04': {
    state: 'built',
    text: "Assignment is a claim: a lease with an expiry and a growing fencing number; completion, progress and side effects need the current number; a dead agent's task is offered again, a late report from it is refused with the reason.",
  },
  'TSK-05': {
    state: 'built',
    text: 'Agents either are assigned work (push: watch, wait_for_task) or take it (next_task with a wait of up to 45 s).',
  },
  'TSK-06': {
    state: 'built',
    text: 'A task that no registered agent could ever do says so at once (condition, event, tool answer) and waits or fails by policy; it is tried again every 30 s and at once when an agent registers.',
  },
  'TSK-07': {
    state: 'built',
    text: 'Timeout, deadline, retry with the declared backoff (honoured before reassignment), cancellation that reaches the agent, dead letter after the last attempt.',
  },
  'TSK-08': {
    state: 'built',
    text: "decompose_task(task, available_models[{id, model_type, capabilities}]) → subtasks[{id, description, required_capabilities}]: by a configured model provider (OpenAI-compatible or Anthropic API), by the calling agent's own plan (validated), or by a deterministic splitter when there is no model; the answer says which.",
  },
  'TSK-09': {
    state: 'built',
    text: 'assign_subtasks(subtasks, available_models), delegate_subtask(coordinator_agent_id, assigned_agent_id, subtask_id, subtask_description, contextual_data, parent_task_id, deadline), merge_results(results[{subtask_id, model_id, content}]) with strategies (concatenate, JSON merge, vote, best-scored, by model), compare_models(model_ids, capabilities?).',
  },
  'TSK-10': {
    state: 'built',
    text: 'A submitted plan is validated as data before anything runs: types, cycles, unsatisfiable capabilities, budget, overlapping write sets.',
  },
  'TSK-11': {
    state: 'built',
    text: "Evidence: a task may demand proofs for completion (commit reachable, tests' exit code, file hash, reviewer's approval); without them it goes to `waiting`, not to `completed`.",
  },
  'TSK-12': {
    state: 'built',
    text: 'Budgets: tokens, money, wall time, tasks and depth per project, run and agent; reserve, then settle; a hard stop that holds under concurrency.',
  },
  'TSK-13': {
    state: 'built',
    text: 'why(task): why it waits, why this agent, why it was retried, what would unblock it.',
  },
  'TSK-14': {
    state: 'partly',
    note: 'answered by the client, the command line, the API and tools; the console comes later',
    text: 'Elicitation by a task: prompt, type text|choice|confirmation|secret, choices, default, required, timeout (300 s); answered in the console, the CLI or by the client; status WaitingForElicitation outside.',
  },
  'TSK-15': {
    state: 'built',
    text: 'Scheduler switches: algorithm, loadBalancing, domainFiltering; a capability index; default retry and timeout policies per domain.',
  },
  'TSK-16': {
    state: 'partly',
    note: 'the thread of a task is not handed over yet',
    text: 'Reassignment hands over contextual_data, progress, partial results and the thread.',
  },
  'MSG-01': {
    state: 'built',
    text: 'Thread: id, title, creator, participants, status active|archived|closed|degraded, metadata. Message: id, thread, sender, recipients, content, attachments, urgent, importance, reply-to, created. Per recipient: delivered, read, acked, each with its time.',
  },
  'MSG-02': {
    state: 'built',
    text: 'send_message(sender_id, recipient_id XOR thread_id, content, urgent), broadcast_message(recipient_ids), get_messages(agent_id, thread_id?, limit 10, since?) newest first, marks read; check_new_messages; ack_messages (idempotent, returns the count).',
  },
  'MSG-03': {
    state: 'built',
    text: 'create_thread, join_thread, get_thread_details, add_participant_to_thread (by a participant), remove_participant_from_thread (by the creator or oneself; never the creator), archive_thread.',
  },
  'MSG-04': {
    state: 'built',
    text: 'create_critical_thread(wait_for_responses 1, timeout_ms 60000 ≤ 600000) waits for answers and returns what came; longer waits return a handle.',
  },
  'MSG-05': {
    state: 'built',
    text: 'GetThreads, GetMessages (no side effect), GetUnackedMessages(participant), GetParticipantsWithUnackedMessages(ids[]) in one query; cursors.',
  },
  'MSG-06': {
    state: 'built',
    text: 'Typed contents: status_update, task_assignment, query, response, blocker_report, knowledge_share, feedback, request_assistance, decision_log, conflict_report, progress_update, completion_report.',
  },
  'MSG-07': {
    state: 'partly',
    note: 'rooms of workloads are there, and nothing is told in them until there are workloads',
    text: 'Rooms for notifications: `thread_participant:{id}`, `workload:{id}`, `agent:{id}`, `threads:messages:new`, `runner:workloads:status`; events message.created, workload.status_changed; fan-out is a hint, a pull is the truth; slow consumers are dropped and resync (subscribe, buffer, snapshot, apply).',
  },
  'MSG-08': {
    state: 'partly',
    note: 'leases that an agent lost, or that are free now, are told; none is told before it ends, as each call renews them',
    text: 'Every tool answer to an agent carries its unread count, must-read items, lease warnings and cancellations, so that an agent which only calls tools misses nothing; an undeliverable message bounces to its sender.',
  },
  'MSG-09': {
    state: 'later',
    text: 'transfer_file(sender_id, recipient_id, source_path, destination_filename?, description?) with size limit (32 MiB), hash and encryption at rest.',
  },
  'MSG-10': {
    state: 'later',
    text: 'create_collaboration_session(title, description, participant_model_ids, coordinator_model_id), request_assistance(requesting_agent_id, task_description, target_agent_id?, required_capabilities?, urgency low|medium|high) fails clearly when nobody suits, evaluate_contribution(evaluating_agent_id, contributing_agent_id, contribution_ref, evaluation_criteria? (clarity, relevance, completeness, actionability 1..5), comments?) → record, share_plan_update(…), initiate_consensus(topic, options, participants, method, deadline).',
  },
  'LCK-01': {
    state: 'built',
    text: 'acquire_file_lock(agent_id, file_path), release_file_lock(agent_id, file_path), check_file_lock(file_path) → status and owner; re-entrant for the same agent.',
  },
  'LCK-02': {
    state: 'built',
    text: "A lease has a TTL (30 min), renews with the agent's activity, ends with its task, its deregistration or its death; the holder and a reason are told to whoever is refused, with the wait queue's length.",
  },
  'LCK-03': {
    state: 'built',
    text: 'Globs, shared and exclusive, all-or-nothing for several paths, normalised paths (`..`, symlinks, case), a fencing number per lease.',
  },
  'LCK-04': {
    state: 'built',
    text: 'Enforcement: a filesystem tool through the gateway and a git pre-commit guard refuse a write without the lease; compare-and-swap by content hash.',
  },
  'LCK-05': {
    state: 'built',
    text: 'Two holders of overlapping exclusive leases never exist, under any interleaving, crash or clock skew.',
  },
  'JAM-01': {
    state: 'later',
    text: 'check_agent_responsiveness(agent_id, threshold_seconds 300) → is_responsive, last_heartbeat, seconds_since_heartbeat, threshold_seconds, reason.',
  },
  'JAM-02': {
    state: 'later',
    text: 'check_message_recipient_status(sender_id, time_window_seconds 600, responsiveness_threshold_seconds 300) → recipients_checked, unresponsive_recipients[], all_recipient_statuses[].',
  },
  'JAM-03': {
    state: 'later',
    text: 'check_message_frequency(agent_id, time_window_seconds 60, frequency_threshold 10) → message_count, is_potentially_spamming.',
  },
  'JAM-04': {
    state: 'later',
    text: 'One wait-for graph over leases, task dependencies, messages awaited, approvals, slots and budgets; a cycle is found within 2 s, explained, and broken by a declared policy.',
  },
  'JAM-05': {
    state: 'later',
    text: 'Rate limits per agent and tool, circuit breakers, limits on fan-out and depth, loop detection on repeated identical calls.',
  },
  'JAM-06': {
    state: 'later',
    text: 'Stuck work is judged by lack of progress, not by a living process; the response is staged: nudge, reassign, stop.',
  },
  'JAM-07': {
    state: 'later',
    text: 'Every operation has a finite, configurable timeout (tested by enumeration); each agent has CPU, memory and concurrency limits.',
  },
  'PRJ-01': {
    state: 'partly',
    note: 'progress counts tasks; runs follow with workflows, and linked workflows are kept for them',
    text: 'create_project(name, description, lead_agent_id?, initial_status; planning|active|on_hold|completed|archived), create_goal(name, description, project_id?, initial_status; backlog|todo|in_progress|blocked|done), get/list/update of both, link_workflow_to_goal, link_step_to_external_task(external_system, external_task_id); progress rolls up from tasks and runs.',
  },
  'KNW-01': {
    state: 'built',
    text: "Entities (name, entityType, observations[], metadata) and relations (from, to, relationType, weight): create_entities, update_node, delete_entities (relations cascade), add_observations, delete_observations, create_relations, delete_relations, read_graph, search_nodes(query; ranked full text), open_nodes(names); scoped by project. A step's context is {workflow, step, requirements, dependencies[{id, description, status}], knowledgeEntities[{name, type, observations}]} from a search `workflow:ID step:ID`; prepare_* helpers return {server_name, tool_name, arguments}.",
  },
} as const satisfies Record<string, Requirement>;

// Requirements: workflows.

import type { Requirement } from './requirement.ts';

export const workflows = {
  'WF-01': {
    state: 'later',
    text: 'One kind, two styles: a step calls a tool, or is assigned to an agent (by id, role or capabilities), or waits (approval, timer, event), or runs a sub-workflow. Steps form a DAG by `dependsOn`; where no step declares any, they run in order.',
  },
  'WF-02': {
    state: 'later',
    text: 'Definition: name, description, args{name: type, required, default, description}, steps[], status draft|active|completed|archived, creator, created/updated, version. An edit makes a new version; runs stay pinned to theirs.',
  },
  'WF-03': {
    state: 'later',
    text: 'Step: id (`^[A-Za-z0-9_-]{1,63}$`), description, assignedRole, assignedAgentId, requiredCapabilities, dependsOn[], tool, arguments, condition{tool, args, fromStep, expect, expectNot{success, jsonPath}}, when (expression), forEach (fan-out) with maxParallel, store/outputs, retry{max, backoff}, timeout, allowFailure, onFailure (alternate step), fallbackAgents[], projectId, goalId, externalTaskId.',
  },
  'WF-04': {
    state: 'later',
    text: 'Step status pending|in_progress|completed|failed|skipped|waiting with result, error, attempts, times.',
  },
  'WF-05': {
    state: 'later',
    text: 'Validation at definition, all errors at once with their paths: unknown step or tool, cycle, unreachable step, bad template, missing argument, unsatisfiable role.',
  },
  'WF-06': {
    state: 'later',
    text: 'Templates over input, results, vars and context; a bare reference keeps its type; an unknown reference is an error with the path, never an empty string.',
  },
  'WF-07': {
    state: 'later',
    text: "Tools: define_workflow(creator_id, name, description?, steps) → draft; execute_workflow(workflow_id, triggering_agent_id, input?, idempotency_key?) → active; report_step_completion(workflow_id, step_id, agent_id, result?), report_step_failure(workflow_id, step_id, agent_id, error_message): without a run id they mean the newest run whose step that agent holds; get_workflow_details (latest run's step states merged in), list_workflows(creator_id?), delete_workflow (by its creator); core_workflow_{list, get, create, update, delete, validate, available, execution_list, execution_get}; each active workflow is also a tool `workflow_<name>`. They accept and return the framework's field names (step_id, assigned_role, assigned_agent_id, depends_on, tool_to_call, tool_arguments) and muster's (from_step, expect_not, json_path, allow_failure).",
  },
  'WF-08': {
    state: 'later',
    text: "A step is started when all it depends on is done; completion is accepted only from the agent that holds the step's claim; every step result is recorded once.",
  },
  'WF-09': {
    state: 'later',
    text: 'Failure policy per step: retry, alternate path, allow, or fail the run; what depended on it is skipped with the reason.',
  },
  'WF-10': {
    state: 'later',
    text: 'A run survives kill -9 at any instant: it goes on where it stood, no completed step is repeated, a step with an unknown outcome follows its declared policy (retry if idempotent, else ask).',
  },
  'WF-11': {
    state: 'later',
    text: 'Pause, resume, cancel (with cleanup steps), retry from a step, re-run with the same input; all audited.',
  },
  'WF-12': {
    state: 'later',
    text: 'Approval steps reach a person in the console and the CLI, and an agent or client by elicitation; with timeout and default.',
  },
  'WF-13': {
    state: 'later',
    text: 'Triggers: by hand, tool, API, schedule (cron), message in a thread, webhook.',
  },
  'WF-14': {
    state: 'later',
    text: 'The four patterns ship as examples that run: hub-and-spoke, peer-to-peer, assembly line with retry or alternate path, hierarchical.',
  },
  'WF-15': {
    state: 'later',
    text: 'Execution record: id, workflow and version, status, started, completed, duration, input, result, error, steps[]; list with filters and paging; timeline and graph in the console.',
  },
  'WF-16': {
    state: 'later',
    text: 'Metrics: duration, success rate, step wait versus run time, bottleneck step.',
  },
  'WF-17': {
    state: 'later',
    text: 'Run progress (done of total) is visible; an unusual step duration or failure rate raises an event.',
  },
} as const satisfies Record<string, Requirement>;

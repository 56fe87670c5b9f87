// The names of the tools of agents and tasks, for rules about who may use them: known before the tools are loaded.

export const COORDINATION_TOOLS: readonly string[] = [
  'register_agent',
  'deregister_agent',
  'find_agents',
  'get_agent_status',
  'set_agent_status',
  'report_status',
  'heartbeat',
  'list_roles',
  'assign_role',
  'next_task',
  'wait_for_task',
  'start_task',
  'report_progress',
  'complete_task',
  'fail_task',
  'release_task',
  'create_task',
  'get_task',
  'list_tasks',
  'cancel_task',
  'retry_task',
  'delegate_subtask',
  'submit_plan',
  'decompose_task',
  'assign_subtasks',
  'merge_results',
  'compare_models',
  'acquire_file_lock',
  'release_file_lock',
  'check_file_lock',
];

/** Those of shared files, which are there where roots of files are declared. */
export const FILE_TOOLS: readonly string[] = [
  'file_list',
  'file_read',
  'file_write',
  'file_edit',
  'file_move',
];

// What agents may do beside working on what they are given, by their role.

/** What a role may allow. */
export const AGENT_PERMISSIONS = [
  /** To be given tasks. */
  'take',
  /** To submit tasks and plans, and to cancel or repeat its own. */
  'submit',
  /** To give tasks to agents of its choice. */
  'delegate',
  /** To cancel or repeat tasks that another agent submitted. */
  'cancel_others',
  /** To change the roles of agents. */
  'assign_roles',
  /** To approve what others have done. */
  'approve',
] as const;

export type AgentPermission = (typeof AGENT_PERMISSIONS)[number];

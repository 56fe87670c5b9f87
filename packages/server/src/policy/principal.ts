// Who is asking.

export interface Principal {
  /** Unique among all: the name of a key, or `local` or `admin`. */
  readonly id: string;
  readonly type: 'user' | 'agent' | 'mcp_server' | 'runner' | 'channel';
  /** Names that policies speak of. Three mean something by themselves: see the roles below. */
  readonly roles: readonly string[];
}

/** May use Tutti's own tools and change things over the API. */
export const ADMIN_ROLE = 'admin';
/** May read the API where not everybody may. */
export const VIEWER_ROLE = 'viewer';
/** May register agents, submit tasks and do them, over the API and by tools. */
export const AGENT_ROLE = 'agent';

/** Whoever comes without a key, where that is allowed. */
export const LOCAL: Principal = { id: 'local', type: 'user', roles: ['local'] };
/** Whoever has the instance token, which only this user of the machine can read. */
export const INSTANCE_ADMIN: Principal = { id: 'admin', type: 'user', roles: [ADMIN_ROLE] };

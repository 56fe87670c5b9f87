// The status of a server for one who has a connection to it of their own: calls of theirs go there, whatever became of
// the connection by which the server is watched.

import type { ApiServer } from '@tutti/schemas';

type Status = ApiServer['status'];

export function connectedStatus(status: Status, type: ApiServer['type']): Status {
  const { reason: _reason, conditions, ...rest } = status;
  const ready = {
    type: 'Ready',
    status: 'True' as const,
    reason: 'OwnConnection',
    message: 'has a connection that is yours alone',
  };
  return {
    ...rest,
    state: type === 'stdio' ? 'Running' : 'Connected',
    conditions: conditions.map((condition) =>
      condition.type === 'Ready' ? { ...condition, ...ready } : condition,
    ),
  };
}

// Executor JSON: one server per file, `{name, enabled, description, command, args, port, env, metadata}`. Its servers
// are restarted after a fixed 5 s.

import { foreignSuspended } from './foreign-values.ts';
import { beyond, draftOf, type ReadFormat } from './format.ts';

const KNOWN = ['name', 'enabled', 'description', 'command', 'args', 'port', 'env', 'metadata', '$schema'];
const FIXED_RESTART = { initial: '5s', factor: 1, max: '5s', jitter: 0 };

export const readExecutor: ReadFormat = (entry) => [
  draftOf({
    format: 'executor',
    at: [],
    name: entry['name'],
    nameAt: ['name'],
    spec: {
      type: 'stdio',
      description: entry['description'],
      command: entry['command'],
      args: entry['args'],
      env: entry['env'],
      port: entry['port'],
      metadata: entry['metadata'],
      suspended: foreignSuspended({ enabled: entry['enabled'] }).suspended,
      restart: FIXED_RESTART,
    },
    names: { suspended: ['enabled'] },
    extras: beyond(entry, KNOWN),
  }),
];

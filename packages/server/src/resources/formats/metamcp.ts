// MetaMCP: one server per file or entry, `{name, type: SSE|STDIO|HTTP, url, enabled}`.

import { foreignSuspended, foreignType } from './foreign-values.ts';
import { beyond, draftOf, type ReadFormat } from './format.ts';

const KNOWN = [
  'name',
  'type',
  'url',
  'enabled',
  'description',
  'metadata',
  'command',
  'args',
  'env',
  'headers',
  'bearerToken',
  '$schema',
];

export const readMetamcp: ReadFormat = (entry) => {
  const { bearerToken, headers } = entry;
  const token = typeof bearerToken === 'string' && bearerToken !== '' ? bearerToken : undefined;
  return [
    draftOf({
      format: 'metamcp',
      at: [],
      name: entry['name'],
      nameAt: ['name'],
      spec: {
        type: foreignType(entry['type']),
        description: entry['description'],
        command: entry['command'],
        args: entry['args'],
        env: entry['env'],
        url: entry['url'],
        headers: token === undefined ? headers : { ...Object(headers), Authorization: `Bearer ${token}` },
        metadata: entry['metadata'],
        suspended: foreignSuspended({ enabled: entry['enabled'] }).suspended,
      },
      names: { suspended: ['enabled'] },
      extras: beyond(entry, KNOWN),
    }),
  ];
};

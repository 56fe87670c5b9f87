import type { ApiServer } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { unknownToolsHint } from '../src/unknown-tools.ts';

function aServer(name: string, state: ApiServer['status']['state'], toolCount?: number): ApiServer {
  const status = { state, restartCount: 0, consecutiveFailures: 0, observedGeneration: 1, conditions: [] };
  const origin = { source: 'file', file: 'tutti.yaml', line: 1 };
  return { name, type: 'stdio', origin, status, ...(toolCount === undefined ? {} : { toolCount }) };
}

test('a tool that is not found may be one of a server whose tools nobody has seen', () => {
  verifies('OPS-05');
  expect(unknownToolsHint([aServer('a', 'Running', 2), aServer('b', 'Suspended')])).toBeUndefined();
  expect(unknownToolsHint([aServer('a', 'Running', 2), aServer('lazy', 'Stopped')])).toBe(
    'The tools of lazy are not known yet. Look at them: tutti tools --server lazy --discover',
  );
  expect(unknownToolsHint([aServer('x', 'Blocked')])).toBe(
    'The tools of x are not known yet. See why: tutti describe server x',
  );
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => aServer(name, 'Failed'));
  expect(unknownToolsHint(many)).toBe(
    'The tools of a, b, c, d, e and 2 more are not known yet. See why: tutti get servers',
  );
});

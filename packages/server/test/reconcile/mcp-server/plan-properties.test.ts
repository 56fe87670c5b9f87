import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { found, tools } from '../../snapshot/found.ts';
import { declared } from './declared.ts';
import { createModel, server } from './plan-model.ts';

const change = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'ready' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      how: fc.constantFrom('exited', 'lost', 'handshake', 'auth_required'),
    }),
  },
  fc.record({ kind: fc.constant('unhealthy' as const), failures: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('discovered' as const),
    names: fc.subarray(['a', 'b', 'c']),
    identityDigest: fc.constantFrom('identity-1', 'identity-2'),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 400_000 }) }),
  },
  fc.constant({ kind: 'restart' } as const),
  fc.record({
    kind: fc.constant('declare' as const),
    suspended: fc.boolean(),
    autoStart: fc.boolean(),
    unresolved: fc.constantFrom([], ['X']),
    identityDigest: fc.constantFrom('identity-1', 'identity-2'),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

function make(model: ReturnType<typeof createModel>, next: Change, generation: number): void {
  switch (next.kind) {
    case 'ready':
      return model.ready();
    case 'crash':
      return model.crash(next.how);
    case 'unhealthy':
      return model.record({ kind: 'unhealthy', server, reason: 'silent', failures: next.failures });
    case 'discovered':
      return model.record({
        kind: 'discovered',
        server,
        configDigest: next.identityDigest,
        found: found({ tools: tools(...next.names) }),
      });
    case 'time':
      return model.advance(next.ms);
    case 'restart':
      return model.record({ kind: 'restart_requested' });
    case 'declare': {
      const { suspended, autoStart, unresolved, identityDigest } = next;
      return model.declare({ spec: { suspended, autoStart }, unresolved, identityDigest, generation });
    }
  }
}

test('whatever happens: plans come to rest, attempts only count up, nothing runs against the declaration', () => {
  verifies('SUP-02', 'SUP-10', 'SRV-09');
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const model = createModel();
      model.pass();
      for (const [index, next] of changes.entries()) {
        const before = model.observed().attempt;
        make(model, next, index + 2);
        const steps = model.pass();
        expect(model.planned().steps, 'a second pass finds nothing to do').toEqual([]);
        const dials = steps.filter(({ kind }) => kind === 'dial').length;
        expect(model.observed().attempt - before, 'each dial is one new attempt').toBe(dials);
        expect(dials, 'one change starts one attempt at most').toBeLessThanOrEqual(1);
        const { resource, unresolved } = model.desired() ?? declared();
        const admission = model.published()?.admission;
        if (resource.spec.suspended || unresolved.length > 0) expect(admission?.kind).toBe('hold');
        const { wakeAtMs } = model.planned();
        if (admission?.kind === 'hold') expect(wakeAtMs).toBe(admission.retryAtMs);
        if (wakeAtMs !== undefined) {
          expect(wakeAtMs).toBeGreaterThan(model.now());
          expect(wakeAtMs - model.now()).toBeLessThanOrEqual(resource.spec.restart.maxMs);
        }
      }
    }),
    { numRuns: 500 },
  );
});

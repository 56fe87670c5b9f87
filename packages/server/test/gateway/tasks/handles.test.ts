import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createTaskHandles, isHeld, type TaskRef, taskKey } from '../../../src/gateway/tasks/handles.ts';

const handles = createTaskHandles(randomBytes(32));

const refs: fc.Arbitrary<TaskRef> = fc.record({
  server: fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/),
  home: fc.constantFrom('', 'aB3_-xyz'),
  id: fc.string({ unit: 'binary' }).map((id) => JSON.stringify(id)),
});
const principals = fc.string({ unit: 'binary' });

test('a handle says again what it was made of, to the principal that it was made for', () => {
  verifies('GW-05');
  fc.assert(
    fc.property(refs, principals, (ref, principal) => {
      const handle = handles.seal(ref, principal);
      expect(handles.open(handle, principal)).toEqual(ref);
      expect(handles.seal(ref, principal)).toBe(handle);
      // It travels in a header as it is.
      expect(handle).toMatch(/^[\x21-\x7e]+$/);
    }),
  );
});

test('a handle is good for nobody else, and from nobody else', () => {
  verifies('GW-05');
  const others = createTaskHandles(randomBytes(32));
  fc.assert(
    fc.property(refs, principals, principals, (ref, principal, other) => {
      fc.pre(principal !== other);
      expect(handles.open(handles.seal(ref, principal), other)).toBeUndefined();
      expect(handles.open(others.seal(ref, principal), principal)).toBeUndefined();
    }),
  );
});

test('different tasks have different handles', () => {
  verifies('GW-05');
  fc.assert(
    fc.property(refs, refs, principals, (one, other, principal) => {
      fc.pre(taskKey(one) !== taskKey(other));
      expect(handles.seal(one, principal)).not.toBe(handles.seal(other, principal));
    }),
  );
});

test('a handle that was changed anywhere is unknown', () => {
  verifies('GW-05');
  fc.assert(
    fc.property(
      refs,
      principals,
      fc.nat(),
      fc.constantFrom('A', 'b', '0', '.', '-', '', 'AA'),
      (ref, principal, at, put) => {
        const handle = handles.seal(ref, principal);
        const place = at % handle.length;
        const changed = handle.slice(0, place) + put + handle.slice(place + 1);
        fc.pre(changed !== handle);
        expect(handles.open(changed, principal)).toBeUndefined();
      },
    ),
  );
});

test('any text may come, and is no handle', () => {
  verifies('GW-05');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[.a-zA-Z0-9]*$/)), (text) => {
      expect(handles.open(text, 'local')).toBeUndefined();
    }),
  );
  expect(handles.open('x'.repeat(1_000_000), 'local')).toBeUndefined();
  const long = handles.seal({ server: 's', home: '', id: JSON.stringify('x'.repeat(10_000)) }, 'local');
  expect(handles.open(long, 'local')).toBeUndefined();
});

test('a held result is told from every task of a server', () => {
  verifies('GW-05');
  const held: TaskRef = { server: 's', home: '', id: 'AbC-_9' };
  expect(isHeld(held)).toBe(true);
  expect(handles.open(handles.seal(held, 'local'), 'local')).toEqual(held);
  fc.assert(fc.property(refs, (ref) => !isHeld(ref)));
});

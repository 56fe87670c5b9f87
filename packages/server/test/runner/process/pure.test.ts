import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { childEnvironment } from '../../../src/runner/process/child-environment.ts';
import { endReason } from '../../../src/runner/process/end-reason.ts';
import { familyOf } from '../../../src/runner/process/family.ts';
import { isLeftover } from '../../../src/runner/process/leftovers.ts';
import { createOwnerId, processTag, tagsOf } from '../../../src/runner/process/owner-tag.ts';
import { ownerIn, parseStat, type ProcessEntry } from '../../../src/runner/process/process-table.ts';
import { createStderrLines } from '../../../src/runner/process/stderr-lines.ts';

const entry = (pid: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  tags: [],
  ...more,
});

const scanOf = (...all: ProcessEntry[]) => ({ all, byParent: Map.groupBy(all, ({ parent }) => parent) });

describe('what belongs to a process', () => {
  it('is found by group, session, tag and descent, and nothing else is', () => {
    verifies('SUP-01');
    const scan = scanOf(
      entry(10),
      entry(11, { parent: 10, group: 10, session: 10 }),
      entry(12, { group: 12, session: 10 }),
      entry(13, { tags: ['a-r/1'] }),
      entry(14, { parent: 13 }),
      entry(15, { parent: 14 }),
      entry(20, { tags: ['a-r/11'] }),
      entry(21, { parent: 20 }),
    );
    expect(new Set(familyOf(scan, { pid: 10, tag: 'a-r/1' }))).toEqual(new Set([10, 11, 12, 13, 14, 15]));
  });

  it('is a leftover when it is of another run on the same state folder', () => {
    verifies('SUP-01');
    const owner = { state: 'abc', run: 'now' };
    expect(isLeftover(entry(1, { tags: ['abc-before/3'] }), owner)).toBe(true);
    expect(isLeftover(entry(1, { tags: ['outer-x/1', 'abc-before/3'] }), owner)).toBe(true);
    expect(isLeftover(entry(1, { tags: ['abc-now/3'] }), owner)).toBe(false);
    expect(isLeftover(entry(1, { tags: ['abcd-before/3'] }), owner)).toBe(false);
    expect(isLeftover(entry(1), owner)).toBe(false);
  });
});

describe('tags', () => {
  it('of a Tutti inside of another one stand behind those it has', () => {
    const owner = createOwnerId({ dev: 1n, ino: 2n, birthtimeNs: 3n }, 'run');
    const env = childEnvironment({ TUTTI_OWNER: 'outer-x/7' }, {}, processTag(owner, 4));
    expect(tagsOf(env['TUTTI_OWNER'])).toEqual(['outer-x/7', `${owner.state}-run/4`]);
  });

  it('cannot be declared away', () => {
    expect(childEnvironment({}, { TUTTI_OWNER: '' }, 'a-r/1')['TUTTI_OWNER']).toBe('a-r/1');
  });

  it.each([
    ['TUTTI_OWNER=a-r/1\0PATH=/bin\0', 'a-r/1'],
    ['PATH=/bin\0TUTTI_OWNER=a-r/1', 'a-r/1'],
    ['NOT_TUTTI_OWNER=a-r/1\0', undefined],
    ['', undefined],
  ])('are read from %j', (environ, owner) => {
    expect(ownerIn(environ)).toBe(owner);
  });
});

describe('reading /proc', () => {
  it('is not misled by names', () => {
    expect(parseStat('12 (a) Z (b) S 1 10 11 0 -1')).toEqual({
      zombie: false,
      parent: 1,
      group: 10,
      session: 11,
    });
    expect(parseStat('12 (sh) Z 1 10 11 0 -1')?.zombie).toBe(true);
    expect(parseStat('')).toBeUndefined();
  });
});

describe('the reason of an end', () => {
  it('has the last lines of stderr only when nobody stopped it, and not too much of them', () => {
    verifies('SUP-05');
    const exit = { code: 1, signal: null };
    expect(endReason(exit, undefined, [])).toBe('exited with code 1');
    expect(endReason(exit, 'stopped', ['noise'])).toBe('stopped (exited with code 1)');
    expect(endReason(exit, undefined, ['x'.repeat(9_000), 'the point'])).toMatch(
      /^exited with .{900,1100}the point$/,
    );
  });
});

describe('lines of stderr', () => {
  it('are whole however the bytes arrive', () => {
    verifies('SUP-04');
    const lines: string[] = [];
    const splitter = createStderrLines((line) => lines.push(line));
    for (const byte of Buffer.from('één\r\n\ntwo\nlast')) splitter.push(Buffer.from([byte]));
    splitter.end();
    expect(lines).toEqual(['één', 'two', 'last']);
  });
});

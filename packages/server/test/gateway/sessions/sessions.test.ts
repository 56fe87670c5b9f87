import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { SessionRecord } from '../../../src/gateway/ports.ts';
import { KeptSessions } from '../../../src/gateway/sessions/kept.ts';
import { Sessions } from '../../../src/gateway/sessions/sessions.ts';
import type { Session } from '../../../src/gateway/sessions/session.ts';
import type { View } from '../../../src/gateway/routing/view.ts';
import { accessOf } from '../../../src/policy/access.ts';
import { INSTANCE_ADMIN, LOCAL } from '../../../src/policy/principal.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

const THEIRS = accessOf(LOCAL, []);
const MINUTE = 60_000;
const IDLE = 30 * MINUTE;
const ABSOLUTE = 24 * 60 * MINUTE;
/** How late a session may be reaped. */
const SLACK = MINUTE;

const VIEW: View = {
  server: undefined,
  mode: undefined,
  toolBytes: 0,
  tool: () => undefined,
  withheld: () => undefined,
  prompt: () => undefined,
  resource: () => undefined,
  entries: () => [],
  groups: () => [],
};

function open(maxSessions = 10, sessionIdleMs = IDLE, earlier: readonly SessionRecord[] = []) {
  const clock = createManualClock();
  const kept = new Map<string, SessionRecord>();
  const ended: Session[] = [];
  const counts: number[] = [];
  const limits = { maxSessions, sessionIdleMs, sessionAbsoluteMs: ABSOLUTE, maxPendingMessages: 3 };
  const store = {
    earlier,
    put: (record: SessionRecord) => void kept.set(record.key, record),
    remove: (key: string) => void kept.delete(key),
  };
  const sessions = new Sessions({
    clock,
    limits,
    kept: new KeptSessions({ store, limits, placeOf: () => 'all' }),
    owner: 'me',
    key: Buffer.alloc(32, 1),
    changed: (count) => counts.push(count),
    ended: (session) => ended.push(session),
  });
  const create = (): Session =>
    sessions.create({
      principal: 'local',
      roles: [],
      credentials: ['local'],
      view: VIEW,
      protocolVersion: '2025-11-25',
      capabilities: '{}',
      clientInfo: undefined,
      isKept: true,
    });
  return { clock, sessions, ended, counts, create, kept };
}

function stream() {
  const sent: string[] = [];
  const state = { sent, closed: false };
  return {
    ...state,
    send: (message: Buffer) => void sent.push(message.toString()),
    close() {
      this.closed = true;
    },
  };
}

describe('a session', () => {
  it('that is idle is ended with what it owns, one that is used is not', () => {
    verifies('SES-04');
    const { clock, sessions, ended, counts, create } = open();
    const idle = create();
    const used = create();
    for (let minute = 0; minute < 31; minute++) {
      clock.advance(MINUTE);
      expect(sessions.use(used.id)).toBe(used);
    }
    expect(ended).toEqual([idle]);
    expect(sessions.use(idle.id)).toBeUndefined();
    expect(counts).toEqual([1, 2, 1]);
  });

  it('is gone within its idle time and a quarter of it, however short that is', () => {
    verifies('SES-04');
    const { clock, ended, create } = open(10, 1_000);
    const session = create();
    clock.advance(999);
    expect(ended).toEqual([]);
    clock.advance(251);
    expect(ended).toEqual([session]);
  });

  it('with a stream is not idle; without it the time begins', () => {
    verifies('SES-04');
    const { clock, sessions, ended, create } = open();
    const session = create();
    const standing = stream();
    session.attach(standing);
    clock.advance(10 * IDLE);
    expect(ended).toEqual([]);
    session.detach(standing);
    clock.advance(IDLE - SLACK);
    expect(sessions.size).toBe(1);
    clock.advance(2 * SLACK);
    expect(ended).toEqual([session]);
  });

  it('ends at its age, whatever it does', () => {
    verifies('SES-04');
    const { clock, ended, create, sessions } = open();
    const session = create();
    const standing = stream();
    session.attach(standing);
    for (let spent = 0; spent < ABSOLUTE - IDLE; spent += IDLE) {
      clock.advance(IDLE);
      sessions.use(session.id);
    }
    expect(ended).toEqual([]);
    clock.advance(2 * IDLE);
    expect(ended).toEqual([session]);
    expect(standing.closed).toBe(true);
  });

  it('leaves no timer behind', () => {
    const { clock, sessions, create } = open();
    sessions.end(create());
    clock.advance(SLACK);
    expect(clock.waiting).toBe(0);
    create();
    sessions[Symbol.dispose]();
    expect(clock.waiting).toBe(0);
  });

  it('keeps what comes without a stream, each once, up to a bound', () => {
    verifies('SES-04', 'CAT-03');
    const { create } = open();
    const session = create();
    for (const text of ['a', 'b', 'a', 'c', 'd']) session.push(Buffer.from(text));
    const standing = stream();
    session.attach(standing);
    expect(standing.sent).toEqual(['b', 'c', 'd']);
  });
});

it('there are no more than the limit, and room again when one has ended', () => {
  verifies('SES-04');
  const { sessions, create } = open(2);
  const first = create();
  create();
  expect(() => create()).toThrow(/There are 2 sessions, which is the limit/);
  sessions.end(first);
  create();
});

it('ids are visible ASCII and never the same', () => {
  const { create } = open(1_000);
  const ids = Array.from({ length: 500 }, () => create().id);
  expect(new Set(ids).size).toBe(500);
  for (const id of ids) expect(id).toMatch(/^me\.[\w-]{22}\.[\w-]{16}$/);
});

describe('sessions of an earlier run', () => {
  /** What a run leaves behind when it is stopped. */
  function left() {
    const first = open();
    const session = first.create();
    session.logLevel = 'error';
    first.sessions[Symbol.dispose]();
    return { id: session.id, records: [...first.kept.values()] };
  }

  it('are kept when a run ends, and not when they do', () => {
    verifies('SES-03');
    expect(left().records).toMatchObject([{ principal: 'local', place: 'all', logLevel: 'error' }]);
    const { sessions, create, kept } = open();
    sessions.end(create());
    expect(kept.size).toBe(0);
  });

  it('are found by the id that only their client has', () => {
    verifies('SES-03');
    const { id, records } = left();
    const { sessions } = open(10, IDLE, records);
    expect(JSON.stringify(records)).not.toContain(id);
    expect(sessions.earlier(id, VIEW, THEIRS)).toBe(records[0]);
    expect(sessions.earlier(id, VIEW, accessOf(INSTANCE_ADMIN, []))).toBeUndefined();
    expect(sessions.earlier(id, VIEW, accessOf(LOCAL, [], ['another key', 'local']))).toBe(records[0]);
    expect(sessions.earlier(id, VIEW, accessOf(LOCAL, [], ['another key']))).toBeUndefined();
    for (const other of [`${id}x`, id.slice(0, -1), 'x', '', `${id.slice(0, 10)}${id.slice(11)}`])
      expect(sessions.earlier(other, VIEW, THEIRS), other).toBeUndefined();
  });

  it('do not come back where there is no room', () => {
    verifies('SES-03');
    const { id, records } = left();
    const { sessions, create } = open(1, IDLE, records);
    const other = create();
    expect(sessions.earlier(id, VIEW, THEIRS)).toBeUndefined();
    sessions.end(other);
    expect(sessions.earlier(id, VIEW, THEIRS)).toBe(records[0]);
  });

  it('are forgotten when nobody comes back for them in time', () => {
    verifies('SES-03', 'SES-04');
    const { id, records } = left();
    const { sessions, clock, kept } = open(10, IDLE, records);
    for (const record of records) kept.set(record.key, record);
    clock.advance(IDLE + SLACK);
    expect(sessions.earlier(id, VIEW, THEIRS)).toBeUndefined();
    expect(kept.size).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('are written again when they were used for a while, and not for each use', () => {
    verifies('SES-03');
    const { sessions, clock, create, kept } = open();
    const { id } = create();
    const written = (): number | undefined => [...kept.values()][0]?.lastUsedMs;
    const before = written() ?? 0;
    clock.advance(MINUTE);
    sessions.use(id);
    clock.advance(MINUTE);
    expect(written()).toBe(before);
    for (let minute = 0; minute < 5; minute++) {
      sessions.use(id);
      clock.advance(MINUTE);
    }
    expect(written()).toBeGreaterThan(before);
  });
});

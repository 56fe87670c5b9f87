// The same request with the same idempotency key again: nothing more is done, and the first answer comes again.

import { AgentRegistrationSchema, TaskSubmissionSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import type { Once } from '../../src/coordination/tasks/book.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh, STRANGER } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();
const once = (key: string, digest = 'd', principal = LOCAL.id): Once => ({ principal, key, digest });
const ada = AgentRegistrationSchema.parse({ id: 'ada' });

describe.each(stores)('on $name, an idempotency key', ({ freshUrl }) => {
  test('counts for what agents say of themselves', async () => {
    verifies('OPS-19', 'AGT-02', 'AGT-04');
    await using it = await openFresh(freshUrl());
    const { agents } = it;
    await agents.register(ada, LOCAL, once('register'));
    const first = await agents.report('ada', { status: 'working' }, LOCAL, once('report'));
    await agents.report('ada', { status: 'idle' }, LOCAL);
    expect(await agents.report('ada', { status: 'working' }, LOCAL, once('report'))).toMatchObject({
      id: 'ada',
      status: first.status,
    });
    expect(agents.get('ada').status).toBe('idle');
    await agents.setRole('ada', 'QA', LOCAL, once('role'));
    await agents.register(ada, LOCAL, once('register'));
    expect(agents.get('ada').role).toBe('QA');

    await agents.deregister('ada', LOCAL, once('leave'));
    await agents.register(ada, LOCAL);
    await agents.deregister('ada', LOCAL, once('leave'));
    expect(agents.get('ada').id).toBe('ada');
  });

  test('is used for one request only, and is that of one principal', async () => {
    verifies('OPS-19');
    await using it = await openFresh(freshUrl());
    await it.agents.register(ada, LOCAL, once('k'));
    const other = it.agents.report('ada', { status: 'idle' }, LOCAL, once('k', 'other'));
    await expect(other).rejects.toMatchObject({ details: { kind: 'key_reused' } });
    const task = TaskSubmissionSchema.parse({ description: 'work' });
    await expect(it.tasks.submit(task, LOCAL, once('k', 'task'))).rejects.toThrow(/another request/);
    await expect(it.agents.deregister('ada', LOCAL, once('k', 'gone'))).rejects.toThrow(/another request/);
    const taken = await it.tasks.submit(task, STRANGER, once('k', 'task', STRANGER.id));
    expect(taken.created_by).toBe(STRANGER.id);
  });

  test('asked for twice at the same time is answered twice and done once', async () => {
    verifies('OPS-19');
    await using it = await openFresh(freshUrl());
    const task = TaskSubmissionSchema.parse({ description: 'work' });
    const all = await Promise.all([
      ...[1, 2, 3].map(() => it.tasks.submit(task, LOCAL, once('task'))),
      ...[1, 2, 3].map(() => it.agents.register(ada, LOCAL, once('agent'))),
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2);
    expect((await it.tasks.list({ limit: 10 })).items).toHaveLength(1);
  });

  test('with a call for work brings the same task again, and asks anew where there was none', async () => {
    verifies('OPS-19', 'TSK-05');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const next = (key: string) => it.agents.next('ada', 0, LOCAL, signal, once(key, 'next'));
    expect(await next('one')).toBeUndefined();
    const { id } = await it.task({});
    expect(await next('one')).toMatchObject({ task: { id }, claim: 1 });
    await it.task({});
    expect(await next('one')).toMatchObject({ task: { id }, claim: 1 });
    expect((await next('two'))?.task.id).not.toBe(id);
  });
});

// Proofs and questions of a running Tutti, as agents, reviewers and people come to it: over HTTP and by the command line.
// The repository, the files and the tests are real.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiTaskSchema, NextTaskSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCli, runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import type { Gateway } from '../support/gateway.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { startGateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, BERT, callerWith, KEYS, type ApiCaller } from './work-world.ts';

const LEA = 'lea-leads-and-reviews-work';

let gateway: Gateway;
let repository: GitRepository;
let anna: ApiCaller;
let bert: ApiCaller;

beforeAll(async () => {
  repository = await createGitRepository({ 'tests.mjs': 'process.exit(1);\n' });
  gateway = await startGateway({
    servers: {},
    files: {
      'gateway.json': JSON.stringify({
        apiVersion: 'tutti.dev/v1alpha1',
        kind: 'Gateway',
        metadata: { name: 'gateway' },
        spec: {
          auth: {
            keys: [KEYS.anna, KEYS.bert, { name: 'lea', secret: '${LEA}', roles: ['agent', 'lead'] }],
          },
          coordination: {
            evidence: {
              roots: [{ name: 'code', path: repository.clone }],
              commands: [{ name: 'unit', root: 'code', command: process.execPath, args: ['tests.mjs'] }],
            },
          },
        },
      }),
    },
    env: { ANNA_KEY: ANNA, BERT_KEY: BERT, LEA },
  });
  anna = callerWith(gateway, ANNA);
  bert = callerWith(gateway, BERT);
}, 120_000);
afterAll(async () => {
  await gateway.close();
  await repository[Symbol.asyncDispose]();
}, 60_000);

const cliAs = (token: string, ...args: readonly string[]): Promise<CliResult> =>
  runCli(args, { env: { TUTTI_TOKEN: token, TUTTI_URL: gateway.url } });

let last = 0;
/** A task that anna's agent has, which takes one at a time. */
async function held(task: object): Promise<{ readonly agent: string; readonly id: string }> {
  const agent = `agent-${(last += 1)}`;
  await anna('POST', '/agents', { id: agent, capabilities: [agent], maxConcurrentTasks: 1 });
  return { agent, id: await given(agent, task) };
}

async function given(agent: string, task: object): Promise<string> {
  const id = `task-${(last += 1)}`;
  await bert('POST', '/tasks', { id, description: 'work', required_capabilities: [agent], ...task });
  const next = NextTaskSchema.parse((await anna('POST', `/agents/${agent}/next`, { wait_seconds: 30 })).body);
  expect(next.task?.id).toBe(id);
  return id;
}

const missing = (body: unknown): readonly string[] =>
  (ApiTaskSchema.parse(body).evidence?.missing ?? []).map(({ proof }) => proof);

describe('a task that demands proofs', () => {
  test('is completed when the commit, the tests, the file and the reviewer say so', async () => {
    verifies('TSK-11', 'OPS-04', 'OPS-05');
    const { agent, id } = await held({
      evidence: [
        { kind: 'commit_reachable', root: 'code', ref: 'origin/main' },
        { kind: 'tests_exit_code', command: 'unit', run_by: 'tutti' },
        { kind: 'file_hash', root: 'code', path: 'out.txt' },
        { kind: 'reviewer_approval', role: 'lead', separate: 'principal' },
      ],
    });
    const claimed = { agent_id: agent, claim: 1 };
    const early = await anna('POST', `/tasks/${id}/complete`, { ...claimed, result: 'done' });
    expect(early.body).toMatchObject({ status: 'waiting', reason: 'evidence' });
    // The tests were run, and are red; all that is missing is told at once, with what to do.
    const seen = ApiTaskSchema.parse((await bert('GET', `/tasks/${id}`)).body);
    expect(missing(seen)).toEqual(['commit_reachable', 'tests_exit_code', 'file_hash', 'reviewer_approval']);
    expect(seen.evidence?.missing[1]?.why).toContain('`unit` ended with 1 instead of 0');
    const described = await cliAs(BERT, 'describe', 'task', id);
    expect(described.stdout).toMatch(/\nMissing proofs:\n.*file_hash +file_hash +nothing was said of/s);
    expect((await cliAs(BERT, 'why', id)).stdout).toContain(`Next: ${agent} has to send the proofs`);

    const local = await repository.git('rev-parse', 'HEAD');
    await repository.git('commit', '--quiet', '--allow-empty', '-m', 'not pushed');
    const unpushed = (await repository.git('rev-parse', 'HEAD')).trim();
    expect(unpushed).not.toBe(local.trim());
    const say = (proof: string, more: object) => ({ proof, kind: proof, ...more });
    const stray = await anna('POST', `/tasks/${id}/prove`, {
      ...claimed,
      evidence: [say('commit_reachable', { commit: 'main' })],
    });
    expect(stray.status).toBe(400);
    const half = await anna('POST', `/tasks/${id}/prove`, {
      ...claimed,
      evidence: [say('commit_reachable', { commit: unpushed }), say('file_hash', { sha256: '0'.repeat(64) })],
    });
    expect(missing(half.body)).toEqual([
      'commit_reachable',
      'tests_exit_code',
      'file_hash',
      'reviewer_approval',
    ]);
    // Now the work is really done.
    const text = 'the result\n';
    const commit = await repository.push('mend', { 'tests.mjs': 'process.exit(0);\n', 'out.txt': text });
    const proven = await anna('POST', `/tasks/${id}/prove`, {
      ...claimed,
      evidence: [
        say('commit_reachable', { commit }),
        say('file_hash', { sha256: createHash('sha256').update(text).digest('hex') }),
      ],
    });
    expect(missing(proven.body)).toEqual(['reviewer_approval']);
    expect(proven.body).toMatchObject({ status: 'waiting', reason: 'approval' });
    expect((await anna('GET', `/agents/${agent}`)).body).toMatchObject({ current_tasks: 0 });

    expect(await cliAs(ANNA, 'approve', id)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/is waiting: approval: .*1 more do not count/),
    });
    const rejected = await cliAs(LEA, 'approve', id, '--reject', '--comment', 'say what it is');
    expect(rejected.stdout).toMatch(/is waiting: evidence: .*`lea` rejects it: say what it is/);
    expect((await anna('POST', `/tasks/${id}/prove`, claimed)).body).toMatchObject({ reason: 'approval' });
    expect(await cliAs(LEA, 'approve', id)).toMatchObject({
      exitCode: 0,
      stdout: `${id} is completed.\n`,
    });
    expect((await bert('GET', `/tasks/${id}`)).body).toMatchObject({ status: 'completed', result: 'done' });
    expect((await bert('GET', `/agents/${agent}`)).body).toMatchObject({ completed: 1, current_tasks: 0 });
    expect(await cliAs(LEA, 'approve', id)).toMatchObject({ exitCode: 4, stdout: '' });
  });

  test('leaves its agent free while others look at it', async () => {
    verifies('TSK-11', 'TSK-04');
    const { agent, id } = await held({ evidence: [{ kind: 'reviewer_approval' }] });
    await anna('POST', `/tasks/${id}/complete`, { agent_id: agent, claim: 1 });
    const other = await given(agent, {});
    expect((await anna('GET', `/agents/${agent}/tasks`)).body).toMatchObject({
      items: [{ task: { id: other } }],
    });
    // Its agent goes; what was done stays done.
    expect((await anna('DELETE', `/agents/${agent}`)).status).toBe(204);
    expect((await bert('GET', `/tasks/${other}`)).body).toMatchObject({ status: 'pending' });
    const approved = await bert('POST', `/tasks/${id}/approve`, {
      proof: 'reviewer_approval',
      decision: 'approve',
    });
    expect(approved.body).toMatchObject({ status: 'completed', assigned_agent_id: agent });
    await bert('POST', `/tasks/${other}/cancel`);
  });

  test.each([
    ['a root without a name', [{ kind: 'file_hash', path: 'x' }], 'evidence.0.root'],
    [
      'a path out of the root',
      [{ kind: 'file_hash', root: 'code', path: '../x' }],
      'must not leave the root',
    ],
    ['an option as a ref', [{ kind: 'commit_reachable', root: 'code', ref: '--all' }], 'must be the name of'],
    ['two of one name', [{ kind: 'reviewer_approval' }, { kind: 'reviewer_approval' }], 'is there already'],
    ['an unknown kind', [{ kind: 'promise' }], 'evidence.0.kind'],
  ])('with %s is refused', async (_, evidence, message) => {
    verifies('TSK-11');
    const { status, error } = await bert('POST', '/tasks', { description: 'work', evidence });
    expect(status).toBe(400);
    expect(error?.detail).toContain(message);
  });
});

describe('a person', () => {
  const ask = async (question: object): Promise<{ readonly agent: string; readonly id: string }> => {
    const one = await held({});
    const asked = await anna('POST', `/tasks/${one.id}/ask`, { agent_id: one.agent, claim: 1, ...question });
    expect(asked.body).toMatchObject({ status: 'waiting', reason: 'input' });
    return one;
  };
  const answered = async ({ agent, id }: { readonly agent: string; readonly id: string }): Promise<unknown> =>
    (await anna('POST', `/tasks/${id}/answered`, { agent_id: agent, claim: 1, wait_seconds: 30 })).body;

  test('chooses, takes the default, or declines', async () => {
    verifies('TSK-14', 'OPS-05');
    const colour = { prompt: 'Which colour?', type: 'choice', choices: ['red', 'blue'], default: 'blue' };
    const one = await ask(colour);
    expect((await cliAs(BERT, 'describe', 'task', one.id)).stdout).toMatch(
      /Question:\n +Asks +Which colour\?\n +Type +choice\n +Choices +red, blue\n +Default +"blue"/,
    );
    expect((await cliAs(BERT, 'answer', one.id, 'green')).exitCode).toBe(2);
    expect((await cliAs(BERT, 'answer', one.id, 'red')).exitCode).toBe(0);
    expect(await answered(one)).toEqual({ answered: true, response: 'red', cancelled: false, by: 'bert' });
    const two = await ask(colour);
    await cliAs(BERT, 'answer', two.id);
    expect(await answered(two)).toMatchObject({ response: 'blue' });
    const three = await ask(colour);
    await cliAs(BERT, 'answer', three.id, '--decline');
    expect(await answered(three)).toMatchObject({ answered: true, cancelled: true });
  });

  test('tells a secret that stands in no command line, and in nothing that others read', async () => {
    verifies('TSK-14');
    const one = await ask({ prompt: 'The password?', type: 'secret' });
    const env = { TUTTI_TOKEN: BERT, TUTTI_URL: gateway.url };
    await using answering = startCli(['answer', one.id, '-'], { env });
    answering.child.stdin.end('hunter2\n');
    expect((await answering.result).exitCode).toBe(0);
    expect(await answered(one)).toMatchObject({ response: 'hunter2' });
    const shown = await Promise.all(
      ['', '/history', '/why'].map(async (rest) => (await bert('GET', `/tasks/${one.id}${rest}`)).body),
    );
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});

test('a file that is written after it was proven does not count', async () => {
  verifies('TSK-11');
  const file = join(repository.clone, 'late.txt');
  await writeFile(file, 'one');
  const sha256 = createHash('sha256').update('two').digest('hex');
  const { agent, id } = await held({
    evidence: [{ kind: 'file_hash', root: 'code', path: 'late.txt', sha256 }],
  });
  const claimed = { agent_id: agent, claim: 1 };
  expect((await anna('POST', `/tasks/${id}/complete`, claimed)).body).toMatchObject({ reason: 'evidence' });
  await writeFile(file, 'two');
  expect((await anna('POST', `/tasks/${id}/prove`, claimed)).body).toMatchObject({ status: 'completed' });
});

// Questions of tools, put to a person: streams that say they are a terminal, in front of real servers of both eras.

import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { fixtureCommand } from '../../../../test/support/fixture.ts';
import { startGateway, type Gateway } from '../../../../test/support/gateway.ts';
import { verifies } from '../../../../test/verifies.ts';
import { createAsk } from '../../src/call/ask.ts';
import { contentLines } from '../../src/call/content.ts';
import { callTool } from '../../src/call/mcp-call.ts';
import { runCli } from '../run-cli.ts';

/** A person at a terminal. */
function createPerson(signal = new AbortController().signal) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  let text = '';
  let read = 0;
  stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return {
    terminal: { stdin, stderr, signal },
    shown: () => text,
    /** Waits for the prompt, then types. */
    async answer(prompt: string, line: string): Promise<void> {
      await eventually(() => text.indexOf(prompt, read) >= 0, { what: `"${prompt}" in ${text}` });
      read = text.length;
      stdin.write(`${line}\n`);
    },
    endInput: () => void stdin.end(),
  };
}

describe.each(['legacy', 'modern'] as const)('a tool of a %s server', (era) => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ servers: { f: fixtureCommand(era) } });
  });
  afterAll(() => gateway.close());

  async function call(
    tool: string,
    { terminal }: ReturnType<typeof createPerson>,
    argumentsText = '{}',
  ): Promise<string> {
    const result = await callTool({
      mcpUrl: gateway.mcpUrl,
      token: undefined,
      clientVersion: '1.0.0',
      tool: `f_${tool}`,
      argumentsText,
      paramHeaders: {},
      signal: terminal.signal,
      ask: createAsk(terminal),
      onProgress: () => {},
    });
    return contentLines(result).join('\n');
  }

  test('asks for fields, and gets them', async () => {
    verifies('OPS-05');
    const person = createPerson();
    const called = call('test_elicitation', person, '{"message":"Who are you?"}');
    await person.answer("The tool asks: Who are you?\n  User's response (string): ", '');
    await person.answer("  It needs an answer; Ctrl-D cancels.\n  User's response (string): ", 'ann');
    await person.answer("  User's email address (string): ", 'ann@example.com');
    const text = await called;
    expect(text).toContain('"username":"ann"');
    expect(text).toContain('"email":"ann@example.com"');
  });

  test('takes a default for nothing, and no value of another type', async () => {
    const person = createPerson();
    const called = call('test_elicitation_sep1034_defaults', person);
    await person.answer('name (string, default "John Doe", optional): ', '');
    await person.answer('age (integer, default 30, optional): ', 'many');
    await person.answer('  "age" must be an integer, and "many" is not.\n', '31');
    await person.answer('score (number, default 95.5, optional): ', '');
    await person.answer('status (active | inactive | pending, default "active", optional): ', 'no');
    await person.answer('  One of: active, inactive, pending\n', 'pending');
    await person.answer('verified (boolean, default true, optional): ', '');
    const text = await called;
    for (const part of [
      '"name":"John Doe"',
      '"age":31',
      '"score":95.5',
      '"status":"pending"',
      '"verified":true',
    ])
      expect(text).toContain(part);
  });

  test('learns that the person ended the input', async () => {
    const person = createPerson();
    const called = call('test_elicitation', person, '{"message":"Who are you?"}');
    await eventually(() => person.shown().includes('Who are you?'));
    person.endInput();
    expect(await called).toContain('cancel');
  });

  test('is left when the command is interrupted', async () => {
    const controller = new AbortController();
    const person = createPerson(controller.signal);
    const called = call('test_elicitation', person, '{"message":"Who are you?"}');
    await eventually(() => person.shown().includes('Who are you?'));
    controller.abort();
    await expect(called).rejects.toThrow();
  });

  test('says what to do where nobody can answer', async () => {
    const args = ['call', 'f_test_elicitation', 'message=hi', '--url', gateway.url];
    const { exitCode, stdout, stderr } = await runCli(args, { env: { TUTTI_TOKEN: gateway.token } });
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain(NOBODY_ANSWERS[era]);
  });
});

/** An old server hears of it during the call and puts it into its own words. */
const NOBODY_ANSWERS = {
  legacy: 'elicitation/create',
  modern: 'Call it on a terminal, where you can answer, or from an MCP client that supports it.',
} as const;

// A running Tutti that tests change by the command line, and what they see of it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiEventListSchema, ApiResourceListSchema, type ApiResource } from '@tutti/schemas';
import { runCli, startCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { faulty, type WrittenSpec } from '../faults/support/declared.ts';
import { isAlive, statusOf } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';

/** Runs a command against the gateway, with its token. */
export function tutti(gateway: Gateway, ...args: string[]): Promise<CliResult> {
  return runCli(args, optionsOf(gateway));
}

/** The same with a text on stdin. */
export async function tuttiWith(gateway: Gateway, text: string, ...args: string[]): Promise<CliResult> {
  await using command = startCli(args, optionsOf(gateway));
  command.child.stdin.end(text);
  return await command.result;
}

function optionsOf({ folder, url, token }: Gateway) {
  return { cwd: folder, env: { TUTTI_URL: url, TUTTI_TOKEN: token } };
}

/** The text of a declaration, as YAML. */
export function document(name: string, spec: WrittenSpec = faulty()): string {
  return `apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata: { name: ${name} }\nspec: ${JSON.stringify(spec)}\n`;
}

export function textOf(gateway: Gateway, path: string): Promise<string> {
  return readFile(join(gateway.configPath, path), 'utf8');
}

/** The process of a server that runs. */
export async function pidOf(gateway: Gateway, name: string): Promise<number> {
  const { pid } = await statusOf(gateway, name);
  if (pid === undefined) throw new Error(`${name} has no process`);
  return pid;
}

export function isGone(pid: number): Promise<true> {
  return eventually(async () => !(await isAlive(pid)), { timeoutMs: 30_000, what: `process ${pid} gone` });
}

export async function resourcesOf({ url }: Gateway): Promise<readonly ApiResource[]> {
  return ApiResourceListSchema.parse(await (await fetch(`${url}/api/v1/resources`)).json()).items;
}

/** `reason: message` of all events of a server. */
export async function eventsOf({ url }: Gateway, name: string): Promise<readonly string[]> {
  const answer = await (await fetch(`${url}/api/v1/events?name=${name}`)).json();
  return ApiEventListSchema.parse(answer).items.map(({ reason, message }) => `${reason}: ${message}`);
}

// A gateway with servers on ports of their own, and what can be seen of those.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiEventListSchema, ApiProblemListSchema, type ApiServer } from '@tutti/schemas';
import { declaration, declared, type WrittenSpec } from '../faults/support/declared.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../support/gateway.ts';
import { exchange } from '../support/raw-http.ts';

export const TOOL = 'test_simple_text';
export const CALL = JSON.stringify({ name: TOOL, arguments: {} });

export const gatewayText = (spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind: 'Gateway', metadata: { name: 'gateway' }, spec });

/** All ports that a test may be given. */
export const ANY_PORT = { from: 1_024, to: 65_535, reserved: [] };

export function withServers(
  servers: Readonly<Record<string, WrittenSpec>>,
  spec: object = { ports: ANY_PORT },
  more: GatewayOptions = {},
): Promise<Gateway> {
  return startGateway({ ...more, files: { ...declared(servers), 'gateway.json': gatewayText(spec) } });
}

export async function serverOf(gateway: Gateway, name: string): Promise<ApiServer> {
  const found = (await gateway.servers()).find((server) => server.name === name);
  if (found === undefined) throw new Error(`there is no server ${name}`);
  return found;
}

export async function portCondition(gateway: Gateway, name: string) {
  return (await serverOf(gateway, name)).status.conditions.find(({ type }) => type === 'PortOpen');
}

export const served = (gateway: Gateway, name: string, port: number): Promise<unknown> =>
  eventually(async () => (await serverOf(gateway, name)).portUrl === `http://127.0.0.1:${port}`, {
    what: `${name} on ${port}`,
  });

export const declare = (gateway: Gateway, name: string, spec: WrittenSpec): Promise<void> =>
  writeFile(join(gateway.configPath, `${name}.json`), declaration(name, spec));

export async function problems(gateway: Gateway): Promise<string[]> {
  const { items } = ApiProblemListSchema.parse(await (await fetch(`${gateway.url}/api/v1/problems`)).json());
  return items.map(({ path, line, message }) => `${path.split('/').at(-1)}:${line} ${message}`);
}

export async function eventsOf(gateway: Gateway, name: string, reason: string): Promise<string[]> {
  const { items } = ApiEventListSchema.parse(await (await fetch(`${gateway.url}/api/v1/events`)).json());
  return items
    .filter((event) => event.name === name && event.reason === reason)
    .map(({ message }) => message);
}

export async function refuses(port: number): Promise<boolean> {
  const answer = await exchange(`http://127.0.0.1:${port}/mcp`, { method: 'GET', headers: {} }).catch(
    () => undefined,
  );
  return answer === undefined;
}

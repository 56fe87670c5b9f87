// The client under test is the gateway. This starts it with the suite's server (the last argument) as its upstream
// and does, through it, what the scenario wants done.

import { startGateway } from '../support/gateway.ts';
import { perform } from './client-performance.ts';

const upstream = process.argv.at(-1) ?? '';
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const context: unknown = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? 'null');

await using gateway = await startGateway({
  servers: { upstream: { type: 'http', url: upstream } },
  withoutTools: true,
});
try {
  await perform(scenario, gateway.serverUrl('upstream'), context);
} catch (error) {
  console.error(error);
  console.error(gateway.process.output());
  process.exitCode = 1;
}

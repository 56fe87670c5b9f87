// A small MCP server over Streamable HTTP, as one might write one today: protocol 2026-07-28, no sessions, bound to
// loopback. Tutti starts it and waits until the port answers.

import { createServer } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';

const port = Number(process.argv[2]);

function createDice() {
  const server = new McpServer({ name: 'dice', version: '1.0.0' });
  server.registerTool(
    'roll',
    {
      description: 'Rolls dice and adds them up.',
      inputSchema: fromJsonSchema({
        type: 'object',
        properties: {
          count: { type: 'integer', minimum: 1, maximum: 100, default: 1, description: 'How many dice.' },
          sides: { type: 'integer', minimum: 2, maximum: 1000, default: 6, description: 'Sides of each.' },
        },
      }),
    },
    async ({ count = 1, sides = 6 }) => {
      const rolls = Array.from({ length: count }, () => randomInt(1, sides + 1));
      const sum = rolls.reduce((total, roll) => total + roll, 0);
      return { content: [{ type: 'text', text: `${rolls.join(' + ')} = ${sum}` }] };
    },
  );
  server.registerTool(
    'wait',
    {
      description: 'Waits and reports its progress every second.',
      inputSchema: fromJsonSchema({
        type: 'object',
        properties: { seconds: { type: 'integer', minimum: 1, maximum: 60, default: 5 } },
      }),
    },
    async ({ seconds = 5 }, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= seconds; progress += 1) {
        await sleep(1_000, undefined, { signal: context.mcpReq.signal });
        if (progressToken === undefined) continue;
        const params = { progressToken, progress, total: seconds, message: 'waiting' };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
      }
      return { content: [{ type: 'text', text: `Waited ${seconds} s.` }] };
    },
  );
  return server;
}

const handle = toNodeHandler(createMcpHandler(createDice));
const hostIsLocal = localhostHostValidation();
const originIsLocal = localhostOriginValidation();

createServer((request, response) => {
  if (request.url === '/mcp' && hostIsLocal(request, response) && originIsLocal(request, response)) {
    void handle(request, response);
  } else if (!response.headersSent) {
    response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1', () => console.error(`dice: listening on http://127.0.0.1:${port}/mcp`));

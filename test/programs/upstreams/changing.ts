// A stdio server whose tools stand in a file: node --conditions=@tutti/source changing.ts FILE legacy|modern.
// Whoever changes the file changes what the server says of its tools; it tells its client each time.

import { readFileSync, watchFile } from 'node:fs';
import { Server } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { anything } from '../fixture/anything.ts';

const [file = '', era = 'legacy'] = process.argv.slice(2);
const POLL_MS = 30;

function createServer(): Server {
  const server = new Server(
    { name: 'changing', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler('tools/list', { params: anything }, async () => ({
    tools: JSON.parse(readFileSync(file, 'utf8')),
    ttlMs: 0,
    cacheScope: 'private',
  }));
  server.setRequestHandler('tools/call', { params: anything }, async ({ name }) => ({
    content: [{ type: 'text', text: `called ${String(name)}` }],
  }));
  watchFile(file, { interval: POLL_MS }, () => {
    server.notification({ method: 'notifications/tools/list_changed' }).catch(() => {
      // The client has gone; there is nobody to tell.
    });
  });
  return server;
}

if (era === 'legacy') await createServer().connect(new StdioServerTransport());
else serveStdio(() => createServer(), { legacy: 'reject' });

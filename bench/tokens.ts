// node --conditions=@tutti/source bench/tokens.ts [--write]
// What a model has to read of real servers' tools, in both context modes, by a real tokenizer. See docs/guides/context.md.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { openClient } from './load/client-session.ts';
import { benchFile } from './targets/bare.ts';
import { SOURCE_BIN, startTutti, type ServerConfig } from './targets/tutti.ts';

const PAGE = benchFile('../docs/guides/context.md');
const BEGIN = '<!-- tokens: begin (written by bench/tokens.ts --write) -->';
const END = '<!-- tokens: end -->';
const START_TIMEOUT_MS = 60_000;

/** A task that needs one tool: what is searched, and what comes back. */
const TASK = { query: 'read the contents of a file', limit: 5 };

const require = createRequire(import.meta.url);
const binOf = (name: string): string => require.resolve(`@modelcontextprotocol/${name}/dist/index.js`);

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const folder = await mkdtemp(join(tmpdir(), 'tutti-tokens-'));
try {
  const rendered = await measure();
  console.log(rendered);
  if (values.write) await write(rendered);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<string> {
  const node = (name: string, ...args: string[]): ServerConfig => ({
    command: process.execPath,
    args: [binOf(name), ...args],
  });
  const servers = {
    everything: node('server-everything'),
    files: node('server-filesystem', folder),
    memory: node('server-memory'),
    thinking: node('server-sequential-thinking'),
  };
  await using tutti = await startTutti({ folder, servers, bin: SOURCE_BIN });
  const client = await openClient(`${tutti.url}?mode=direct`);
  const names = await tutti.running.waitFor(async () => {
    const tools = await client.listTools();
    const isWhole = Object.keys(servers).every((name) => tools.some((tool) => tool.startsWith(`${name}_`)));
    return isWhole ? tools : undefined;
  }, START_TIMEOUT_MS);
  const searching = await openClient(`${tutti.url}?mode=search`);
  const whole = tokens(await client.fetchPage(undefined));
  const few = tokens(await searching.fetchPage(undefined));
  const found = await searching.call('search_tools', TASK);
  const described = await searching.call('describe_tool', { name: 'files_read_text_file' });
  const onTheWay = tokens(found) + tokens(described);
  const saved = (share: number): string => `${((1 - share / whole) * 100).toFixed(0)} %`;
  return [
    `${Object.keys(servers).length} servers, ${names.length} tools; tokens of o200k_base.`,
    '',
    '| what a model reads | tokens | saved |',
    '| --- | --- | --- |',
    `| \`direct\`: the list of all tools | ${whole} | |`,
    `| \`search\`: the list of the search tools | ${few} | ${saved(few)} |`,
    `| \`search\`: the same, one search and one description | ${few + onTheWay} | ${saved(few + onTheWay)} |`,
  ].join('\n');
}

function tokens(text: string): number {
  return encode(text).length;
}

async function write(rendered: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${PAGE} has no place for the results`);
  await writeFile(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${rendered}\n\n${page.slice(end)}`);
}

// A fast MCP server on stdio: all answers to one chunk of input leave in one write.
// node bench/upstreams/stdio.ts [--era legacy|modern] [--tools N]

import { parseArgs } from 'node:util';
import { eraOf } from '../load/requests.ts';
import { createAnswer, toolSpecs } from './answers.ts';

const { values } = parseArgs({
  options: { era: { type: 'string', default: 'legacy' }, tools: { type: 'string', default: '2' } },
});
const tools = toolSpecs(Number(values.tools));
const answer = createAnswer(eraOf(values.era), () => tools);

const NEWLINE = Buffer.from('\n');
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  const out: Buffer[] = [];
  for (const line of lines) {
    const reply = line === '' ? undefined : answer(line);
    if (reply !== undefined) out.push(reply, NEWLINE);
  }
  if (out.length > 0) process.stdout.write(Buffer.concat(out));
});
process.stdin.on('end', () => process.exit(0));

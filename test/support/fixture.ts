// Starts the fixture server of test/programs/fixture, or says how to.

import { z } from 'zod';
import { firstLine, nodeArgs, startProcess, type TestProcess } from './process.ts';

const MAIN = new URL('../programs/fixture/main.ts', import.meta.url);

export type FixtureEra = 'legacy' | 'modern' | 'both';

/** A server entry for Tutti's configuration that runs the fixture over stdio. */
export function fixtureCommand(
  era: FixtureEra,
  ...more: string[]
): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: nodeArgs(MAIN, '--transport', 'stdio', '--era', era, ...more) };
}

export interface HttpFixture extends AsyncDisposable {
  readonly url: string;
  readonly process: TestProcess;
  close(): Promise<void>;
}

/** The fixture over Streamable HTTP, on a port of its own unless `port` says which. */
export async function startHttpFixture(era: FixtureEra, port = 0, ...more: string[]): Promise<HttpFixture> {
  const args = nodeArgs(MAIN, '--transport', 'http', '--era', era, '--port', String(port), ...more);
  const fixture = startProcess(process.execPath, args);
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(await firstLine(fixture)));
  return { url, process: fixture, close: fixture.close, [Symbol.asyncDispose]: fixture.close };
}

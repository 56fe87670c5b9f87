// `tutti import [WHAT]`: takes over the servers that MCP clients know, each into a file of its own under tutti/.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { problemLine, type McpServerResource } from '@tutti/schemas';
import type { Command } from 'commander';
import { ENTRY_NAME, IMPORT_PLACES } from '../clients/clients.ts';
import { literalSecrets } from '../clients/literal-secrets.ts';
import type { CliContext } from '../context.ts';
import { declareHere, fromHere } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { count } from '../output/words.ts';
import { CliError } from '../report-error.ts';
import { documentText, serverDocument } from '../server-document.ts';
import { writeNewFile } from '../write-new-file.ts';
import { writtenSpec } from '../written-spec.ts';

export function registerImport(program: Command, context: CliContext): void {
  program
    .command('import')
    .argument('[what]', 'claude, cursor, vscode, codex, or a file; without it every client that is found')
    .description('take over the servers of your MCP clients')
    .action(async (what: string | undefined) => {
      const places = placesOf(context, what);
      await declareHere(context, () => importServers(context, places), places);
    });
}

async function importServers(context: CliContext, places: readonly string[]): Promise<void> {
  const found = (
    await Promise.all(places.map(async (path) => ({ path, text: await readIfThere(path) })))
  ).filter((place): place is { path: string; text: string } => place.text !== undefined);
  if (found.length === 0) {
    throw new CliError(EXIT.notFound, 'There is nothing to import.', [
      'Looked at:',
      ...places.map((path) => `  ${path}`),
    ]);
  }
  const { readDocuments } = await import('@tutti/server/offline');
  let written = 0;
  for (const { path, text } of found) {
    // A folder's rule: a client's own settings may hold no servers at all.
    const { servers, problems } = readDocuments(path, text, { inFolder: true });
    const relevant = problems.filter(({ field = '' }) => !field.endsWith(`.${ENTRY_NAME}`));
    context.stderr.write(
      relevant
        .map((one) => problemLine(fromHere(context, one)))
        .map((line) => `${line}\n`)
        .join(''),
    );
    if (relevant.some(({ severity }) => severity === 'error')) context.setExitCode(EXIT.usage);
    for (const server of servers) if (await writeServer(context, server)) written += 1;
  }
  context.stdout.write(`${count(written, 'server')} imported into tutti/. Check with: tutti validate\n`);
}

/** Whether the server got a file; one that is there already is left alone. */
async function writeServer(
  context: CliContext,
  { name, annotations, spec, origin }: McpServerResource,
): Promise<boolean> {
  const file = join('tutti', `${name}.yaml`);
  // The folder of the client's file is not where the server was meant to run; any other was asked for.
  const { workdir, ...elsewhere } = spec;
  const document = serverDocument(
    name,
    writtenSpec(workdir === dirname(origin.path) ? elsewhere : spec),
    annotations,
  );
  try {
    await writeNewFile(join(context.cwd, file), documentText(document));
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.refused) throw error;
    context.stdout.write(`${file} is there already; ${name} of ${origin.path} was skipped\n`);
    return false;
  }
  context.stdout.write(`${file} from ${origin.path}:${origin.line}\n`);
  for (const { field, variable } of literalSecrets(spec)) {
    context.stderr.write(
      `${file}: ${field} holds a secret; better write \${${variable}} and set that variable\n`,
    );
  }
  return true;
}

function placesOf(context: CliContext, what: string | undefined): string[] {
  const places = { home: homedir(), platform: process.platform, env: context.env };
  if (what === undefined) return Object.values(IMPORT_PLACES).flatMap((find) => find(places, context.cwd));
  return IMPORT_PLACES[what]?.(places, context.cwd) ?? [resolve(context.cwd, what)];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

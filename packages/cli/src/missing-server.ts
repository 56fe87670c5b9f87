// A server that is not there: say which name was probably meant.

import { TuttiApiError, type TuttiClient } from '@tutti/sdk';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';
import { suggest } from './suggest.ts';

/** Runs the request; when the API knows no server of the name, the error names those it knows. */
export async function explainMissingServer<T>(
  client: TuttiClient,
  name: string,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof TuttiApiError) || error.code !== 'not_found') throw error;
    throw missing(
      'server',
      name,
      (await client.servers()).map((server) => server.name),
    );
  }
}

/** Says which name was probably meant, and which there are. */
export function missing(kind: string, name: string, known: readonly string[], more?: string): CliError {
  const similar = suggest(name, known);
  const list = known.length === 0 ? `There is none.` : `There are: ${known.join(', ')}.`;
  const help = similar === undefined ? list : `Did you mean "${similar}"? ${list}`;
  return new CliError(EXIT.notFound, `There is no ${kind} "${name}".`, [
    help,
    ...(more === undefined ? [] : [more]),
  ]);
}

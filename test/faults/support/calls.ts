// Calls whose answers can be told apart, and a bystander that keeps calling while something else goes wrong.

import { memberText } from '../../support/json-text.ts';
import { modernRequest, type LegacyClient, type RawAnswer } from '../../support/raw-client.ts';

let lastNonce = 0;

export function call(name: string, args: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ name, arguments: args });
}

/** Calls `echo` with a nonce of its own; fails unless that very nonce comes back. */
export async function echo(url: string): Promise<void> {
  const nonce = `n${(lastNonce += 1)}`;
  checkEcho(await modernRequest(url, 'tools/call', call('echo', { nonce })), nonce);
}

export async function echoOn(client: LegacyClient): Promise<void> {
  const nonce = `n${(lastNonce += 1)}`;
  checkEcho(await client.request('tools/call', call('echo', { nonce })), nonce);
}

function checkEcho(answer: RawAnswer, nonce: string): void {
  if (answer.result === undefined) throw new Error(`no echo: ${answer.status} ${String(answer.body)}`);
  const came = memberText(answer.result, 'structuredContent', 'nonce');
  if (came !== JSON.stringify(nonce)) throw new Error(`${nonce} came back as ${came}`);
}

/** The text of the error of an answer. */
export function errorText({ error, status, body }: RawAnswer): string {
  if (error === undefined) throw new Error(`no error: ${status} ${String(body).slice(0, 500)}`);
  return String(JSON.parse(memberText(error, 'message') ?? '""'));
}

export interface Bystander {
  /** Stops it; how many calls were answered, all of them rightly. */
  stop(): Promise<number>;
}

/** Calls `echo` there, one call after another, until it is stopped. */
export function startBystander(url: string): Bystander {
  let answered = 0;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await echo(url);
      answered += 1;
    }
  };
  const running = run();
  // Its failure is told by `stop`.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await running;
      return answered;
    },
  };
}

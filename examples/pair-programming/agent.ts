// An agent with a work tree. What a model would decide is decided by whoever calls it.

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TuttiClient } from '@tutti/sdk';
import type { WorkTree } from './repository.ts';

export interface Agent {
  readonly id: string;
  /** Waits in line until the file is its own. */
  lease(file: string, reason: string): Promise<void>;
  release(file: string): Promise<void>;
  append(file: string, line: string): Promise<void>;
  commit(message: string): Promise<void>;
  /** Why not; undefined: it went well. */
  tryToCommit(message: string): Promise<string | undefined>;
  /** Throws away what is not committed. */
  undo(): Promise<void>;
  /** Goes on from what main has now. */
  takeOver(): Promise<void>;
  /** Puts its commits on main, which must not have gone on meanwhile. */
  merge(): Promise<void>;
}

export interface AgentOptions {
  readonly id: string;
  readonly tree: WorkTree;
  readonly client: TuttiClient;
  readonly say: (text: string) => void;
}

/** A call waits for at most so long; the place in line is kept until the next one. */
const WAIT_SECONDS = 45;

export function createAgent({ id, tree, client, say }: AgentOptions): Agent {
  return {
    id,
    async lease(file, reason) {
      const request = { agent_id: id, paths: [file], reason };
      let answer = await client.leases.acquire(request);
      if (answer.status !== 'acquired') say(`${id} waits: ${answer.message ?? ''}`);
      while (answer.status !== 'acquired')
        answer = await client.leases.acquire({ ...request, wait_seconds: WAIT_SECONDS });
      say(`${id} has ${file} (fence ${answer.lease?.fence}).`);
    },
    async release(file) {
      await client.leases.release({ agent_id: id, paths: [file] });
    },
    append: (file, line) => appendFile(join(tree.path, file), `${line}\n`),
    async commit(message) {
      await tree.git('commit', '--quiet', '-am', message);
    },
    tryToCommit: (message) =>
      tree.git('commit', '--quiet', '-am', message).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    async undo() {
      await tree.git('reset', '--quiet', '--hard');
    },
    async takeOver() {
      await tree.git('rebase', '--quiet', 'main');
    },
    async merge() {
      // Refused where it would not simply go on from main.
      await tree.git('push', '--quiet', '.', `${id}:main`);
    },
  };
}

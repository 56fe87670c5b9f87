// Which instance knows a task. What runs in a process is known to that process alone, and what was made in a client's own
// session to that session; such an instance gets a name, which stands in the handles of its tasks. A task made in the
// session that all share at an HTTP server has no home: whatever session they share later is asked for it.

import { randomBytes } from 'node:crypto';
import type { Instance } from '../upstream/instance.ts';
import type { Pool } from '../upstream/pool.ts';
import type { TaskRef } from './handles.ts';

export type Home =
  /** The instance to ask; undefined: whichever the caller gets. */
  { readonly kind: 'there'; readonly instance: Instance | undefined } | { readonly kind: 'gone' };

const ANYWHERE: Home = { kind: 'there', instance: undefined };
const GONE: Home = { kind: 'gone' };
const NAME_BYTES = 6;

export class TaskHomes {
  readonly #pool: Pool;
  readonly #names = new Map<Instance, string>();
  readonly #instances = new Map<string, Instance>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The task that the instance knows by this id. */
  refOf(instance: Instance, id: string): TaskRef {
    return { server: instance.server, home: this.#nameOf(instance), id };
  }

  find({ server, home }: TaskRef): Home {
    const instance = home === '' ? this.#pool.slot(server)?.shared : this.#instances.get(home);
    if (instance !== undefined && instance.state !== 'closed') return { kind: 'there', instance };
    return home !== '' && this.#isProcess(server) ? GONE : ANYWHERE;
  }

  /** An instance that alone knows a task is not closed for being idle. */
  keep(ref: TaskRef, untilMs: number): void {
    const home = this.find(ref);
    if (home.kind === 'there' && home.instance !== undefined)
      home.instance.keepUntilMs = Math.max(home.instance.keepUntilMs, untilMs);
  }

  #nameOf(instance: Instance): string {
    if (instance.scope.key === 'shared' && !this.#isProcess(instance.server)) return '';
    const known = this.#names.get(instance);
    if (known !== undefined) return known;
    for (const [other, name] of this.#names) {
      if (other.state !== 'closed') continue;
      this.#names.delete(other);
      this.#instances.delete(name);
    }
    const name = randomBytes(NAME_BYTES).toString('base64url');
    this.#names.set(instance, name);
    this.#instances.set(name, instance);
    return name;
  }

  #isProcess(server: string): boolean {
    return this.#pool.slot(server)?.entry.transport === 'stdio';
  }
}

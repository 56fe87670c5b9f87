// What should run, as the reconciler needs it: the declaration together with what its variables came to.

import type { McpServerResource, PinPolicy } from '@tutti/schemas';
import type { Suspension } from '../../resources/suspension.ts';
import type { FamilyMembership } from '../../snapshot/types.ts';

export interface Desired {
  readonly resource: McpServerResource;
  /** What the exposed names of its tools and prompts begin with. */
  readonly prefix: string;
  /** What is done about tools that are not as they were approved. */
  readonly pins: PinPolicy;
  /** Absent for a server that is in no family. */
  readonly family?: FamilyMembership;
  /** By whom it is suspended or kept in service, if not by its declaration alone. */
  readonly suspension?: Suspension;
  /** Names of variables that nothing gives a value; while there are any, nothing is started. */
  readonly unresolved: readonly string[];
  /** Why it may not run beside the others, if so: one of them has its port. */
  readonly conflict: string | undefined;
  /** Digest over the resolved command, args, env, workdir, url and headers: a new one means another process. */
  readonly identityDigest: string;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
}

/** The declarations in force. Complete from the start: whoever makes it has waited for its sources. */
export interface DesiredServers {
  list(): readonly Desired[];
  get(name: string): Desired | undefined;
  /** Called with the name of each server that was added, changed or removed. Dispose to stop. */
  watch(listener: (name: string) => void): Disposable;
}

// The one path by which a running Tutti is changed: the API, the command line and Tutti's own tools all come through
// here, so that the same things are checked, refused, stored and told of whoever asks. It stands in app/ because it joins
// what no other room may: the database, the files that declare, and the reconciler.
//
// What holds for every change:
// - It is on disk when the promise resolves, and it is in force: the next status tells of it. When the promise rejects
//   with an AppError nothing of it happened.
// - Changes are made one at a time, in the order in which they were asked for.
// - `by` is the id of the caller; it is kept and shown.

import type {
  ApiApproval,
  ApiPin,
  ApiApplied,
  ApiProblem,
  ApiResource,
  ApiResourceKind,
  ApiSuspended,
} from '@tutti/schemas';
import type { Problem } from '../../resources/problem.ts';
import type { ScopeContent } from '../../resources/store.ts';

/** Documents to declare: as text, YAML or JSON in any format that files may have, or as values. */
export type Documents =
  | {
      readonly text: string;
      /** What messages call the place; `-` when left out. Its extension tells the syntax, where it has one. */
      readonly path?: string | undefined;
    }
  | { readonly documents: readonly unknown[]; readonly path?: string | undefined };

export interface Foreseen {
  readonly changes: ReadonlyMap<string, ScopeContent>;
  /** Servers of which the documents say whether they are suspended, against what was commanded. */
  readonly overruled: readonly string[];
  readonly problems: readonly Problem[];
}

export interface Control {
  /** Declares all of the documents, or none. Rejects with `invalid_config` (an InvalidDocumentsError, which has the
   *  problems with path and line), with `refused` when a name belongs to files or git, or with `too_large`. */
  apply(documents: Documents, by: string): Promise<ApiApplied>;
  /** What apply would say to the documents; changes nothing. With errors among them apply would reject. */
  check(documents: Documents): readonly ApiProblem[];
  /** What `apply` would put into force, by scope; nothing with errors among the problems. Changes nothing. */
  foresee(documents: Documents): Foreseen;
  /** Takes back what the API declared; what files or git declare of that name comes into force. */
  remove(kind: ApiResourceKind, name: string, by: string): Promise<void>;
  /** All that is declared, wherever, with origin and suspension; what is shadowed or invalid is there too. */
  resources(): readonly ApiResource[];
  resource(kind: ApiResourceKind, name: string): ApiResource | undefined;
  /** What the API declared, as it was written; it may hold secrets. Undefined: it declared nothing of that name. */
  document(
    kind: ApiResourceKind,
    name: string,
  ): { readonly spec: Readonly<Record<string, unknown>> } | undefined;

  /** Takes the server out of service until somebody resumes it, over restarts of Tutti too. */
  suspend(server: string, by: string): Promise<ApiSuspended>;
  /** Takes a suspension back. A server with `autoStart: false` is not started by that. */
  resume(server: string, by: string): Promise<ApiSuspended>;
  /** `resume`, and the server runs, with `autoStart: false` too; one that runs is left alone. */
  start(server: string, by: string): Promise<ApiSuspended>;
  /** The same as `suspend`. */
  stop(server: string, by: string): Promise<ApiSuspended>;
  /** Starts the server anew; one that is suspended is resumed. */
  restart(server: string, by: string): Promise<void>;
  /** Ends the connection or process and opens a new one; rejects with `conflict` for a suspended server. */
  reconnect(server: string): Promise<void>;
  /** Approves what tools of a server say of themselves now; resolves with those that were not approved before. Rejects
   *  with `conflict` for one that changed since it was looked at. */
  approvePins(server: string, approval: ApiApproval, by: string): Promise<readonly ApiPin[]>;
  /** Reads all sources again now. */
  reload(): Promise<void>;
}

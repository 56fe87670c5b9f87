// What is kept of approvals. A pin outlives its tool and its server: what comes back is compared with what was approved.

export interface Pin {
  /** The server's own name of the tool. */
  readonly tool: string;
  /** Of the definition that was approved. */
  readonly digest: string;
  /** That definition as canonical JSON; empty when it is too long to be kept. */
  readonly definition: string;
  readonly approvedAtMs: number;
  /** Who approved it: a caller's id, or FIRST_SIGHT. */
  readonly approvedBy: string;
}

export interface PinStore {
  /** By server: the digest of the list all of whose tools are approved. */
  approvedLists(): Promise<ReadonlyMap<string, string>>;
  /** The digests of what is approved of one server, by tool. */
  digests(server: string): Promise<ReadonlyMap<string, string>>;
  /** All pins of one server, sorted by tool. */
  pins(server: string): Promise<readonly Pin[]>;
  /** Of what is approved of one server: it is another one after each change. */
  version(server: string): Promise<number>;
  /** Puts these pins in the place of those of the same tools; no list is wholly approved any more but this one. Resolves
   *  with true when it is on disk; with false, and nothing done, when the version is not the one that was seen. */
  approve(
    server: string,
    pins: readonly Pin[],
    list: string | undefined,
    seen: number | undefined,
  ): Promise<boolean>;
  /** Every tool of this list is approved. False, and nothing done, when the version is not the one that was seen. */
  setApprovedList(server: string, list: string, seen: number): Promise<boolean>;
  /** Forgets the server. */
  remove(server: string): Promise<void>;
  /** Calls back for each change of another host since the approved lists were read. Dispose to stop. */
  watch(changed: PinsChanged): AsyncDisposable;
}

/** `list`: the one all of whose tools are approved now. */
export type PinsChanged = (server: string, list: string | undefined) => void;

/** Approved because nothing was known of the server before. */
export const FIRST_SIGHT = 'first-sight';

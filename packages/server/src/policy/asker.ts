/** Whose state of a server is asked for. */
export interface Asker {
  /** The id of the principal. */
  readonly principal: string;
  /** Of a client of the old era; undefined for everybody else. */
  readonly sessionKey: string | undefined;
}

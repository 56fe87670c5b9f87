// A lease, and a place in line for one, as the store has them.

export interface LeaseRow {
  id: string;
  space: string;
  agent_id: string;
  task_id: string | null;
  mode: string;
  /** JSON: a list of texts. */
  patterns: string;
  fence: number;
  reason: string;
  ttl_ms: number;
  since_ms: number;
}

/** Whoever is waiting, or was and asks again soon. */
export interface TicketRow {
  id: string;
  space: string;
  agent_id: string;
  task_id: string | null;
  mode: string;
  patterns: string;
  reason: string;
  ttl_ms: number;
  /** Its place: the lower, the sooner. */
  seq: number;
  since_ms: number;
  /** Its place is kept until then. */
  keep_ms: number;
}

export interface LeaseTables {
  leases_leases: LeaseRow;
  leases_tickets: TicketRow;
}

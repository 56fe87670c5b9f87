// What hosts are asked to do with leases. A write is a line in a file that all hosts append to: the order of its lines is
// the order in which the writes happened.

import { appendFileSync } from 'node:fs';
import { LeaseReleaseSchema, LeaseRequestSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Coordination } from '../../../src/coordination/coordination.ts';
import { LOCAL } from '../support/open-on.ts';

const WriteSchema = z.object({
  agent: z.string(),
  file: z.string(),
  fence: z.number(),
  log: z.string(),
});

export const WrittenSchema = WriteSchema.omit({ log: true });
export type Written = z.infer<typeof WrittenSchema>;

export function leaseOps({
  leases,
}: Pick<Coordination, 'leases'>): Readonly<
  Record<string, (args: unknown, signal: AbortSignal) => Promise<unknown>>
> {
  return {
    acquire: (args, signal) => leases.acquire(LeaseRequestSchema.parse(args), LOCAL, signal),
    unlease: (args) => leases.release(LeaseReleaseSchema.parse(args), LOCAL),
    async write(args) {
      const { log, ...written } = WriteSchema.parse(args);
      const { agent: agentId, file, fence } = written;
      return await leases.write({ space: 'default', agentId, paths: [file], fence }, LOCAL, () => {
        appendFileSync(log, `${JSON.stringify(written)}\n`);
        return true;
      });
    },
  };
}

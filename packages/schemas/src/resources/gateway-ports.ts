// Which ports servers may be served on by themselves, and where those listen.

import { z } from 'zod';
import { hostName } from './host-name.ts';

const MAX_RESERVED = 1_000;

const port = z.int().min(1).max(65_535);

export const gatewayPortsSchema = z
  .strictObject({
    from: port.prefault(3_001).describe('The first port that a server may have.'),
    to: port.prefault(3_010).describe('The last one.'),
    reserved: z
      .array(port)
      .max(MAX_RESERVED)
      .prefault([3_000])
      .describe('Ports that are kept for something else.'),
    host: hostName
      .optional()
      .describe('The address that these ports listen on; where Tutti itself listens when left out.'),
  })
  .superRefine(({ from, to }, context) => {
    if (context.issues.length > 0 || from <= to) return;
    const message = `\`${to}\` is before \`${from}\` of \`from\`; swap them or correct one`;
    context.addIssue({ code: 'custom', path: ['to'], message });
  })
  .describe('Ports that servers may be served on by themselves.');

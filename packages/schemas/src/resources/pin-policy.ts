// What is done about tools whose definitions are not the ones that were approved.

import { z } from 'zod';

export const PIN_POLICIES = ['off', 'flag', 'hold', 'strict'] as const;

/**
 * `flag`: what a server shows first is approved; what changes or comes later is told of and served. `hold`: it is kept
 * out of the catalog until somebody approves it. `strict`: so is what a server shows first. `off`: nothing is compared.
 */
export const pinPolicySchema = z.enum(PIN_POLICIES);

export type PinPolicy = z.output<typeof pinPolicySchema>;

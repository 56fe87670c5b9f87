// What is said to the second one who wants a store for itself.

import { StoreError } from './store-error.ts';

const ADVICE = 'use that one, stop it first, or give this one a store of its own with TUTTI_STORE';
/** For a host that comes twice, which is a state folder that was copied. */
export const SAME_REPLICA_ADVICE =
  'use that one, or start this one with a state folder of its own (in one that was copied from another host, remove the file `replica`)';

export function heldError(holder: string | undefined, advice = ADVICE): StoreError {
  return new StoreError(
    'held',
    `another Tutti has it: ${holder ?? 'it is starting or stopping'}; ${advice}`,
    { details: { holder } },
  );
}

// What is said to the second one who wants a store for itself.

import { StoreError } from './store-error.ts';

export function heldError(holder: string | undefined): StoreError {
  return new StoreError(
    'held',
    `another Tutti has it: ${holder ?? 'it is starting or stopping'}; use that one, stop it first, or give this one a store of its own with TUTTI_STORE`,
    { details: { holder } },
  );
}

// The name of a variable of the environment, where declarations are allowed some.

import { z } from 'zod';

/** Names in one list of what is allowed. */
export const MAX_ALLOWED_NAMES = 100;

export const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'not the name of a variable; write `NAME`');

// The one Zod of a process that runs published packages (scripts/build.ts).

export { z } from 'zod';

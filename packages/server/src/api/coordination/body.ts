// Bounds of the bodies of requests about agents and tasks.

import { MAX_TASK_CONTENT_BYTES } from '@tutti/schemas';

/** Bytes of a body that carries content; what it carries has a limit of its own below this. */
export const MAX_TASK_BODY_BYTES = 2 * MAX_TASK_CONTENT_BYTES;
/** Bytes of any other body. */
export const MAX_AGENT_BODY_BYTES = 256 * 1024;

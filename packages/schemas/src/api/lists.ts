// Lists are `{"items": […]}`; streams are server-sent events whose names stand here.

import { z } from 'zod';
import { ApiEventSchema } from './event.ts';
import { ApiFamilySchema } from './family.ts';
import { ApiLogLineSchema } from './log-line.ts';
import { ApiProblemSchema } from './problem.ts';
import { ApiResultSchema } from './result.ts';
import { ApiServerSchema } from './server.ts';
import { ApiSourceSchema } from './source.ts';
import { ApiToolSchema } from './tool.ts';
import { ApiToolsetSchema } from './toolset.ts';

export const ApiServerListSchema = z.object({ items: z.array(ApiServerSchema) });
export const ApiSourceListSchema = z.object({ items: z.array(ApiSourceSchema) });
/** A page: there are more tools as long as there is a cursor, even when this page has none. */
export const ApiToolListSchema = z.object({
  items: z.array(ApiToolSchema),
  nextCursor: z.string().optional(),
});
export const ApiResultListSchema = z.object({ items: z.array(ApiResultSchema) });
export const ApiToolsetListSchema = z.object({ items: z.array(ApiToolsetSchema) });
export const ApiFamilyListSchema = z.object({ items: z.array(ApiFamilySchema) });
export const ApiLogListSchema = z.object({ items: z.array(ApiLogLineSchema) });
export const ApiEventListSchema = z.object({ items: z.array(ApiEventSchema) });
export const ApiProblemListSchema = z.object({ items: z.array(ApiProblemSchema) });

/** Names of the events on a followed stream. */
export const STREAM_EVENTS = {
  /** One item of the list that is followed. */
  item: 'item',
  /** The reader was too slow: this many items were left out here. */
  dropped: 'dropped',
} as const;

export const ApiDroppedSchema = z.object({ count: z.int().positive() });

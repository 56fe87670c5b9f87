// core_events: what happened to resources, and, for a while, what happens.

import { type ApiEvent, ApiEventSchema } from '@tutti/schemas';
import { z } from 'zod';
import { type EventFilter, MAX_EVENT_LIMIT } from '../../../api/event-query.ts';
import { EVENT_KINDS } from '../../../resources/events/reasons.ts';
import { ADMIN_ROLE } from '../../../policy/principal.ts';
import { type NativeContext, nativeTool, type NativeTool } from '../native-tool.ts';
import type { Running, ToolDeps } from '../native-deps.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** A call takes 30 seconds at the most; this is less. */
const MAX_FOLLOW_SECONDS = 25;
const DEFAULT_FOLLOW_SECONDS = 20;

const time = z.iso.datetime({ offset: true });

const input = z.strictObject({
  resourceType: z.string().optional().describe('The kind of the resource: `MCPServer`, `Agent` or `Task`.'),
  resourceName: z.string().optional().describe('Its name.'),
  eventType: z.enum(['Normal', 'Warning']).optional().describe('Only events of this type.'),
  since: time.optional().describe('Only events from this time on, in ISO 8601.'),
  until: time.optional().describe('Only events up to this time.'),
  limit: z
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .prefault(DEFAULT_LIMIT)
    .describe(`The last so many events, ${DEFAULT_LIMIT} when left out.`),
  follow: z
    .boolean()
    .prefault(false)
    .describe('Waits for new events instead, and answers with them; each is told as progress too.'),
  followSeconds: z
    .int()
    .min(1)
    .max(MAX_FOLLOW_SECONDS)
    .prefault(DEFAULT_FOLLOW_SECONDS)
    .describe(
      `How long to wait, ${DEFAULT_FOLLOW_SECONDS} when left out, ${MAX_FOLLOW_SECONDS} at the most.`,
    ),
});

type Filter = z.output<typeof input>;

export function eventTools(core: Running): readonly NativeTool[] {
  return [
    nativeTool({
      name: 'core_events',
      title: 'Events',
      description:
        'What happened to servers, agents and tasks: starts, stops, failures, changed tools. With `follow` it waits for what happens next.',
      roles: [ADMIN_ROLE],
      effect: 'reads',
      input,
      output: z.object({
        events: z.array(ApiEventSchema).describe('Oldest first.'),
        total: z.number().describe('How many fit the filter, shown or not.'),
      }),
      async call(filter, context) {
        const deps = core();
        if (filter.follow) {
          const events = await follow(deps, filter, context);
          return { events, total: events.length };
        }
        const found = await deps.shown.events({ ...filterOf(filter), limit: MAX_EVENT_LIMIT });
        const fitting = found.filter((event) => isOfType(event, filter));
        return { events: fitting.slice(-filter.limit), total: fitting.length };
      },
    }),
  ];
}

/** Until there are as many as asked for, the time is over, or nobody waits any more. */
async function follow(
  { shown, clock }: ToolDeps,
  filter: Filter,
  { signal, progress }: NativeContext,
): Promise<ApiEvent[]> {
  const events: ApiEvent[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  using done = new DisposableStack();
  done.use(clock.after(filter.followSeconds * 1_000, resolve));
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  done.defer(() => signal.removeEventListener('abort', stop));
  done.use(
    shown.onEvent(filterOf(filter), (event) => {
      if (!isOfType(event, filter) || events.length === filter.limit) return;
      events.push(event);
      const { name, reason, message } = event;
      progress({ progress: events.length, message: `${name}: ${reason}: ${message}` });
      if (events.length === filter.limit) resolve();
    }),
  );
  if (!signal.aborted) await promise;
  return events;
}

function filterOf({ resourceType, resourceName, eventType, since, until }: Filter): EventFilter {
  return {
    // Of a kind that is not known here there are none: see isOfType.
    kind: EVENT_KINDS.find((kind) => kind === resourceType),
    name: resourceName,
    reasons: [],
    type: eventType,
    sinceMs: since === undefined ? undefined : Date.parse(since),
    // Up to this time, and an event of this very time too.
    untilMs: until === undefined ? undefined : Date.parse(until) + 1,
  };
}

function isOfType({ kind }: ApiEvent, { resourceType }: Filter): boolean {
  return resourceType === undefined || kind === resourceType;
}

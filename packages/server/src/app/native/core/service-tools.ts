// core_service_*: whether a server runs, and making it run or not. A stop is remembered over restarts of Tutti.

import { type ApiServer, ApiSuspendedSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Asker } from '../../../policy/asker.ts';
import { AppError } from '../../../kernel/errors.ts';
import { ADMIN_ROLE } from '../../../policy/principal.ts';
import { nativeTool, type NativeTool } from '../native-tool.ts';
import type { Running, ToolDeps } from '../native-deps.ts';

const named = z.strictObject({ name: z.string().describe('The name of the server.') });

const serviceSchema = z.object({
  name: z.string(),
  type: z.string(),
  state: z.string(),
  ready: z.boolean().describe('Whether it takes calls.'),
  reason: z.string().optional().describe('Why it is in this state, and what happens next.'),
  lastError: z.string().optional(),
  restartCount: z.number(),
});

const roles = [ADMIN_ROLE];

export function serviceTools(core: Running): readonly NativeTool[] {
  return [
    nativeTool({
      name: 'core_service_list',
      title: 'List services',
      description: 'All servers with the state that they are in.',
      roles,
      effect: 'reads',
      input: z.strictObject({}),
      output: z.object({ services: z.array(serviceSchema), total: z.number() }),
      call(_args, { asker }) {
        const services = core().shown.servers(asker).map(serviceOf);
        return { services, total: services.length };
      },
    }),
    nativeTool({
      name: 'core_service_status',
      title: 'Status of a service',
      description: 'The state of one server, why it is in it, and what happens next.',
      roles,
      effect: 'reads',
      input: named,
      output: serviceSchema,
      call: ({ name }, { asker }) => serviceOf(serviceNamed(core(), name, asker)),
    }),
    nativeTool({
      name: 'core_service_start',
      title: 'Start a service',
      description: 'Starts a server, and takes it back into service when it was stopped.',
      roles,
      effect: 'changes',
      input: named,
      output: changedSchema(),
      call: (args, { by }) => changed(core(), args.name, ({ control }) => control.start(args.name, by)),
    }),
    nativeTool({
      name: 'core_service_stop',
      title: 'Stop a service',
      description:
        'Stops a server and takes it out of the catalog until somebody starts it, over restarts of Tutti too.',
      roles,
      effect: 'destroys',
      input: named,
      output: changedSchema(),
      call: (args, { by }) => changed(core(), args.name, ({ control }) => control.stop(args.name, by)),
    }),
    nativeTool({
      name: 'core_service_restart',
      title: 'Restart a service',
      description:
        'Ends the process or connection of a server and starts it anew. Calls under way are drained.',
      roles,
      effect: 'destroys',
      input: named,
      output: z.object({ service: serviceSchema }),
      async call({ name }, { by }) {
        const deps = core();
        serviceNamed(deps, name);
        await deps.control.restart(name, by);
        return { service: serviceOf(serviceNamed(deps, name)) };
      },
    }),
  ];
}

/** Throws the one answer that there is for a name that nobody declared. */
export function serviceNamed({ shown }: ToolDeps, name: string, asker?: Asker): ApiServer {
  const found = shown.servers(asker).find((server) => server.name === name);
  if (found === undefined)
    throw new AppError('not_found', `service not found: ${name}; core_service_list says which there are`);
  return found;
}

function changedSchema() {
  return z.object({ ...ApiSuspendedSchema.shape, service: serviceSchema });
}

async function changed(
  deps: ToolDeps,
  name: string,
  act: (deps: ToolDeps) => Promise<z.infer<typeof ApiSuspendedSchema>>,
) {
  serviceNamed(deps, name);
  const outcome = await act(deps);
  return { ...outcome, service: serviceOf(serviceNamed(deps, name)) };
}

export function serviceOf({ name, type, status }: ApiServer) {
  const { state, reason, lastError, restartCount, conditions } = status;
  return {
    name,
    type,
    state,
    ready: conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    ...(reason !== undefined && { reason }),
    ...(lastError !== undefined && { lastError }),
    restartCount,
  };
}

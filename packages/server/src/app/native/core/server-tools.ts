// core_mcpserver_*: servers as they are declared. What is created here stays over restarts; what stands in a file or in
// git is changed there, but for whether it is suspended.

import {
  API_VERSION,
  ApiAppliedSchema,
  ApiProblemSchema,
  ApiResourceSchema,
  ApiServerSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../../kernel/errors.ts';
import { ADMIN_ROLE } from '../../../policy/principal.ts';
import { nativeTool, type NativeTool } from '../native-tool.ts';
import type { Running, ToolDeps } from '../native-deps.ts';
import { serviceOf } from './service-tools.ts';

const roles = [ADMIN_ROLE];
const name = z.string().describe('The name of the server.');
const named = z.strictObject({ name });

/** The fields that most servers need; every other field of a spec may stand beside them. */
const fields = z.looseObject({
  name,
  type: z.enum(['stdio', 'streamable-http', 'sse']).optional().describe('Left out: stdio with a command.'),
  description: z.string().optional().describe('For people.'),
  command: z.string().optional().describe('The program to start; no shell runs it.'),
  args: z.array(z.string()).optional().describe('Its arguments.'),
  env: z.record(z.string(), z.string()).optional().describe('Environment variables; `${VAR}` for secrets.'),
  url: z.string().optional().describe('Where a remote server answers.'),
  headers: z.record(z.string(), z.string()).optional().describe('Headers for a remote server.'),
  timeout: z.union([z.string(), z.number()]).optional().describe('Time for one call: `30s`.'),
  toolPrefix: z.string().optional().describe("Stands before the server's tool names instead of its name."),
  autoStart: z.boolean().optional().describe('Start it with Tutti; true when left out.'),
  suspended: z.boolean().optional().describe('Keep it declared, but stopped.'),
});

type Fields = z.output<typeof fields>;

const briefSchema = z.object({
  name: z.string(),
  type: z.string(),
  state: z.string(),
  reason: z.string().optional(),
  toolCount: z.number().optional(),
});

export function serverTools(core: Running): readonly NativeTool[] {
  return [
    nativeTool({
      name: 'core_mcpserver_list',
      title: 'List servers',
      description: 'All servers; with `verbose` as they are declared and with their whole status.',
      roles,
      effect: 'reads',
      input: z.strictObject({ verbose: z.boolean().prefault(false).describe('Whether to show everything.') }),
      output: z.object({ servers: z.array(z.union([ApiServerSchema, briefSchema])), total: z.number() }),
      call({ verbose }, { asker }) {
        const servers = core().shown.servers(asker);
        const brief = servers.map(({ toolCount, ...server }) => {
          const { name: own, type, state, reason } = serviceOf(server);
          return { name: own, type, state, reason, toolCount };
        });
        return { servers: verbose ? [...servers] : brief, total: servers.length };
      },
    }),
    nativeTool({
      name: 'core_mcpserver_get',
      title: 'One server',
      description: 'One server with its status, and where it is declared.',
      roles,
      effect: 'reads',
      input: named,
      output: z.object({ server: ApiServerSchema.optional(), resource: ApiResourceSchema.optional() }),
      call(args, { asker }) {
        const { shown, control } = core();
        const server = shown.servers(asker).find((one) => one.name === args.name);
        const resource = control.resource('MCPServer', args.name);
        if (server === undefined && resource === undefined) throw notFound(args.name);
        return { server, resource };
      },
    }),
    nativeTool({
      name: 'core_mcpserver_create',
      title: 'Create a server',
      description:
        'Declares a server and starts it. Takes the fields of the spec of an MCPServer beside its name. Its command is run on this machine.',
      roles,
      effect: 'changes',
      input: fields,
      output: ApiAppliedSchema,
      async call(args, { by }) {
        const { control } = core();
        if (control.resource('MCPServer', args.name) !== undefined)
          throw new AppError(
            'conflict',
            `there is a server ${args.name} already; change it with core_mcpserver_update, or choose another name`,
          );
        return await control.apply({ documents: [documentOf(args)] }, by);
      },
    }),
    nativeTool({
      name: 'core_mcpserver_update',
      title: 'Change a server',
      description:
        'Changes the fields that are given of a server that was created here; null takes a field away. `suspended` alone may be changed of every server.',
      roles,
      effect: 'destroys',
      input: z.looseObject({
        name,
        suspended: z.boolean().optional().describe('Whether it is kept stopped.'),
      }),
      output: ApiAppliedSchema,
      call: (args, { by }) => update(core(), args, by),
    }),
    nativeTool({
      name: 'core_mcpserver_delete',
      title: 'Delete a server',
      description: 'Stops a server that was created here and takes its declaration back.',
      roles,
      effect: 'destroys',
      input: named,
      output: z.object({ deleted: z.string() }),
      async call(args, { by }) {
        await core().control.remove('MCPServer', args.name, by);
        return { deleted: args.name };
      },
    }),
    nativeTool({
      name: 'core_mcpserver_validate',
      title: 'Check a server',
      description: 'Says whether core_mcpserver_create would take it; changes nothing.',
      roles,
      effect: 'reads',
      input: fields,
      output: z.object({ valid: z.boolean(), problems: z.array(ApiProblemSchema) }),
      call(args) {
        const problems = [...core().control.check({ documents: [documentOf(args)] })];
        return { valid: problems.every(({ severity }) => severity !== 'error'), problems };
      },
    }),
    nativeTool({
      name: 'core_mcpserver_reconnect',
      title: 'Reconnect a server',
      description: 'Ends the connection to a server, or its process, and opens a new one.',
      roles,
      effect: 'changes',
      input: named,
      output: z.object({ server: ApiServerSchema.optional() }),
      async call(args) {
        const { control, shown } = core();
        if (!shown.servers().some((one) => one.name === args.name)) throw notFound(args.name);
        await control.reconnect(args.name);
        return { server: shown.servers().find((one) => one.name === args.name) };
      },
    }),
  ];
}

async function update(
  { control }: ToolDeps,
  { name: server, ...changes }: z.output<z.ZodObject<{ name: z.ZodString }, z.core.$loose>>,
  by: string,
): Promise<z.infer<typeof ApiAppliedSchema>> {
  const known = control.document('MCPServer', server);
  const { suspended, ...others } = changes;
  if (Object.keys(others).length === 0 && typeof suspended === 'boolean') {
    const outcome = await (suspended ? control.suspend(server, by) : control.resume(server, by));
    return { items: [{ kind: 'MCPServer', name: server, change: outcome.change }], warnings: [] };
  }
  if (known === undefined) {
    if (control.resource('MCPServer', server) === undefined) throw notFound(server);
    throw new AppError(
      'refused',
      `${server} is declared in a file or in git; change it there. Only \`suspended\` can be changed here.`,
    );
  }
  const spec = Object.fromEntries(
    Object.entries({ ...known.spec, ...changes }).filter(([, value]) => value !== null),
  );
  return await control.apply({ documents: [{ ...known, spec }] }, by);
}

function documentOf({ name: server, ...spec }: Fields): object {
  return { apiVersion: API_VERSION, kind: 'MCPServer', metadata: { name: server }, spec };
}

function notFound(server: string): AppError {
  return new AppError('not_found', `there is no server ${server}; core_mcpserver_list says which there are`);
}

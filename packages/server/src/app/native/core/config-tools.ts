// core_config_*: what is declared and in force.

import {
  ApiAppliedSchema,
  ApiInstanceSchema,
  ApiProblemSchema,
  ApiResourceSchema,
  ApiSourceSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { ADMIN_ROLE } from '../../../policy/principal.ts';
import { nativeTool, type NativeTool } from '../native-tool.ts';
import type { Running } from '../native-deps.ts';

const roles = [ADMIN_ROLE];
const problems = z.array(ApiProblemSchema).describe('What is wrong with declarations, with file and line.');

export function configTools(core: Running): readonly NativeTool[] {
  return [
    nativeTool({
      name: 'core_config_get',
      title: 'Configuration in force',
      description:
        'The instance, the settings of its endpoint, its sources, and everything that is declared, with where. No secrets.',
      roles,
      effect: 'reads',
      input: z.strictObject({}),
      output: z.object({
        instance: ApiInstanceSchema,
        gateway: z.record(z.string(), z.unknown()).describe('Settings, with all defaults.'),
        sources: z.array(ApiSourceSchema),
        resources: z.array(ApiResourceSchema),
        problems,
      }),
      call() {
        const { shown, control, settings } = core();
        const { auth, ...gateway } = settings();
        const keys = auth.keys.map(({ name, roles: own }) => ({ name, roles: own }));
        return {
          instance: shown.info(),
          gateway: { ...gateway, auth: { ...auth, keys } },
          sources: [...shown.sources.list()],
          resources: [...control.resources()],
          problems: [...shown.problems()],
        };
      },
    }),
    nativeTool({
      name: 'core_config_save',
      title: 'Declare resources',
      description:
        'Declares servers and toolsets, all of the documents or none; they stay over restarts. What stands in files or git is changed there.',
      roles,
      effect: 'destroys',
      input: z.strictObject({
        documents: z
          .string()
          .describe(
            'YAML (several documents, with `---` between them) or JSON: `apiVersion: tutti.dev/v1alpha1`, `kind: MCPServer`, `metadata: {name: …}`, `spec: {…}`; or `{"mcpServers": {…}}`.',
          ),
      }),
      output: ApiAppliedSchema,
      call: ({ documents }, { by }) => core().control.apply({ text: documents }, by),
    }),
    nativeTool({
      name: 'core_config_reload',
      title: 'Read the sources again',
      description: 'Reads all files and repositories again, and answers when the outcome is in force.',
      roles,
      effect: 'changes',
      input: z.strictObject({}),
      output: z.object({ problems }),
      async call() {
        const { control, shown } = core();
        await control.reload();
        return { problems: [...shown.problems()] };
      },
    }),
  ];
}

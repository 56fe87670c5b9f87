// core_auth_*: logging in to servers that want it. This version can't do that; what it says is how things stand.

import { z } from 'zod';
import { AppError } from '../../../kernel/errors.ts';
import { ADMIN_ROLE } from '../../../policy/principal.ts';
import { nativeTool, type NativeTool } from '../native-tool.ts';
import type { Running } from '../native-deps.ts';
import { serviceNamed } from './service-tools.ts';

const input = z.strictObject({ server: z.string().describe('The name of the server.') });
const output = z.object({
  server: z.string(),
  status: z.enum(['not_required', 'not_logged_in']),
  message: z.string(),
});

export function authTools(core: Running): readonly NativeTool[] {
  return [
    nativeTool({
      name: 'core_auth_login',
      title: 'Log in to a server',
      description: 'Logs in to a server that wants it. `list_tools` says which do (servers_requiring_auth).',
      roles: [ADMIN_ROLE],
      effect: 'changes',
      input,
      output,
      call({ server }) {
        const { status } = serviceNamed(core(), server);
        if (status.state === 'Auth Required')
          throw new AppError(
            'refused',
            `${server} wants a login, and this version of Tutti can't log in for you. Put a token of the server into \`headers\` of its declaration (\`Authorization: Bearer \${TOKEN}\`); it connects by itself then.`,
          );
        const message = `${server} does not ask for a login.`;
        return { server, status: 'not_required' as const, message };
      },
    }),
    nativeTool({
      name: 'core_auth_logout',
      title: 'Log out of a server',
      description: 'Forgets a login to a server.',
      roles: [ADMIN_ROLE],
      effect: 'destroys',
      input,
      output,
      call({ server }) {
        serviceNamed(core(), server);
        return {
          server,
          status: 'not_logged_in' as const,
          message: `There is no login to ${server} to forget: this version of Tutti keeps none. What it sends are the headers of the declaration.`,
        };
      },
    }),
  ];
}

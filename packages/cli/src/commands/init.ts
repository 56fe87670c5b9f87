// `tutti init`: writes a tutti.yaml that explains itself.

import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { writeNewFile } from '../write-new-file.ts';

const STARTER = `# The MCP servers that Tutti runs. Start them with: tutti up
# Check this file with: tutti validate      Every field: docs/guides/declare-servers.md

apiVersion: tutti.dev/v1alpha1
kind: MCPServer
metadata:
  name: everything        # lower-case letters, digits and "-"
spec:
  description: One of everything that MCP has. Replace it with a server of yours.
  command: npx            # started without a shell, in the folder of this file
  args: ['-y', '@modelcontextprotocol/server-everything']
  # env:
  #   API_KEY: \${API_KEY}           # from the environment of "tutti up"
  # timeout: 30s                    # for one call; progress extends it
  # toolFilter: { mode: deny, patterns: ['delete_*'] }

# A server that runs elsewhere: another document, below a line of three dashes.
# ---
# apiVersion: tutti.dev/v1alpha1
# kind: MCPServer
# metadata:
#   name: elsewhere
# spec:
#   url: https://example.com/mcp
#   headers:
#     Authorization: Bearer \${ELSEWHERE_TOKEN}
`;

export function registerInit(program: Command, context: CliContext): void {
  program
    .command('init')
    .description('write a tutti.yaml to start from')
    .action(async () => {
      await writeNewFile(join(context.cwd, 'tutti.yaml'), STARTER);
      context.stdout.write(
        ['Wrote tutti.yaml with one server.', 'Check it:  tutti validate', 'Start it:  tutti up', ''].join(
          '\n',
        ),
      );
    });
}

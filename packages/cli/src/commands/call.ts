// `tutti call TOOL [key=value… | --json …]`: calls a tool through the endpoint, as any client would.

import type { ApiTool } from '@tutti/schemas';
import type { Command } from 'commander';
import { argumentsFromJson, argumentsFromWords } from '../call/arguments.ts';
import { createAsk } from '../call/ask.ts';
import { contentLines } from '../call/content.ts';
import { parseJson } from '../call/json.ts';
import { callTool } from '../call/mcp-call.ts';
import { paramHeaders } from '../call/param-headers.ts';
import { createProgressPrinter } from '../call/progress.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { printable } from '../output/printable.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { CliError } from '../report-error.ts';
import { suggest } from '../suggest.ts';
import { unknownToolsHint } from '../unknown-tools.ts';
import { readVersion } from '../version.ts';

interface CallOptions extends OutputOptions, InstanceOptions {
  readonly json?: string;
  readonly set?: string;
}

export function registerCall(program: Command, context: CliContext): void {
  const call = program
    .command('call')
    .argument('<tool>', 'its name, as `tutti tools` shows it')
    .argument('[arguments...]', 'key=value, or key:=json')
    .option('--json <object>', 'all arguments as one JSON object')
    .option('--set <name>', 'as this toolset has it, under its names')
    .description('call a tool and print its result');
  withOutput(withInstance(call)).action(async (name: string, words: string[], options: CallOptions) => {
    if (options.json !== undefined && words.length > 0) {
      throw new CliError(EXIT.usage, 'Give the arguments as key=value or as --json, not both.');
    }
    const { client, mcpUrl, token } = await connect(context, options);
    const { signal } = context;
    const { set } = options;
    const named = await client.tools({ name, set, signal });
    // Only to say what was meant, all of them have to be known.
    const tool =
      named.length > 0
        ? chooseTool(name, named, { set })
        : chooseTool(name, await client.tools({ set, signal }), {
            set,
            hint: unknownToolsHint(await client.servers({ signal })),
          });
    const argumentsText =
      options.json === undefined
        ? argumentsFromWords(words, tool.inputSchema)
        : argumentsFromJson(options.json);
    const progress = createProgressPrinter(context.stderr);
    const ask = createAsk(context);
    const result = await callTool({
      mcpUrl: set === undefined ? mcpUrl : `${mcpUrl}/sets/${encodeURIComponent(set)}`,
      token,
      clientVersion: readVersion(),
      tool: tool.exposedName,
      argumentsText,
      paramHeaders: paramHeaders(tool.inputSchema, parseJson(argumentsText)?.value),
      signal: context.signal,
      ask:
        ask &&
        ((requests) => {
          progress.end();
          return ask(requests);
        }),
      onProgress: progress.show,
    }).finally(progress.end);
    const shown = context.stdout.isTTY ? printable : String;
    print(context, options.output, result, () => contentLines(result).map((line) => shown(line)));
    if (result['isError'] === true) context.setExitCode(EXIT.failed);
  });
}

/** The tool of the exposed name, or the only one that a server knows by the name. */
function chooseTool(
  name: string,
  tools: readonly ApiTool[],
  { set, hint }: { readonly set: string | undefined; readonly hint?: string | undefined },
): ApiTool {
  const exposed = tools.find((tool) => tool.exposedName === name);
  if (exposed !== undefined) return exposed;
  const [only, ...others] = tools.filter((tool) => tool.name === name);
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const names = [only, ...others].map((tool) => tool.exposedName);
    throw new CliError(EXIT.usage, `Several servers have a tool "${name}".`, [
      `Say which: ${names.join(', ')}.`,
    ]);
  }
  const similar = suggest(
    name,
    tools.flatMap((tool) => [tool.exposedName, tool.name]),
  );
  throw new CliError(
    EXIT.notFound,
    `There is no tool "${name}"${set === undefined ? '' : ` in the toolset ${set}`}.`,
    [
      similar === undefined
        ? `List them with: tutti tools${set === undefined ? '' : ` --set ${set}`}`
        : `Did you mean "${similar}"?`,
      ...(hint === undefined ? [] : [hint]),
    ],
  );
}

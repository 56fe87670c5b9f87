// Tutti's own tools as the gateway has them: definitions once, calls with who makes them. What goes wrong in a call is a
// result that the model reads; only a tool that there is not is an error of the protocol.

import type { NativeCall, NativeServer } from '../../gateway/ports.ts';
import { AppError, toAppError } from '../../kernel/errors.ts';
import { ANSWER, ClientQuestion, type NativeTool } from './native-tool.ts';

const COMPLETE = '"resultType":"complete"';

export interface NativeServerDeps {
  readonly version: string;
  readonly instructions: string | undefined;
  /** Called once, when the first client needs them. */
  readonly load: () => Promise<readonly NativeTool[]>;
  readonly internalError: (error: unknown) => void;
}

export function createNativeServer({
  version,
  instructions,
  load,
  internalError,
}: NativeServerDeps): NativeServer {
  let loaded: Promise<ReadonlyMap<string, NativeTool>> | undefined;

  async function tools(): Promise<ReadonlyMap<string, NativeTool>> {
    loaded ??= load().then((all) => new Map(all.map((tool) => [tool.name, tool])));
    return await loaded;
  }

  return {
    version,
    instructions,
    async tools() {
      const all = await tools();
      return JSON.stringify([...all.values()].map(({ definition }) => definition));
    },
    async call(call) {
      const tool = (await tools()).get(call.tool);
      if (tool === undefined || !mayUse(tool, call))
        throw new AppError('not_found', `Unknown tool: ${call.tool}`);
      try {
        const { signal, caller, progress, canElicit, again } = call;
        const args: unknown = JSON.parse(call.args);
        const { principal: by, roles } = caller;
        const context = { by, roles, asker: caller, signal, progress, canElicit, again };
        const { structured, text } = await tool.run(args, context);
        const json = JSON.stringify(structured);
        return `${COMPLETE},"content":${content(text ?? json)},"structuredContent":${json}`;
      } catch (error) {
        if (error instanceof ClientQuestion) return questionText(error);
        const known = toAppError(error);
        if (known.code === 'internal') internalError(error);
        const text = known.code === 'internal' ? 'Internal error; it is in the log of tutti.' : known.message;
        return `${COMPLETE},"content":${content(text)},"isError":true`;
      }
    },
  };
}

/** By its one name the answer comes back. */
function questionText({ form, state }: ClientQuestion): string {
  const requests = { [ANSWER]: { method: 'elicitation/create', params: form } };
  return `"resultType":"input_required","inputRequests":${JSON.stringify(requests)},"requestState":${JSON.stringify(state)}`;
}

function content(text: string): string {
  return JSON.stringify([{ type: 'text', text }]);
}

function mayUse({ roles }: NativeTool, { caller }: NativeCall): boolean {
  return roles === undefined || caller.roles.some((role) => roles.includes(role));
}

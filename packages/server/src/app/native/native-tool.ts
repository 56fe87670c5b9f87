// A tool that Tutti itself has. A new one is added to what open-native.ts loads; who may see it, its place in the
// catalog, its metrics and its policies are those of every tool.

import { z } from 'zod';
import type { Asker } from '../../policy/asker.ts';
import type { NativeProgress, NativeRetry } from '../../gateway/ports.ts';
import { AppError } from '../../kernel/errors.ts';
import { leanSchema } from './lean-schema.ts';

export interface NativeContext {
  /** The id of the principal that calls. */
  readonly by: string;
  readonly roles: readonly string[];
  /** Whose state of a server is meant. */
  readonly asker: Asker;
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  readonly progress: (step: NativeProgress) => void;
  /** Whether the person at the client can be asked. Left out: not. */
  readonly canElicit?: () => boolean;
  /** The same call again, with what the person answered. */
  readonly again?: NativeRetry | undefined;
}

/** The name of the one question of a ClientQuestion. */
export const ANSWER = 'answer';

export interface ClientForm {
  readonly message: string;
  /** A JSON Schema of an object with flat members. */
  readonly requestedSchema: object;
}

/** Thrown by a tool that has the person at the client asked first. The client shows the form, and makes the same call again
 *  with `again`. Nothing is kept here meanwhile: what was done before must be found again by the state. */
export class ClientQuestion extends Error {
  readonly form: ClientForm;
  readonly state: string;

  constructor(form: ClientForm, state: string) {
    super('the client is asked');
    this.name = 'ClientQuestion';
    this.form = form;
    this.state = state;
  }
}

export interface NativeTool {
  readonly name: string;
  /** Who may use it, by role; undefined: everybody. */
  readonly roles: readonly string[] | undefined;
  /** The definition that clients see. */
  readonly definition: object;
  /** Rejects with an AppError, which the model that called is shown. */
  run(args: unknown, context: NativeContext): Promise<NativeResult>;
}

export interface NativeResult {
  readonly structured: Readonly<Record<string, unknown>>;
  /** For models whose client shows them text only; undefined: the JSON of the above. */
  readonly text: string | undefined;
}

/** What the tool does to the world (the annotations of MCP). */
export type Effect = 'reads' | 'changes' | 'destroys';

export interface NativeToolSource<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly roles: readonly string[] | undefined;
  readonly effect: Effect;
  /** Whether the same call again does nothing more; left out: only where it reads. */
  readonly isRepeatable?: boolean | undefined;
  readonly input: Input;
  readonly output: Output;
  call(args: z.output<Input>, context: NativeContext): z.input<Output> | Promise<z.input<Output>>;
  readonly text?: ((result: z.output<Output>) => string) | undefined;
}

export function nativeTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  source: NativeToolSource<Input, Output>,
): NativeTool {
  const {
    name,
    title,
    description,
    roles,
    effect,
    isRepeatable = effect === 'reads',
    input,
    output,
  } = source;
  return {
    name,
    roles,
    definition: {
      name,
      title,
      description,
      inputSchema: schemaOf(input),
      outputSchema: schemaOf(output),
      annotations: {
        readOnlyHint: effect === 'reads',
        destructiveHint: effect === 'destroys',
        idempotentHint: isRepeatable,
        openWorldHint: false,
      },
    },
    async run(args, context) {
      const read = input.safeParse(args);
      if (!read.success) throw new AppError('invalid_params', wrongArguments(read.error));
      const result = output.parse(await source.call(read.data, context));
      return { structured: result, text: source.text?.(result) };
    },
  };
}

/** As it is written: what a default fills in may be left out. */
function schemaOf(schema: z.ZodObject): object {
  return leanSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function wrongArguments({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

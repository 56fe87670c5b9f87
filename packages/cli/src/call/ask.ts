// Puts the questions of a tool to the person at the terminal: forms of plain fields, a line each. Questions go to
// stderr, so that the result can still be piped.

import { createInterface } from 'node:readline';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../output/printable.ts';
import { CliError } from '../report-error.ts';
import { argumentsFromWords } from './arguments.ts';
import { arrayAt, isObject, objectAt, stringAt, type JsonObject } from './json.ts';

/** Answers of a person to `inputRequests`, as the text of `inputResponses`. */
export type Ask = (requests: JsonObject) => Promise<string>;

interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

/** Undefined where nobody can be asked. */
export function createAsk({ stdin, stderr, signal }: Terminal): Ask | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async (requests) => {
    const input = createInterface({ input: stdin, signal });
    const lines = input[Symbol.asyncIterator]();
    const readLine = async (prompt: string): Promise<string | undefined> => {
      stderr.write(printable(prompt));
      const line = await lines.next();
      return line.done === true ? undefined : line.value;
    };
    try {
      const answers: string[] = [];
      for (const [key, request] of Object.entries(requests))
        answers.push(`${JSON.stringify(key)}:${await answerTo(request, readLine)}`);
      signal.throwIfAborted();
      return `{${answers.join(',')}}`;
    } finally {
      input.close();
    }
  };
}

type ReadLine = (prompt: string) => Promise<string | undefined>;

async function answerTo(request: unknown, readLine: ReadLine): Promise<string> {
  const params = objectAt(request, 'params');
  const method = stringAt(request, 'method');
  const mode = stringAt(params, 'mode') ?? 'form';
  if (method !== 'elicitation/create' || mode !== 'form')
    throw new CliError(EXIT.refused, `The tool wants ${method} (${mode}), which a command line cannot give.`);
  const content = await fillIn(params, readLine);
  return content === undefined ? '{"action":"cancel"}' : `{"action":"accept","content":${content}}`;
}

/** The content as JSON text; undefined when the person ends the input (Ctrl-D) instead. */
async function fillIn(params: JsonObject | undefined, readLine: ReadLine): Promise<string | undefined> {
  const schema = objectAt(params, 'requestedSchema') ?? {};
  const words: string[] = [];
  let prompt = `The tool asks: ${stringAt(params, 'message') ?? ''}\n`;
  for (const [name, field] of Object.entries(objectAt(schema, 'properties') ?? {})) {
    const isRequired = arrayAt(schema, 'required').includes(name);
    for (;;) {
      const line = await readLine(`${prompt}  ${label(name, field, isRequired)}: `);
      prompt = '';
      if (line === undefined) return undefined;
      const word = wordOf(name, field, line.trim());
      const problem = problemOf(word, field, name, isRequired);
      if (problem === undefined) {
        if (word !== undefined) words.push(word);
        break;
      }
      prompt = `  ${problem}\n`;
    }
  }
  if (prompt !== '' && (await readLine(`${prompt}  Enter to confirm, Ctrl-D to cancel: `)) === undefined)
    return undefined;
  return argumentsFromWords(words, schema);
}

/** Nothing typed is the default, or no answer. */
function wordOf(name: string, field: unknown, text: string): string | undefined {
  const preset = isObject(field) ? field['default'] : undefined;
  if (text !== '') return `${name}=${text}`;
  return preset === undefined ? undefined : `${name}:=${JSON.stringify(preset)}`;
}

function problemOf(
  word: string | undefined,
  field: unknown,
  name: string,
  isRequired: boolean,
): string | undefined {
  if (word === undefined) return isRequired ? 'It needs an answer; Ctrl-D cancels.' : undefined;
  const choices = choicesOf(field);
  if (choices.length > 0 && !choices.some((choice) => word === `${name}=${choice}`) && !word.includes(':='))
    return `One of: ${choices.join(', ')}`;
  try {
    argumentsFromWords([word], { properties: { [name]: field } });
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}

function label(name: string, field: unknown, isRequired: boolean): string {
  const preset = isObject(field) ? field['default'] : undefined;
  const notes = [
    choicesOf(field).join(' | ') || stringAt(field, 'type'),
    preset === undefined ? undefined : `default ${JSON.stringify(preset)}`,
    isRequired ? undefined : 'optional',
  ].filter((note) => note !== undefined);
  return `${stringAt(field, 'description') ?? stringAt(field, 'title') ?? name} (${notes.join(', ')})`;
}

/** The values of a choice, in the old and the new way to write one. */
function choicesOf(field: unknown): readonly string[] {
  const titled = arrayAt(field, 'oneOf').map((option) => stringAt(option, 'const'));
  return [...arrayAt(field, 'enum'), ...titled].filter((value) => typeof value === 'string');
}

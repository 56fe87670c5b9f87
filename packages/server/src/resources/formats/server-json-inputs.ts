// The inputs of server.json: arguments, environment variables and headers, each with a value, a default, or nothing,
// in which case whoever runs the server has to give one: that becomes a `${VAR}` of ours.

import { isRecord } from '../is-record.ts';
import { inputVariable } from './editor-variables.ts';
import { literal } from './foreign-values.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A text with `{name}` places, filled from the variables that are declared beside it. */
export function valueOf(text: unknown, variables: unknown): unknown {
  if (typeof text !== 'string') return text;
  return literal(text).replaceAll(/\{([A-Za-z_][\w-]*)\}/g, (whole, name: string) => {
    const input = isRecord(variables) ? variables[name] : undefined;
    return isRecord(input) ? givenOr(input, name) : whole;
  });
}

/** The fixed value, or a variable of ours with the default that is declared. */
function givenOr(input: Fields, name: string): string {
  const { value, default: fallback, variables } = input;
  if (typeof value === 'string') return String(valueOf(value, variables));
  const isText =
    typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean';
  return `\${${inputVariable(name)}${isText ? `:-${fallback}` : ''}}`;
}

function isGiven(input: Fields): boolean {
  return input['value'] !== undefined || input['default'] !== undefined || input['isRequired'] === true;
}

/** Environment variables or headers. An optional one without a value is left out; the file in metadata has it. */
export function environmentOf(inputs: unknown): Record<string, string> {
  const values: Record<string, string> = {};
  for (const input of Array.isArray(inputs) ? inputs : []) {
    if (!isRecord(input) || typeof input['name'] !== 'string' || !isGiven(input)) continue;
    values[input['name']] = givenOr(input, input['name']);
  }
  return values;
}

/** Arguments of a command line: positional ones as they are, named ones as `--name value`. A default is taken as it
 *  is: names such as `--port` are too common to read a variable of that name. */
export function argumentsOf(inputs: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [];
  return list.filter(isRecord).flatMap((input) => {
    const { type, name, valueHint, variables, value = input['default'] } = input;
    const asked = typeof valueHint === 'string' ? valueHint : undefined;
    if (type === 'named' && typeof name === 'string') {
      if (typeof value === 'string') return [name, String(valueOf(value, variables))];
      if (asked === undefined) return [name];
      return input['isRequired'] === true ? [name, givenOr({}, asked)] : [];
    }
    if (typeof value === 'string') return [String(valueOf(value, variables))];
    return asked === undefined ? [] : [givenOr({}, asked)];
  });
}

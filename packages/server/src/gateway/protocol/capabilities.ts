// Reads the few things that the gateway must know of capabilities; they travel as JSON text.

import type { Caller } from '../caller.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in the text; an empty one when the text holds anything else. */
export function parseObject(text: string | Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(text.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const ASK_CAPABILITY: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
};

/** Whether the client said that it can answer the question. */
export function canAnswer(caller: Caller, askMethod: string): boolean {
  const capability = ASK_CAPABILITY[askMethod];
  return capability !== undefined && isObject(parseObject(caller.capabilities)[capability]);
}

/** Whether the person at the client can be asked to fill in a form: what old clients mean by elicitation, too. */
export function canFillForms(caller: Caller): boolean {
  const { elicitation } = parseObject(caller.capabilities);
  return isObject(elicitation) && ('form' in elicitation || Object.keys(elicitation).length === 0);
}

/** Whether the client can answer any question at all. */
export function canBeAsked(caller: Caller): boolean {
  const capabilities = parseObject(caller.capabilities);
  return Object.values(ASK_CAPABILITY).some((name) => isObject(capabilities[name]));
}

/** What a shared instance declares: all that can be attributed. Roots are asked at any time, so they are not among it. */
export const SHARED_CAPABILITIES =
  '{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{},"context":{}}}';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

export function hasExtension(capabilities: string, extension: string): boolean {
  const { extensions } = parseObject(capabilities);
  return isObject(extensions) && extension in extensions;
}

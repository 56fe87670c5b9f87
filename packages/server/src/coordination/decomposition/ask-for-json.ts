// A model's answer as checked data. One that does not fit is sent back once, with what is wrong with it.

import { explainIssues } from '@tutti/schemas';
import { z } from 'zod';
import { formatFieldPath } from '../../resources/problem.ts';
import type { ModelFailure, ModelProvider } from './ports.ts';

const ATTEMPTS = 2;
const MAX_COMPLAINT_CHARS = 4_000;
const MAX_REPEATED_CHARS = 20_000;

export type JsonAnswer<Value> =
  | { readonly kind: 'answer'; readonly value: Value; readonly tokens: number | undefined }
  | { readonly kind: 'failed'; readonly code: ModelFailure; readonly message: string };

export async function askForJson<Value>(
  provider: ModelProvider,
  {
    instructions,
    input,
    schema,
    complain = () => [],
  }: {
    readonly instructions: string;
    readonly input: string;
    readonly schema: z.ZodType<Value>;
    /** What is wrong with an answer that fits the schema. */
    readonly complain?: (value: Value) => readonly string[];
  },
  signal: AbortSignal,
): Promise<JsonAnswer<Value>> {
  const jsonSchema = z.toJSONSchema(schema, { io: 'input' });
  const asked = `${instructions}\nAnswer with one JSON value and nothing else. Its JSON Schema:\n${JSON.stringify(jsonSchema)}`;
  let text = input;
  let tokens: number | undefined;
  let complaint = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await provider.ask({ instructions: asked, input: text, schema: jsonSchema }, signal);
    if (answer.kind === 'failed') return answer;
    if (answer.tokens !== undefined) tokens = (tokens ?? 0) + answer.tokens;
    const found = readAnswer(answer.text, schema);
    const complaints = found.kind === 'value' ? complain(found.value) : found.complaints;
    if (found.kind === 'value' && complaints.length === 0)
      return { kind: 'answer', value: found.value, tokens };
    complaint = complaints.join('\n').slice(0, MAX_COMPLAINT_CHARS).toWellFormed();
    text = `${input}\n\nYour last answer was:\n${answer.text.slice(0, MAX_REPEATED_CHARS).toWellFormed()}\n\nIt can't be used:\n${complaint}\nAnswer again, and mend that.`;
  }
  return {
    kind: 'failed',
    code: 'invalid_answer',
    message: `${provider.name} (${provider.model}) answered ${ATTEMPTS} times with what can't be used: ${complaint}`,
  };
}

type Read<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'unusable'; readonly complaints: readonly string[] };

function readAnswer<Value>(text: string, schema: z.ZodType<Value>): Read<Value> {
  const json = parseJson(text);
  if (json === undefined) return { kind: 'unusable', complaints: ['it is not JSON'] };
  const checked = schema.safeParse(json);
  if (checked.success) return { kind: 'value', value: checked.data };
  const complaints = explainIssues(checked.error, json, schema).map(
    ({ path, message }) => `${formatFieldPath(path)}: ${message}`,
  );
  return { kind: 'unusable', complaints };
}

/** Models like to say something around it. */
function parseJson(text: string): unknown {
  const inside = /^[^{[]*([{[][^]*[}\]])[^}\]]*$/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(inside);
  } catch {
    return undefined;
  }
}

// What a definition says in words, for search and for short lists. One of the few places where a payload is parsed.

import { z } from 'zod';

const toolSchema = z.object({
  title: z.string().catch(''),
  description: z.string().catch(''),
  inputSchema: z
    .object({
      properties: z
        .record(z.string(), z.object({ description: z.string().catch('') }).catch({ description: '' }))
        .catch({}),
    })
    .catch({ properties: {} }),
});

export interface ToolText {
  readonly title: string;
  readonly description: string;
  /** Names and descriptions of its arguments. */
  readonly parameters: string;
}

export function toolText(bytes: Buffer): ToolText {
  const { title, description, inputSchema } = toolSchema.parse(JSON.parse(bytes.toString()));
  const parameters = Object.entries(inputSchema.properties).map(
    ([name, about]) => `${name} ${about.description}`,
  );
  return { title, description, parameters: parameters.join(' ') };
}

/** Characters of a description in a short list. */
const MAX_BRIEF_CHARS = 160;

/** The first sentence, as far as it is short. */
export function brief(description: string): string {
  const line = description.replaceAll(/\s+/g, ' ').trim();
  const sentence = /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
  return sentence.length <= MAX_BRIEF_CHARS ? sentence : `${sentence.slice(0, MAX_BRIEF_CHARS - 1)}…`;
}

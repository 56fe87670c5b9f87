// What a content says that it is: in its member `type`, or where it is JSON in a text, in that of the JSON. Pure.

import { type MessageContent, TypedContentSchema } from '@tutti/schemas';

const TEXT = 'text';

export function typeOfContent(content: MessageContent): string {
  if (typeof content !== 'string') return content.type;
  if (!content.trimStart().startsWith('{')) return TEXT;
  return TypedContentSchema.safeParse(parsed(content)).data?.type ?? TEXT;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

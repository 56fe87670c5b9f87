import type { ApiMessage } from '@tutti/schemas';

export function contentText({ content }: Pick<ApiMessage, 'content'>): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

// The body of a request as text, bounded while it comes in.

import { AppError } from '../kernel/errors.ts';

/** Throws `too_large` and `parse_error`. */
export async function readText({ headers, body }: Request, maxBytes: number): Promise<string> {
  const tooLarge = (): AppError =>
    new AppError('too_large', `A text may have ${maxBytes} bytes at most; send it in several parts.`);
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError('parse_error', 'The text is not UTF-8.', { cause });
  }
}

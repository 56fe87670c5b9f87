// The JSON body of a request: bounded while it comes, and checked against its schema.

import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';

/** Rejects with an AppError that says what is wrong with it. */
export async function readJsonBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.output<Schema>> {
  const checked = schema.safeParse(parse(await readBytes(request, maxBytes)));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
  throw new AppError('invalid_params', `${where} is not as it should be: ${issue?.message ?? 'unknown'}.`);
}

async function readBytes({ headers, body }: Request, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): AppError =>
    new AppError('too_large', `The body may have ${maxBytes} bytes at most; send less.`);
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new AppError('parse_error', 'The body is no JSON; send an object with the type application/json.');
  }
}

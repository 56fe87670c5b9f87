// Failures of the API as application/problem+json.

import type { ApiErrorBody } from '@tutti/schemas';
import { ERROR_CODES, type AppError } from '../kernel/errors.ts';
import { InvalidDocumentsError } from '../resources/invalid-documents.ts';

function problemBody(error: AppError): ApiErrorBody {
  // The challenge is a header.
  const { wwwAuthenticate: _challenge, ...details } = error.details;
  const words = error.code.replaceAll('_', ' ');
  return {
    type: `urn:tutti:error:${error.code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: ERROR_CODES[error.code].http,
    code: error.code,
    detail: error.message,
    ...(Object.keys(details).length > 0 && { details }),
    ...(error instanceof InvalidDocumentsError && { problems: [...error.problems] }),
  };
}

export function problemResponse(error: AppError): Response {
  const body = problemBody(error);
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (error.code === 'unauthorized') {
    const { wwwAuthenticate } = error.details;
    headers['www-authenticate'] = typeof wwwAuthenticate === 'string' ? wwwAuthenticate : 'Bearer';
  }
  // The rest of the body is not read, so the connection is of no more use.
  if (error.code === 'too_large') headers['connection'] = 'close';
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

// fetch for one provider: its answers have a limit, and it goes nowhere else. A redirect would take the key along.

export class TooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the service answers with more than ${maxBytes} bytes`);
    this.name = 'TooLargeError';
  }
}

export function createBoundedFetch(maxBytes: number, signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error', signal });
    const { body, headers, status, statusText } = response;
    if (body === null) return response;
    if (Number(headers.get('content-length') ?? 0) > maxBytes) {
      await body.cancel();
      throw new TooLargeError(maxBytes);
    }
    let size = 0;
    const bounded = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          size += chunk.length;
          if (size > maxBytes) controller.error(new TooLargeError(maxBytes));
          else controller.enqueue(chunk);
        },
      }),
    );
    return new Response(bounded, { status, statusText, headers });
  };
}

// JSON-RPC messages that are made here rather than passed on.

export function errorResponse(
  idText: string | undefined,
  code: number,
  message: string,
  data?: unknown,
): Buffer {
  const error = JSON.stringify({ code, message, data });
  return Buffer.from(`{"jsonrpc":"2.0","id":${idText ?? 'null'},"error":${error}}`);
}

export function resultResponse(idText: string, resultJson: string | Buffer): Buffer {
  const head = `{"jsonrpc":"2.0","id":${idText},"result":`;
  if (typeof resultJson === 'string') return Buffer.from(`${head}${resultJson}}`);
  return Buffer.concat([Buffer.from(head), resultJson, Buffer.from('}')]);
}

export function notification(method: string, paramsJson?: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}${paramsMember(paramsJson)}}`);
}

export function request(idText: string, method: string, paramsJson?: string): Buffer {
  return Buffer.from(
    `{"jsonrpc":"2.0","id":${idText},"method":${JSON.stringify(method)}${paramsMember(paramsJson)}}`,
  );
}

function paramsMember(paramsJson: string | undefined): string {
  return paramsJson === undefined ? '' : `,"params":${paramsJson}`;
}

// One `tools/call` to an MCP endpoint over plain HTTP, revision 2026-07-28: every request stands alone, so that no
// session is needed. A tool that asks something is called again with the answers. Aborting the signal closes the
// response, which cancels the call.

import { readServerSentEvents, TuttiUnreachableError } from '@tutti/sdk';
import type { Ask } from './ask.ts';
import { EXIT, exitCodeOfError, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../report-error.ts';
import { isObject, numberAt, objectAt, parseJson, stringAt, type JsonObject } from './json.ts';
import { headerValue } from './param-headers.ts';

const PROTOCOL_VERSION = '2026-07-28';
const REQUEST_ID = 1;
/** Questions of one call, before it is taken for one that never ends. */
const MAX_ROUNDS = 20;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;
const MISSING_CAPABILITY = -32021;

export interface Progress {
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

export interface ToolCall {
  readonly mcpUrl: string;
  readonly token: string | undefined;
  readonly clientVersion: string;
  readonly tool: string;
  /** A JSON object as text. */
  readonly argumentsText: string;
  readonly paramHeaders: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Answers questions of the tool; absent where nobody can. */
  readonly ask: Ask | undefined;
  onProgress(progress: Progress): void;
}

/** The result of the tool, an `isError` result included. Rejects with a CliError when there is none. */
export async function callTool(call: ToolCall): Promise<JsonObject> {
  let answers = '';
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const result = await request(call, answers);
    if (result['resultType'] !== 'input_required') return result;
    const requests = objectAt(result, 'inputRequests') ?? {};
    const state = stringAt(result, 'requestState');
    if (call.ask === undefined) throw cannotAsk('The tool asks a question back.');
    answers = `,"inputResponses":${await call.ask(requests)}`;
    if (state !== undefined) answers += `,"requestState":${JSON.stringify(state)}`;
  }
  throw new CliError(EXIT.failed, `The tool asked ${MAX_ROUNDS} times, and would go on.`);
}

async function request(call: ToolCall, answers: string): Promise<JsonObject> {
  const response = await post(call, answers);
  const contentType = response.headers.get('content-type') ?? '';
  if (contentType.startsWith('text/event-stream') && response.body !== null) {
    for await (const event of readServerSentEvents(response.body)) {
      const message = parseJson(event.data)?.value;
      if (stringAt(message, 'method') === 'notifications/progress') call.onProgress(progressOf(message));
      else if (isObject(message) && message['id'] === REQUEST_ID) return resultOf(message);
    }
    throw new CliError(EXIT.unavailable, 'The connection ended before the answer came.');
  }
  const message = parseJson(await response.text())?.value;
  if (isObject(message) && ('result' in message || 'error' in message)) return resultOf(message);
  if (response.status === 401 || response.status === 403) {
    throw new CliError(EXIT.refused, `The endpoint refused the call (HTTP ${response.status}).`);
  }
  throw new CliError(EXIT.unavailable, `The endpoint gave no answer to the call (HTTP ${response.status}).`);
}

async function post(call: ToolCall, answers: string): Promise<Response> {
  const meta = {
    progressToken: 1,
    'io.modelcontextprotocol/protocolVersion': PROTOCOL_VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'tutti-cli', version: call.clientVersion },
    'io.modelcontextprotocol/clientCapabilities': call.ask === undefined ? {} : { elicitation: { form: {} } },
  };
  const name = JSON.stringify(call.tool);
  const params = `{"name":${name},"arguments":${call.argumentsText}${answers},"_meta":${JSON.stringify(meta)}}`;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': PROTOCOL_VERSION,
    'mcp-method': 'tools/call',
    'mcp-name': headerValue(call.tool),
    ...call.paramHeaders,
  };
  if (call.token !== undefined) headers['authorization'] = `Bearer ${call.token}`;
  try {
    return await fetch(call.mcpUrl, {
      method: 'POST',
      headers,
      body: `{"jsonrpc":"2.0","id":${REQUEST_ID},"method":"tools/call","params":${params}}`,
      signal: call.signal,
      redirect: 'error',
    });
  } catch (error) {
    call.signal.throwIfAborted();
    throw new TuttiUnreachableError(call.mcpUrl, `Nothing answers at ${call.mcpUrl}.`, { cause: error });
  }
}

function progressOf(message: unknown): Progress {
  const params = objectAt(message, 'params');
  return {
    progress: numberAt(params, 'progress') ?? 0,
    total: numberAt(params, 'total'),
    message: stringAt(params, 'message'),
  };
}

function resultOf(message: JsonObject): JsonObject {
  const error = objectAt(message, 'error');
  if (error === undefined) return objectAt(message, 'result') ?? {};
  const text = stringAt(error, 'message') ?? 'The call failed.';
  throw error['code'] === MISSING_CAPABILITY ? cannotAsk(text) : new CliError(exitCodeOf(error), text);
}

function cannotAsk(what: string): CliError {
  return new CliError(EXIT.refused, what, [
    'Call it on a terminal, where you can answer, or from an MCP client that supports it.',
  ]);
}

/** Tutti says the kind of an error in its data; for errors of the server itself there is the JSON-RPC code. */
function exitCodeOf(error: JsonObject): ExitCode {
  const kind = stringAt(objectAt(error, 'data'), 'kind');
  if (kind !== undefined) return exitCodeOfError(kind);
  const code = numberAt(error, 'code');
  if (code === INVALID_REQUEST || code === INVALID_PARAMS) return EXIT.usage;
  return code === METHOD_NOT_FOUND ? EXIT.notFound : EXIT.failed;
}

// A declared provider as one that can be asked: its key, its limits, its tries. Nothing of it is kept between questions,
// so that a change of the declaration counts for the next one.

import type { LanguageModelV4, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ModelProviderSettings } from '@tutti/schemas';
import type { ModelAnswer, ModelProvider, ModelQuestion } from '../../coordination/decomposition/ports.ts';
import { backoffDelayMs, type BackoffPolicy } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { resolveText } from '../../resources/variables.ts';
import type { Redactor } from '../../telemetry/redactor.ts';
import type { Variables } from '../allowed-environment.ts';
import { createBoundedFetch, TooLargeError } from './bounded-fetch.ts';
import { openLanguageModel } from './language-model.ts';
import { judgeStatus, retryAfterMs, type ServiceError } from './model-failure.ts';

const RETRY: BackoffPolicy = { initialMs: 500, factor: 2, maxMs: 20_000, jitter: 0.2 };
const MAX_MESSAGE_CHARS = 500;

export interface ModelProviderDeps {
  /** What the declaration may see of the environment. */
  readonly variables: () => Variables;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly random: () => number;
}

export function createModelProvider(settings: ModelProviderSettings, deps: ModelProviderDeps): ModelProvider {
  const { name, model, timeoutMs, maxInputBytes } = settings;
  return {
    name,
    model,
    async ask(question, signal) {
      signal.throwIfAborted();
      const bytes = Buffer.byteLength(question.instructions) + Buffer.byteLength(question.input);
      if (bytes > maxInputBytes)
        return failed(
          'too_large',
          `the question has ${bytes} bytes, and ${maxInputBytes} are allowed; raise \`maxInput\` or ask for less`,
        );
      const place = resolvePlace(settings, deps);
      if (place.kind === 'failed') return place;
      const deadline = new AbortController();
      using _timer = deps.clock.after(timeoutMs, () => deadline.abort());
      const either = AbortSignal.any([signal, deadline.signal]);
      const answer = await askWithTries(settings, deps, place, question, either).catch((error: unknown) => {
        signal.throwIfAborted();
        if (deadline.signal.aborted)
          return failed(
            'timeout',
            `no answer within ${timeoutMs / 1_000} s; raise \`timeout\`, or ask for less`,
          );
        return failed('unavailable', reasonOf(error));
      });
      signal.throwIfAborted();
      return answer;
    },
  };

  function failed(code: Extract<ModelAnswer, { kind: 'failed' }>['code'], message: string): ModelAnswer {
    return failure(settings, deps.redactor, code, message);
  }
}

interface ResolvedPlace {
  readonly kind: 'place';
  readonly url: string;
  readonly key: string | undefined;
}

type Failure = Extract<ModelAnswer, { readonly kind: 'failed' }>;

function resolvePlace(
  settings: ModelProviderSettings,
  { variables, redactor }: ModelProviderDeps,
): ResolvedPlace | Failure {
  const { key, url, name } = settings;
  const sources = { secrets: {}, environment: variables() };
  const resolved = {
    url: resolveText(url, sources),
    key: key === undefined ? undefined : resolveText(key, sources),
  };
  const missing = [...resolved.url.unresolved, ...(resolved.key?.unresolved ?? [])];
  if (missing.length > 0)
    return failure(
      settings,
      redactor,
      'misconfigured',
      `${missing.map((one) => `\${${one}}`).join(', ')} has no value; set it where Tutti is started`,
    );
  if (!/^https?:$/.test(URL.parse(resolved.url.text)?.protocol ?? ''))
    return failure(
      settings,
      redactor,
      'misconfigured',
      '`url` is no http url once its variables have values',
    );
  if (resolved.key !== undefined) redactor.set(`model:${name}`, [resolved.key.text]);
  return { kind: 'place', url: resolved.url.text.replace(/\/+$/, ''), key: resolved.key?.text };
}

async function askWithTries(
  settings: ModelProviderSettings,
  deps: ModelProviderDeps,
  { url, key }: ResolvedPlace,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const fetch = createBoundedFetch(settings.maxResponseBytes, signal);
  const model = await openLanguageModel(settings, { url, key, fetch });
  const { APICallError } = await import('@ai-sdk/provider');
  let isPlain = question.schema === undefined;
  for (let failures = 0; ;) {
    try {
      return toAnswer(settings, deps.redactor, await generate(model, settings, question, isPlain, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (isTooLarge(error))
        return failure(
          settings,
          deps.redactor,
          'too_large',
          `the answer has more than ${settings.maxResponseBytes} bytes; raise \`maxResponse\``,
        );
      if (!APICallError.isInstance(error)) throw error;
      // Not every service knows answers by a schema; the instructions hold it too.
      if (!isPlain && (error.statusCode === 400 || error.statusCode === 422)) {
        isPlain = true;
        continue;
      }
      const said: ServiceError = {
        status: error.statusCode,
        retryAfterMs: retryAfterMs(error.responseHeaders ?? {}, deps.clock.nowMs()),
        message: error.message,
      };
      failures += 1;
      const { code, mayRetry } = judgeStatus(said.status);
      const waitMs = said.retryAfterMs ?? backoffDelayMs(RETRY, failures, deps.random());
      if (!mayRetry || failures > settings.retries || waitMs > settings.timeoutMs)
        return failure(settings, deps.redactor, code, describe(said, failures));
      await pause(deps.clock, waitMs, signal);
    }
  }
}

async function generate(
  model: LanguageModelV4,
  { maxOutputTokens }: ModelProviderSettings,
  { instructions, input, schema }: ModelQuestion,
  isPlain: boolean,
  signal: AbortSignal,
): Promise<LanguageModelV4GenerateResult> {
  return await model.doGenerate({
    prompt: [
      { role: 'system', content: instructions },
      { role: 'user', content: [{ type: 'text', text: input }] },
    ],
    maxOutputTokens,
    abortSignal: signal,
    ...(isPlain || schema === undefined ? {} : { responseFormat: { type: 'json', schema, name: 'answer' } }),
  });
}

function toAnswer(
  settings: ModelProviderSettings,
  redactor: Redactor,
  { content, finishReason, structuredOutputText, usage }: LanguageModelV4GenerateResult,
): ModelAnswer {
  const said = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const text = structuredOutputText ?? said;
  if (finishReason.unified === 'length')
    return failure(
      settings,
      redactor,
      'too_large',
      `the answer is longer than ${settings.maxOutputTokens} tokens; raise \`maxOutputTokens\`, or ask for less`,
    );
  if (text === '')
    return failure(settings, redactor, 'invalid_answer', `the model said nothing (${finishReason.unified})`);
  const { total: asked } = usage.inputTokens;
  const { total: answered } = usage.outputTokens;
  const isKnown = asked !== undefined || answered !== undefined;
  return { kind: 'answer', text, tokens: isKnown ? (asked ?? 0) + (answered ?? 0) : undefined };
}

function failure(
  { name, model }: ModelProviderSettings,
  redactor: Redactor,
  code: Failure['code'],
  message: string,
): Failure {
  const text = redactor.mask(message).slice(0, MAX_MESSAGE_CHARS).toWellFormed();
  return { kind: 'failed', code, message: `${name} (${model}): ${text}` };
}

function describe({ status, message }: ServiceError, tries: number): string {
  const what = status === undefined ? message : `it answered with ${status}: ${message}`;
  return tries === 1 ? what : `${what} (${tries} tries)`;
}

function isTooLarge(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof TooLargeError) return true;
  return false;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      timer[Symbol.dispose]();
      reject(signal.reason);
    };
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

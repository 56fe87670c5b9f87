// An HTTP link to a test server, with what it reports.

import type { Dispatcher } from 'undici';
import { createDispatcher } from '../../../src/gateway/upstream/dispatcher.ts';
import { createHttpLink, type HttpLinkOptions } from '../../../src/gateway/upstream/http-link.ts';
import type { Link, LinkAgreement } from '../../../src/gateway/upstream/link.ts';
import type { HttpTarget } from '../../../src/gateway/ports.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { LinkRecorder, request } from './link-recorder.ts';

export const LEGACY: LinkAgreement = { era: 'legacy', protocolVersion: '2025-11-25' };
export const MODERN: LinkAgreement = { era: 'modern', protocolVersion: '2026-07-28' };

export interface LinkFixture extends AsyncDisposable {
  readonly link: Link;
  readonly seen: LinkRecorder;
  readonly dispatcher: Dispatcher;
}

export function httpTarget(url: URL, more: Partial<HttpTarget> = {}): HttpTarget {
  return { url, headers: {}, transport: 'streamable-http', process: undefined, ...more };
}

export function openLink(url: URL, options: Partial<HttpLinkOptions & HttpTarget> = {}): LinkFixture {
  const { clock = systemClock, random = () => 0.5, maxMessageBytes = 1 << 20, ...target } = options;
  const dispatcher = createDispatcher(url.origin);
  const seen = new LinkRecorder();
  const link = createHttpLink(httpTarget(url, target), dispatcher, seen, { clock, random, maxMessageBytes });
  return {
    link,
    seen,
    dispatcher,
    async [Symbol.asyncDispose]() {
      await link.close();
      await dispatcher.destroy();
    },
  };
}

/** Sends `initialize` and agrees on a legacy revision. */
export async function initialize({ link, seen }: LinkFixture): Promise<void> {
  link.request(request(0, 'initialize'));
  await seen.answer(0);
  link.agree(LEGACY);
}

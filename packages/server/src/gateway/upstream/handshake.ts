// Finds out which era a server speaks and agrees on a revision. Modern first, unless the server is known to be legacy;
// anything but a modern answer means legacy (2026-07-28, basic/versioning).

import { ENVELOPE, type Message, notification, spanBytes, spanText, stringValue } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import type { Era, Handshake } from '../../snapshot/types.ts';
import { eraOf, LATEST_LEGACY_REVISION, MODERN_REVISION } from '../protocol/revisions.ts';
import type { UpstreamCodec } from './codec.ts';
import type { InstanceScope } from './instance-deps.ts';
import type { Link } from './link.ts';

/** A server that stays silent to `server/discover` for this long is taken for a legacy one. */
const PROBE_TIMEOUT_MS = 5_000;

export interface HandshakeDeps {
  readonly link: Link;
  readonly codecs: { legacy(): UpstreamCodec; modern(): UpstreamCodec };
  readonly scope: InstanceScope;
  readonly knownEra: Era | undefined;
  readonly startupTimeoutMs: number;
  /** Sends a request in the codec's era; rejects when no response comes. */
  ask(codec: UpstreamCodec, method: string, params: string, timeoutMs: number): Promise<Message>;
}

export interface Agreed {
  readonly handshake: Handshake;
  readonly codec: UpstreamCodec;
}

export async function shakeHands(deps: HandshakeDeps): Promise<Agreed> {
  if (deps.knownEra === 'legacy') {
    const first = await attempt(() => initialize(deps));
    if (first.ok) return first.value;
    const second = await attempt(() => discover(deps));
    if (second.ok && second.value !== undefined) return second.value;
    throw first.error;
  }
  const modern = await attempt(() => discover(deps));
  if (modern.ok && modern.value !== undefined) return modern.value;
  if (!modern.ok && modern.error instanceof AppError && modern.error.code === 'unauthorized')
    throw modern.error;
  return await initialize(deps);
}

async function attempt<T>(
  act: () => Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; error: unknown }> {
  try {
    return { ok: true, value: await act() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Undefined when the server answers, but not as a modern one. */
async function discover(deps: HandshakeDeps): Promise<Agreed | undefined> {
  const codec = deps.codecs.modern();
  deps.link.agree({ era: 'modern', protocolVersion: MODERN_REVISION });
  const timeoutMs = Math.min(PROBE_TIMEOUT_MS, deps.startupTimeoutMs / 2);
  const first = await deps.ask(codec, 'server/discover', '{}', timeoutMs);
  // A server that refuses the revision and yet names it among its own is asked once more.
  const answer = offersModern(first, 'data')
    ? await deps.ask(codec, 'server/discover', '{}', timeoutMs)
    : first;
  if (!offersModern(answer, 'supportedVersions')) return undefined;
  return { codec, handshake: readHandshake(answer, 'modern', MODERN_REVISION) };
}

/** Whether a result's supported versions, or a refusal's data, name our modern revision. */
function offersModern(answer: Message, member: 'supportedVersions' | 'data'): boolean {
  if (answer.kind !== (member === 'data' ? 'error' : 'result')) return false;
  const place = answer.members.get(member);
  return place !== undefined && spanText(answer.bytes, place).includes(`"${MODERN_REVISION}"`);
}

async function initialize(deps: HandshakeDeps): Promise<Agreed> {
  const codec = deps.codecs.legacy();
  deps.link.agree({ era: 'legacy', protocolVersion: LATEST_LEGACY_REVISION });
  const { capabilities, clientInfo } = deps.scope;
  const params = `{"protocolVersion":"${LATEST_LEGACY_REVISION}","capabilities":${capabilities},"clientInfo":${clientInfo}}`;
  const answer = await deps.ask(codec, 'initialize', params, deps.startupTimeoutMs);
  if (answer.kind === 'error') {
    const message = answer.members.get('message');
    const text = message === undefined ? undefined : stringValue(answer.bytes, message);
    throw new AppError('upstream_invalid', `initialize was refused: ${text ?? 'no reason given'}`);
  }
  const place = answer.members.get('protocolVersion');
  const version = place === undefined ? undefined : stringValue(answer.bytes, place);
  if (version === undefined || eraOf(version) !== 'legacy')
    throw new AppError(
      'upstream_invalid',
      `the server wants protocol version ${version ?? '(none)'}, which is not known here`,
    );
  deps.link.agree({ era: 'legacy', protocolVersion: version });
  deps.link.send(notification('notifications/initialized'));
  deps.link.listen();
  return { codec, handshake: readHandshake(answer, 'legacy', version) };
}

/** Reads `initialize` and `server/discover` results alike; the bytes are copied, since handshakes are kept. */
function readHandshake(answer: Message, era: Era, protocolVersion: string): Handshake {
  const { bytes, members } = answer;
  const capabilities = members.get('capabilities');
  const instructions = members.get('instructions');
  const info = members.get('serverInfo') ?? answer.metaMembers.get(ENVELOPE.serverInfo);
  return {
    era,
    protocolVersion,
    capabilities:
      capabilities === undefined ? Buffer.from('{}') : Buffer.from(spanBytes(bytes, capabilities)),
    serverInfo: info === undefined ? undefined : Buffer.from(spanBytes(bytes, info)),
    instructions: instructions === undefined ? undefined : stringValue(bytes, instructions),
  };
}

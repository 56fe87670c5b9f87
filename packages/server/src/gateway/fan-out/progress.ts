// Progress of a call that goes to several members, as one count: each member is one part of it, done or part-done. It only
// ever grows, as the protocol demands, so what would not let it grow is not told.

import { type Message, notification, objectEntries, spanText, stringValue } from '@tutti/wire';

export interface MergedProgress {
  /** A member's own notification; the one for the client, if there is any. */
  reported(index: number, server: string, message: Message): Buffer | undefined;
  done(index: number, server: string): Buffer | undefined;
}

/** A member that is not done counts for less than this. */
const ALMOST = 0.99;

/** `token` is the JSON text of the client's progress token. */
export function createMergedProgress(token: string, members: number): MergedProgress {
  const shares: number[] = Array.from({ length: members }, () => 0);
  let told = 0;

  function advance(index: number, share: number, text: string): Buffer | undefined {
    shares[index] = Math.max(shares[index] ?? 0, share);
    const sum = Math.round(shares.reduce((all, one) => all + one, 0) * 1_000) / 1_000;
    if (sum <= told) return undefined;
    told = sum;
    return notification(
      'notifications/progress',
      `{"progressToken":${token},"progress":${sum},"total":${members},"message":${JSON.stringify(text)}}`,
    );
  }

  return {
    reported(index, server, message) {
      const { progress, total, text } = read(message);
      return advance(index, shareOf(progress, total), text === undefined ? server : `${server}: ${text}`);
    },
    done: (index, server) => advance(index, 1, `${server} is done`),
  };
}

function shareOf(progress: number, total: number | undefined): number {
  if (!(progress > 0)) return 0;
  // Without a total nobody knows how far it is, only that it goes on.
  const share = total !== undefined && total > 0 ? progress / total : 1 - 1 / (1 + progress);
  return Math.min(share, ALMOST);
}

function read({ bytes, body }: Message) {
  const found = new Map(
    (body === undefined ? [] : objectEntries(bytes, body)).map((one) => [one.key, one.value]),
  );
  const number = (name: string): number | undefined => {
    const at = found.get(name);
    const value = at === undefined ? Number.NaN : Number(spanText(bytes, at));
    return Number.isFinite(value) ? value : undefined;
  };
  const at = found.get('message');
  return {
    progress: number('progress') ?? 0,
    total: number('total'),
    text: at === undefined ? undefined : stringValue(bytes, at),
  };
}

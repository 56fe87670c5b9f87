// Compares secrets without telling by the time it takes how much of a guess was right.

import { timingSafeEqual } from 'node:crypto';

export function isSameSecret(given: string, secret: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(secret)];
  return left.length === right.length && timingSafeEqual(left, right);
}

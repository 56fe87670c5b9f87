// Findings of a plan, as many as somebody would read.

import type { PlanFinding, PlanFindingCode } from '@tutti/schemas';

export const MAX_FINDINGS = 100;
const MAX_MESSAGE_CHARS = 2_000;

export interface Findings {
  add(code: PlanFindingCode, path: string, message: string): void;
  readonly isEmpty: boolean;
  end(): { readonly findings: readonly PlanFinding[]; readonly more: number };
}

export function createFindings(): Findings {
  const findings: PlanFinding[] = [];
  let more = 0;
  return {
    add(code, path, message) {
      if (findings.length >= MAX_FINDINGS) more += 1;
      else findings.push({ code, path, message: shorten(message) });
    },
    get isEmpty() {
      return findings.length === 0;
    },
    end: () => ({ findings, more }),
  };
}

/** The middle goes: the end says what to do. */
function shorten(message: string): string {
  if (message.length <= MAX_MESSAGE_CHARS) return message;
  const half = MAX_MESSAGE_CHARS / 2;
  return `${message.slice(0, half).toWellFormed()} … ${message.slice(-half).toWellFormed()}`;
}

// How values read: times, counts, places.

/** `just now`, `4 s ago`, `in 2 min`. */
export function relativeTime(iso: string, nowMs: number): string {
  const timeMs = Date.parse(iso);
  if (Number.isNaN(timeMs)) return iso;
  const differenceMs = timeMs - nowMs;
  const span = duration(Math.abs(differenceMs));
  if (Math.abs(differenceMs) < 1_000) return 'just now';
  return differenceMs > 0 ? `in ${span}` : `${span} ago`;
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

// Names that are close to one that does not exist. Bounded: with very many names only a part of them is compared.

/** Names that are offered. */
const MAX_NEAREST = 5;
/** Names that are compared letter by letter. */
const MAX_COMPARED = 5_000;

export function nearestNames(wrong: string, names: Iterable<string>): string[] {
  const wanted = wrong.toLowerCase();
  const most = Math.max(2, Math.floor(wanted.length / 3));
  const words = wanted.split(/[^a-z0-9]+/).filter((word) => word.length > 2);
  const near: { readonly name: string; readonly distance: number }[] = [];
  let compared = 0;
  for (const name of names) {
    const other = name.toLowerCase();
    const shares = words.some((word) => other.includes(word));
    const isClose = Math.abs(other.length - wanted.length) <= most;
    let distance = shares ? most + Math.abs(other.length - wanted.length) : Infinity;
    if (isClose && compared < MAX_COMPARED) {
      compared += 1;
      distance = Math.min(distance, editDistance(wanted, other));
    }
    if (distance <= most || shares) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const slips = near.filter(({ distance }) => distance <= most);
  return (slips.length > 0 ? slips : near).slice(0, MAX_NEAREST).map(({ name }) => name);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

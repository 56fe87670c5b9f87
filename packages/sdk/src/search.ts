// The query of a request.

export type SearchParameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** With its question mark; nothing when no parameter has a value. */
export function search(parameters: SearchParameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

// The URL of a store as people may see it.

const POSTGRES = /^postgres(?:ql)?:/;
const SQLITE = 'sqlite:';
const PASSWORD = 'password';

export function isPostgresUrl(url: string): boolean {
  return POSTGRES.test(url);
}

/** The file of a `sqlite:` URL; undefined for any other. */
export function sqlitePath(url: string): string | undefined {
  const path = url.startsWith(SQLITE) ? url.slice(SQLITE.length) : '';
  return path === '' ? undefined : path;
}

/** The password in the ways in which it may turn up; empty where there is none. */
export function storePassword(url: string): readonly string[] {
  if (sqlitePath(url) !== undefined) return [];
  const parsed = URL.parse(url);
  // What can't be read may hold a password anywhere.
  if (parsed === null) return [url];
  const asked = parsed.searchParams.get(PASSWORD);
  return [
    ...new Set([parsed.password, decoded(parsed.password), asked ?? '', encodeURIComponent(asked ?? '')]),
  ].filter((text) => text !== '');
}

/** For people. */
export function withoutPassword(url: string): string {
  const path = sqlitePath(url);
  if (path !== undefined) return path;
  const parsed = URL.parse(url);
  if (parsed === null) return 'of TUTTI_STORE';
  parsed.password = '';
  parsed.searchParams.delete(PASSWORD);
  return parsed.href;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The url of a server as people may see it.

/** Without what may be secret: credentials, the query and the fragment. Variables in it stay as they are written. */
export function displayUrl(url: string): string {
  // As a url its variables would be in lower case.
  const parsed = url.includes('${') ? null : URL.parse(url);
  if (parsed !== null) return `${parsed.origin}${parsed.pathname}`;
  return url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//');
}

// A url as people write it, which may hold `${VAR}`.

/** A url that is whole, or that begins with a variable and can be judged only when that is resolved. */
export function isUrlTemplate(url: string): boolean {
  if (url.startsWith('${')) return true;
  return /^https?:\/\/[^/\s]/.test(url) && (url.includes('${') || URL.canParse(url));
}

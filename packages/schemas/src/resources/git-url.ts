// Addresses of git repositories: which are taken, and how they are shown. Pure.

/** Transports that git itself speaks; `ext::` and other helpers would run commands. */
const SCHEMES = ['https', 'http', 'ssh', 'git', 'file'];

/** Why an address is not taken, or undefined. It may hold credentials, so the words don't repeat it. */
export function gitUrlIssue(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url.startsWith('-')) return 'must not begin with `-`';
  if (/[\s\p{Cc}]/u.test(url)) return 'must not hold spaces or control characters';
  if (/^[a-z0-9+.-]*::/i.test(url))
    return 'transports like `ext::` are not taken; write an https, ssh or file url';
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(url) ?? [];
  if (scheme !== undefined) {
    if (!SCHEMES.includes(scheme.toLowerCase()))
      return `\`${scheme}\` is none of ${SCHEMES.map((one) => `\`${one}\``).join(', ')}`;
    const [authority = ''] = rest.split('/');
    if (authority === '' && scheme.toLowerCase() !== 'file') return 'names no host';
    return hostIssue(authority);
  }
  const [, host] = /^([^/:]+):./.exec(url) ?? [];
  if (host !== undefined) return hostIssue(host);
  return 'not the address of a repository; write `https://…`, `ssh://…`, `git@host:path` or `file:///…`';
}

/** ssh would take such a host for an option. */
function hostIssue(authority: string): string | undefined {
  return /^-|@-/.test(authority) ? 'its host must not begin with `-`' : undefined;
}

/** The address without what may be secret: credentials and the query. */
export function displayGitUrl(url: string): string {
  const parts = partsOf(url);
  if (parts === undefined) return url;
  const { scheme, user, rest } = parts;
  // The user of ssh is a name that everybody has; that of https may be a token.
  return isSsh(scheme) && user !== '' ? `${scheme}${user}@${rest}` : `${scheme}${rest}`;
}

/** What of the address must never be shown. */
export function gitUrlSecrets(url: string): readonly string[] {
  const { scheme = '', user = '', password = '' } = partsOf(url) ?? {};
  // Where there is no password, or only the word that GitHub took for one, the user is the token.
  const isToken = !isSsh(scheme) && (password === '' || password === 'x-oauth-basic');
  return [password, isToken ? user : ''].filter((secret) => secret !== '');
}

function partsOf(url: string) {
  const [, scheme = '', userinfo = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/]*)@)?([^?#]*)/i.exec(url) ?? [];
  if (scheme === '') return undefined;
  const [user = '', ...password] = userinfo.split(':');
  return { scheme, user, password: password.join(':'), rest };
}

function isSsh(scheme: string): boolean {
  return scheme.toLowerCase() === 'ssh://';
}

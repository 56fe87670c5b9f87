// The proxy through which servers with a url of their own are dialled: what its url comes to, and where it has each
// server. Pure.

import { resolveText, type VariableSources } from './variables.ts';
import { unresolvedMessage } from './resolved-issues.ts';

export type ResolvedProxy =
  | { readonly kind: 'ok'; /** Without a slash at the end. */ readonly base: string }
  | { readonly kind: 'wrong'; readonly reason: string };

/** The reason never shows a value: it may be a secret. */
export function resolveProxy(template: string, sources: VariableSources): ResolvedProxy {
  const { text, unresolved } = resolveText(template, sources);
  const [name] = unresolved;
  if (name !== undefined) return { kind: 'wrong', reason: unresolvedMessage(name) };
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    return { kind: 'wrong', reason: 'no `http://` or `https://` url; write `http://proxy.example.com:8080`' };
  if (url.username !== '' || url.password !== '')
    return {
      kind: 'wrong',
      reason: 'credentials in it are not sent; put them into `headers` of the servers instead',
    };
  if (url.search !== '' || url.hash !== '')
    return {
      kind: 'wrong',
      reason: 'a path is put behind it, so it may have no `?` and no `#`; remove them',
    };
  return { kind: 'ok', base: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
}

export function proxiedUrl(base: string, server: string): string {
  return `${base}/mcp/${server}`;
}

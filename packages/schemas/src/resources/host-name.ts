// A name or an address of a host as people write it: without scheme, port and path.

import { z } from 'zod';

/** A URL would take wildcards too. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

/** The host as a URL has it: lower case, an international name in its ASCII form, IPv6 without brackets. */
export const hostName = z.string().transform((text, context) => {
  const isBareIpv6 = text.includes(':') && !text.startsWith('[');
  const url = URL.parse(`http://${isBareIpv6 ? `[${text}]` : text}`);
  if (url !== null && url.href === `http://${url.hostname}/` && HOST.test(url.hostname))
    return url.hostname.replaceAll(/[[\]]/g, '');
  context.addIssue({
    code: 'custom',
    message: 'not a host name; write `tutti.example.com`, without scheme and port',
  });
  return z.NEVER;
});

// Which network addresses may be connected to. Pure: the connector asks for the very address that it is about to use,
// so that a name that resolves differently the second time gains nothing (DNS rebinding).
// Ranges: IANA special-purpose address registries.

export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'metadata'
  | 'unspecified'
  | 'multicast'
  | 'reserved';

/** `declared`: for urls that an operator wrote down. `strict`: for urls that a server or a remote user gave. */
export type AddressPolicy = 'declared' | 'strict';

const ALLOWED: Readonly<Record<AddressPolicy, ReadonlySet<AddressClass>>> = {
  declared: new Set<AddressClass>(['public', 'loopback', 'private']),
  strict: new Set<AddressClass>(['public']),
};

/** First match wins. Single addresses are endpoints that hand out a machine's credentials. */
const V4_RANGES: readonly Range[] = [
  range('169.254.169.254/32', 'metadata'),
  range('169.254.170.2/32', 'metadata'),
  range('169.254.170.23/32', 'metadata'),
  range('100.100.100.200/32', 'metadata'),
  range('168.63.129.16/32', 'metadata'),
  range('192.0.0.192/32', 'metadata'),
  range('0.0.0.0/8', 'unspecified'),
  range('10.0.0.0/8', 'private'),
  range('100.64.0.0/10', 'private'),
  range('127.0.0.0/8', 'loopback'),
  range('169.254.0.0/16', 'link-local'),
  range('172.16.0.0/12', 'private'),
  range('192.0.0.0/24', 'reserved'),
  range('192.0.2.0/24', 'reserved'),
  range('192.88.99.0/24', 'reserved'),
  range('192.168.0.0/16', 'private'),
  // Benchmarking by the registry; local proxies answer every name with these addresses.
  range('198.18.0.0/15', 'private'),
  range('198.51.100.0/24', 'reserved'),
  range('203.0.113.0/24', 'reserved'),
  range('224.0.0.0/4', 'multicast'),
  range('240.0.0.0/4', 'reserved'),
];

const V6_RANGES: readonly Range[] = [
  range('fd00:ec2::254/128', 'metadata'),
  range('fd00:ec2::23/128', 'metadata'),
  range('fd20:ce::254/128', 'metadata'),
  range('::/128', 'unspecified'),
  range('::1/128', 'loopback'),
  range('fe80::/10', 'link-local'),
  range('fc00::/7', 'private'),
  range('fec0::/10', 'private'),
  range('ff00::/8', 'multicast'),
  range('2001::/23', 'reserved'),
  range('2001:db8::/32', 'reserved'),
  range('3fff::/20', 'reserved'),
  range('2000::/3', 'public'),
  range('::/0', 'reserved'),
];

/** IPv6 prefixes that carry an IPv4 address, and where: the carried address decides. */
const CARRIERS: readonly { readonly prefix: Prefix; readonly at: number }[] = [
  { prefix: prefix('::ffff:0:0/96'), at: 12 },
  { prefix: prefix('::ffff:0:0:0/96'), at: 12 },
  { prefix: prefix('64:ff9b::/96'), at: 12 },
  { prefix: prefix('2002::/16'), at: 2 },
];

interface Prefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

interface Range {
  readonly prefix: Prefix;
  readonly addressClass: AddressClass;
}

/** The class of an IP address in text form. What is no address is `reserved`, so that nothing allows it. */
export function classifyAddress(address: string): AddressClass {
  const bytes = parseAddress(address);
  return bytes === undefined ? 'reserved' : classifyBytes(bytes);
}

/** Whether a policy allows connecting to an address of this class. */
export function isAllowed(addressClass: AddressClass, policy: AddressPolicy): boolean {
  return ALLOWED[policy].has(addressClass);
}

/** Why a url may not be dialled, before any name is resolved; undefined when nothing speaks against it. WHATWG URL has
 *  already turned odd spellings of IPv4 (`0x7f.1`, `2130706433`) into the usual one. */
export function refuseUrl(url: URL, policy: AddressPolicy): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `The scheme ${url.protocol} is not supported: use http or https.`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'A url must not hold a user name or password: use a header.';
  }
  const host = bareHost(url.hostname);
  if (parseAddress(host) === undefined) return undefined;
  return refuseAddress(host, policy);
}

/** Why an address may not be connected to; undefined when it may. */
export function refuseAddress(address: string, policy: AddressPolicy): string | undefined {
  const addressClass = classifyAddress(address);
  if (isAllowed(addressClass, policy)) return undefined;
  return `Connections to ${address} (${addressClass}) are not allowed.`;
}

/** The host of a url without the brackets of an IPv6 address. */
function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function classifyBytes(bytes: Uint8Array): AddressClass {
  if (bytes.length === 16) {
    const carrier = CARRIERS.find(({ prefix }) => matches(bytes, prefix));
    if (carrier !== undefined) return classifyBytes(bytes.subarray(carrier.at, carrier.at + 4));
  }
  const ranges = bytes.length === 4 ? V4_RANGES : V6_RANGES;
  return ranges.find(({ prefix }) => matches(bytes, prefix))?.addressClass ?? 'public';
}

function matches(bytes: Uint8Array, { bytes: base, bits }: Prefix): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff << (8 - (bits - i * 8))) & 0xff;
    if (((bytes[i] ?? 0) & mask) !== ((base[i] ?? 0) & mask)) return false;
  }
  return true;
}

function range(cidr: string, addressClass: AddressClass): Range {
  return { prefix: prefix(cidr), addressClass };
}

function prefix(cidr: string): Prefix {
  const [address = '', bits = ''] = cidr.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new TypeError(`not an address range: ${cidr}`);
  return { bytes, bits: Number(bits) };
}

/** Four or sixteen bytes; undefined when the text is no address. A zone (`%eth0`) does not matter for the class. */
function parseAddress(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  return address.includes(':') ? parseV6(address) : parseV4(address);
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseV6(text: string): Uint8Array | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const front = parseGroups(head);
  const back = tail === undefined ? [] : parseGroups(tail);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...front, ...Array<number>(missing).fill(0), ...back]);
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const embedded = index === groups.length - 1 ? parseV4(group) : undefined;
    if (embedded !== undefined) {
      bytes.push(...embedded);
      continue;
    }
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

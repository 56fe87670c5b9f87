import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import {
  classifyAddress,
  isAllowed,
  refuseUrl,
  type AddressClass,
  type AddressPolicy,
} from '../../src/network/address-guard.ts';

const CLASSES: readonly (readonly [AddressClass, ...string[]])[] = [
  ['public', '1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'],
  ['loopback', '127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  [
    'private',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.4',
    'fd12::1',
    'fec0::1',
  ],
  [
    'link-local',
    '169.254.0.1',
    '169.254.255.255',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '::ffff:169.254.1.1',
  ],
  [
    'metadata',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
  ],
  ['unspecified', '0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
  ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
  [
    'reserved',
    '240.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '203.0.113.9',
    '2001:db8::1',
    '2001::1',
    '::7f00:1',
    '64:ff9b:1::1',
  ],
  // No addresses at all.
  [
    'reserved',
    '',
    'localhost',
    '1.2.3',
    '01.2.3.4',
    '256.1.1.1',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    ':',
  ],
];

describe('the class of an address', () => {
  for (const [addressClass, ...addresses] of CLASSES) {
    it(`${addressClass}: ${addresses.join(', ')}`, () => {
      verifies('SEC-13');
      for (const address of addresses)
        expect([address, classifyAddress(address)]).toEqual([address, addressClass]);
    });
  }
});

describe('what a policy allows', () => {
  const allowed = (policy: AddressPolicy) =>
    CLASSES.map(([addressClass]) => addressClass).filter((addressClass) => isAllowed(addressClass, policy));

  it('lets a declared url reach private networks, but nothing that hands out credentials', () => {
    verifies('SEC-13');
    expect(allowed('declared')).toEqual(['public', 'loopback', 'private']);
  });

  it('lets a foreign url reach the public internet only', () => {
    verifies('SEC-13');
    expect(allowed('strict')).toEqual(['public']);
  });
});

describe('urls', () => {
  it.each([
    ['ftp://example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['http://user@example.com/', 'user name'],
    ['http://:secret@example.com/', 'user name'],
    ['http://127.0.0.1/', 'loopback'],
    ['http://0x7f.1/', 'loopback'],
    ['http://2130706433/', 'loopback'],
    ['http://0177.0.0.1/', 'loopback'],
    ['http://127.1/', 'loopback'],
    ['http://[::ffff:127.0.0.1]/', 'loopback'],
    ['http://[fe80::1]/', 'link-local'],
    ['http://0/', 'unspecified'],
  ])('a strict policy refuses %s', (url, why) => {
    verifies('SEC-13');
    expect(refuseUrl(new URL(url), 'strict')).toContain(why);
  });

  it('never repeats credentials', () => {
    expect(refuseUrl(new URL('http://user:hunter2@example.com/'), 'strict')).not.toContain('hunter2');
  });

  it('leaves names to the check at connection time', () => {
    expect(refuseUrl(new URL('https://example.com/mcp'), 'strict')).toBeUndefined();
    expect(refuseUrl(new URL('http://localhost:1/mcp'), 'declared')).toBeUndefined();
  });

  it('refuses the metadata service even where it is declared', () => {
    verifies('SEC-13');
    expect(refuseUrl(new URL('http://169.254.169.254/latest'), 'declared')).toContain('metadata');
    expect(refuseUrl(new URL('http://[fd00:ec2::254]/'), 'declared')).toContain('metadata');
  });
});

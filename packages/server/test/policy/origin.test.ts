import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { checkHostAndOrigin, isLoopback } from '../../src/policy/origin.ts';

const local = { boundHost: '127.0.0.1', allowedHosts: [] };
const open = { boundHost: '0.0.0.0', allowedHosts: ['tutti.example'] };

describe('Host and Origin', () => {
  test.each([
    ['127.0.0.1:7400', undefined],
    ['localhost:7400', undefined],
    ['LocalHost', undefined],
    ['[::1]:7400', undefined],
    ['127.0.0.1:7400', 'http://localhost:6274'],
    ['127.0.0.1:7400', 'http://[::1]:3000'],
  ])('on loopback Host %s with Origin %s passes', (host, origin) => {
    verifies('SEC-13');
    expect(checkHostAndOrigin({ host, origin }, local)).toEqual({ kind: 'ok' });
  });

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['evil.example', undefined],
    ['evil.example:7400', undefined],
    ['localhost.evil.example', undefined],
    ['127.0.0.1.evil.example', undefined],
    ['127.0.0.1@evil.example', undefined],
    ['evil.example/localhost', undefined],
    ['localhost/path', undefined],
    ['192.168.1.7:7400', undefined],
    ['not a host', undefined],
    ['127.0.0.1:7400', 'http://evil.example'],
    ['127.0.0.1:7400', 'https://localhost.evil.example'],
    ['127.0.0.1:7400', 'null'],
    ['127.0.0.1:7400', ''],
    ['127.0.0.1:7400', 'file://'],
    // A rebound name: the page and the request agree, and both are not ours.
    ['evil.example:7400', 'http://evil.example:7400'],
  ])('on loopback Host %s with Origin %s is refused', (host, origin) => {
    verifies('SEC-13');
    expect(checkHostAndOrigin({ host, origin }, local).kind).toBe('refused');
  });

  test.each([
    ['10.0.0.5:7400', undefined, 'ok'],
    ['tutti.example', 'https://tutti.example', 'ok'],
    ['10.0.0.5:7400', 'http://10.0.0.5:7400', 'ok'],
    ['10.0.0.5:7400', 'http://10.6.6.6', 'refused'],
    ['evil.example', undefined, 'refused'],
    ['tutti.example', 'https://evil.example', 'refused'],
  ])('off loopback Host %s with Origin %s: %s', (host, origin, kind) => {
    verifies('SEC-13');
    expect(checkHostAndOrigin({ host, origin }, open).kind).toBe(kind);
  });

  test('knows loopback from everything else', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '127.evil.example', '128.0.0.1', ''].some(isLoopback)).toBe(false);
  });
});

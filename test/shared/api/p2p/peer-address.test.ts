/** @module Which addresses of nodes are taken, where they lead, and whose they may be. */
import { describe, expect, it } from 'vitest';
import { addressRange, peerUrl, reachOf, sourceRange } from '../../../../shared/api/p2p/peer-address.ts';

describe('the URL of a node', () => {
  it.each([
    ['https://node.example.com', 'https://node.example.com'],
    ['https://node.example.com/', 'https://node.example.com'],
    ['https://Node.Example.com:443/base//', 'https://node.example.com/base'],
    ['http://127.0.0.1:9080/', 'http://127.0.0.1:9080'],
    ['http://[::1]:80', 'http://[::1]'],
    ['https://1.1.1.1', 'https://1.1.1.1'],
  ])('%s is %s', (text, url) => {
    expect(peerUrl(text)).toBe(url);
    expect(peerUrl(url)).toBe(url);
  });

  it.each([
    'http://node.example.com',
    'http://1.1.1.1',
    'ftp://node.example.com',
    'https://user@node.example.com',
    'https://user:secret@node.example.com',
    'https://node.example.com/?a=1',
    'https://node.example.com/?',
    'https://node.example.com/#',
    'https://',
    'node.example.com',
    '',
    `https://${'a'.repeat(250)}.example.com`,
  ])('%s is none', (text) => {
    expect(peerUrl(text)).toBeNull();
  });
});

describe('an address', () => {
  it.each([
    'http://127.0.0.1',
    'http://127.9.8.7:9080',
    'http://2130706433', // the same as one number
    'http://0x7f.1',
    'http://0.0.0.0',
    'https://10.1.2.3',
    'https://100.64.0.1',
    'https://169.254.169.254', // where clouds keep their secrets
    'https://172.16.0.1',
    'https://172.31.255.255',
    'https://192.168.1.1',
    'https://198.19.0.1',
    'https://224.0.0.1',
    'https://255.255.255.255',
    'https://[::]',
    'https://[::1]',
    'https://[fc00::1]',
    'https://[fe80::1]',
    'https://[ff02::1]',
    'https://[2001:db8::1]',
    'https://[::ffff:10.0.0.1]',
    'https://[64:ff9b::a00:1]',
    'https://localhost',
    'https://node.localhost',
    'https://localhost.',
    'https://printer',
    'https://db.internal',
    'https://router.lan',
  ])('%s is private', (url) => {
    expect(reachOf(url)).toBe('private');
  });

  it.each([
    'https://node.example.com',
    'https://1.1.1.1',
    'https://100.63.255.255',
    'https://100.128.0.0',
    'https://172.15.255.255',
    'https://172.32.0.0',
    'https://192.167.1.1',
    'https://[2606:4700::1]',
    'https://[::ffff:1.1.1.1]',
    'https://localhost.example.com',
    'https://internal.example.com',
  ])('%s is public', (url) => {
    expect(reachOf(url)).toBe('public');
  });
});

describe('the range of an address', () => {
  it.each([
    ['https://1.2.3.4', '1.2.3.0/24'],
    ['https://1.2.3.250:99', '1.2.3.0/24'],
    ['https://[2606:4700:10:20::1]', '2606:4700:10::/48'],
    ['https://[::ffff:1.2.3.4]', '1.2.3.0/24'],
    ['https://example.com', 'example.com'],
    ['https://a.b.c.example.com', 'example.com'],
    ['https://a.b.example.co.uk', 'example.co.uk'],
    ['https://node.alice.workers.dev', 'alice.workers.dev'],
    ['https://abc.io', 'abc.io'],
    ['https://a.abc.io', 'abc.io'],
    ['http://127.0.0.1:9080', '127.0.0.1:9080'],
  ])('%s is %s', (url, range) => {
    expect(addressRange(url)).toBe(range);
  });

  it.each([
    ['1.2.3.4', '1.2.3.0/24'],
    ['2a06:98c0:3600::103', '2a06:98c0:3600::/48'],
    ['::ffff:1.2.3.4', '1.2.3.0/24'],
    ['not an address', 'not an address'],
  ])('of a caller at %s is %s', (address, range) => {
    expect(sourceRange(address)).toBe(range);
  });
});

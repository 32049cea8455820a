/**
 * @module Addresses of other nodes: which URLs are taken, which lead into a private network, and which belong to one
 * hand. Names are judged by their text alone; a name that resolves into a private network is the platform's to refuse.
 */

/** Characters of a base URL. */
export const PEER_URL_LENGTH_MAX = 256;

/** Where an address leads: into the public internet, or onto this machine or network. */
export type Reach = 'public' | 'private';

/** Four bytes of an address and how many of their bits count. Source: the special-purpose registry of IANA (RFC 6890). */
const PRIVATE_IPV4: readonly (readonly [number, number, number, number, number])[] = [
  [0, 0, 0, 0, 8],
  [10, 0, 0, 0, 8],
  [100, 64, 0, 0, 10],
  [127, 0, 0, 0, 8],
  [169, 254, 0, 0, 16],
  [172, 16, 0, 0, 12],
  [192, 0, 0, 0, 24],
  [192, 0, 2, 0, 24],
  [192, 168, 0, 0, 16],
  [198, 18, 0, 0, 15],
  [198, 51, 100, 0, 24],
  [203, 0, 113, 0, 24],
  [224, 0, 0, 0, 3],
];
/** Names that only mean something inside a network. A name without a dot is one too. */
const PRIVATE_NAMES = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home\.arpa|test|invalid)$/;
/** Domains under which strangers get names of their own: one label more tells them apart. */
const SHARED_DOMAINS = /^(?:workers\.dev|pages\.dev|fly\.dev|(?:ac|co|com|edu|gov|ne|net|or|org)\.[a-z]{2})$/;

/**
 * The base URL of a node in its only form: origin and path without a slash at the end. Null for what is no such URL:
 * credentials, query and fragment have no place in it, and http is for private addresses.
 */
export function peerUrl(text: string): string | null {
  if (text.length > PEER_URL_LENGTH_MAX || !URL.canParse(text)) return null;
  const url = new URL(text);
  const { protocol, username, password, search, hash } = url;
  if (`${username}${password}${search}${hash}` !== '' || /[?#]$/.test(text)) return null;
  if (protocol !== 'https:' && !(protocol === 'http:' && reachOf(url.href) === 'private')) return null;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Where a URL leads, by its host's text. */
export function reachOf(url: string): Reach {
  const { hostname } = new URL(url);
  const host = hostname.replace(/\.$/, '');
  const ipv4 = ipv4Of(host);
  if (ipv4 !== null) return isPrivateIpv4(ipv4) ? 'private' : 'public';
  const ipv6 = ipv6Of(host);
  if (ipv6 !== null) return isPrivateIpv6(ipv6) ? 'private' : 'public';
  return !host.includes('.') || PRIVATE_NAMES.test(host) ? 'private' : 'public';
}

/**
 * Who may be one party among the hosts of URLs: the /24 of an IPv4 address, the /48 of an IPv6 one, the domain of a
 * name. The ports of this machine are many parties.
 */
export function addressRange(url: string): string {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/\.$/, '');
  if (isLoopback(host)) return `${host}:${port}`;
  return ipRange(host) ?? domainOf(host);
}

/** The same of a caller's IP address as the platform gives it; the text itself for what is no address. */
export function sourceRange(address: string): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const parsed = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  return ipRange(parsed) ?? address.slice(0, PEER_URL_LENGTH_MAX);
}

function ipRange(host: string): string | null {
  const ipv4 = ipv4Of(host);
  if (ipv4 !== null) return `${ipv4.slice(0, 3).join('.')}.0/24`;
  const ipv6 = ipv6Of(host);
  if (ipv6 === null) return null;
  const mapped = mappedIpv4(ipv6);
  if (mapped !== null) return `${mapped.slice(0, 3).join('.')}.0/24`;
  return `${ipv6
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(':')}::/48`;
}

function domainOf(host: string): string {
  const labels = host.split('.');
  const shared = SHARED_DOMAINS.exec(labels.slice(-2).join('.'));
  return labels.slice(shared === null ? -2 : -3).join('.');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || ipv4Of(host)?.[0] === 127;
}

/** URLs write every IPv4 address as four decimal numbers. */
function ipv4Of(host: string): readonly number[] | null {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? host.split('.').map(Number) : null;
}

/** The eight groups of an IPv6 address in the brackets of a URL. */
function ipv6Of(host: string): readonly number[] | null {
  if (!host.startsWith('[') || !host.endsWith(']')) return null;
  const [head = '', tail] = host.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number(`0x${group}`)));
  if (tail === undefined) return groups(head);
  const [left, right] = [groups(head), groups(tail)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function isPrivateIpv4(address: readonly number[]): boolean {
  const value = numberOf(address);
  return PRIVATE_IPV4.some(([a, b, c, d, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(value / size) === Math.floor(numberOf([a, b, c, d]) / size);
  });
}

function numberOf(address: readonly number[]): number {
  return address.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** All but global unicast 2000::/3, documentation 2001:db8::/32, and what wraps a private IPv4 address. */
function isPrivateIpv6(groups: readonly number[]): boolean {
  const mapped = mappedIpv4(groups);
  if (mapped !== null) return isPrivateIpv4(mapped);
  const [first = 0, second = 0] = groups;
  return first >> 13 !== 1 || (first === 0x2001 && second === 0xdb8);
}

/** The IPv4 address in ::ffff:0:0/96 and 64:ff9b::/96. */
function mappedIpv4(groups: readonly number[]): readonly number[] | null {
  const [a, b, c, d, e, f, g = 0, h = 0] = groups;
  const isMapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff;
  const isTranslated = a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0;
  return isMapped || isTranslated ? [g >> 8, g & 255, h >> 8, h & 255] : null;
}

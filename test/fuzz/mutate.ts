/** @module Mutations of valid requests: values of another kind or size, members lost and added, bytes flipped. */
import type { Seeded } from '../support/seeded.ts';

const HOSTILE: readonly unknown[] = [
  null,
  true,
  false,
  '',
  ' ',
  '0',
  '-1',
  '01',
  '1e3',
  '0x',
  '0xzz',
  'null',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  "' or 1=1 --",
  '../../etc/passwd',
  '%00%2f',
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  { toString: 1 },
  { length: -1 },
];

/** A copy of the JSON value with one to three changes somewhere in it. */
export function mutateJson(value: unknown, random: Seeded): unknown {
  let copy = structuredClone(value);
  for (let changes = random.integer(1, 3); changes > 0; changes -= 1) copy = mutateOnce(copy, random);
  return copy;
}

function mutateOnce(value: unknown, random: Seeded): unknown {
  const isBranch = typeof value === 'object' && value !== null;
  if (!isBranch || random.integer(1, 12) === 1) return mutateLeaf(value, random);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.integer(1, 4) === 1) return [...value, random.pick(HOSTILE)];
    const at = random.integer(0, value.length - 1);
    if (random.integer(1, 5) === 1) return value.filter((_, index) => index !== at);
    return value.map((item, index) => (index === at ? mutateOnce(item, random) : item));
  }
  return mutateMembers(value as Record<string, unknown>, random);
}

function mutateMembers(value: Record<string, unknown>, random: Seeded): Record<string, unknown> {
  const names = Object.keys(value);
  const what = random.integer(1, 8);
  if (names.length === 0 || what === 1)
    return { ...value, [random.pick(UNKNOWN_NAMES)]: random.pick(HOSTILE) };
  const name = random.pick(names);
  if (what === 2) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  if (what === 3)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key === name ? key.toUpperCase() : key, inner]),
    );
  return { ...value, [name]: mutateOnce(value[name], random) };
}

const UNKNOWN_NAMES = [
  'extra',
  'hash',
  'Fee',
  'toString',
  'constructor',
  '',
  '$',
  'a'.repeat(300),
  'tx_hash',
];

function mutateLeaf(value: unknown, random: Seeded): unknown {
  const way = random.integer(1, 4);
  if (typeof value === 'string' && way > 1) return mutateText(value, random);
  if (typeof value === 'number' && way > 2)
    return value + random.pick([1, -1, 0.5, 2 ** 20, -(2 ** 20), 2 ** 52]);
  return random.pick(HOSTILE);
}

/** The text with one character changed, lost, doubled, or the whole cut or prolonged. */
export function mutateText(text: string, random: Seeded): string {
  const at = random.integer(0, Math.max(0, text.length - 1));
  const before = text.slice(0, at);
  const after = text.slice(at + 1);
  switch (random.integer(1, 8)) {
    case 1:
      return before;
    case 2:
      return before + after;
    case 3:
      return text + text.slice(at);
    case 4:
      return text.toUpperCase();
    case 5:
      return `${before}${random.pick(['g', 'Z', '-', '.', ' ', '\n', 'é', '0', 'f'])}${after}`;
    case 6:
      return ` ${text}`;
    case 7:
      return text.padEnd(random.pick([100, 1_000, 10_000]), 'a');
    default:
      return before + random.pick([...'0123456789abcdef']) + after;
  }
}

/** The bytes with a few of them changed, or cut short. */
export function mutateBytes(bytes: Uint8Array, random: Seeded): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  for (let changes = random.integer(1, 4); changes > 0; changes -= 1)
    copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
  return random.integer(1, 4) === 1 ? copy.slice(0, random.integer(0, copy.length)) : copy;
}

/** @module Codecs made of other codecs, and those of the branded strings. */
import { ADDRESS_BYTES, addressFromBytes, addressToBytes } from '../primitives/address.ts';
import type { Address, ConsensusKey, HashHex } from '../primitives/brand.ts';
import { consensusKeyFromBytes, consensusKeyToBytes, PUBLIC_KEY_BYTES } from '../primitives/consensus-key.ts';
import { HASH_BYTES, hashFromBytes, hashToBytes } from '../primitives/hash.ts';
import type { CborValue } from './cbor.ts';
import type { Codec, ValueOf } from './codec.ts';
import { schemaError } from './codec-error.ts';
import { bytes } from './scalars.ts';

/** A list of at most `max` items. */
export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    toCbor(values) {
      if (values.length > max) throw schemaError('', `at most ${max} items`);
      const out = new Array<CborValue>(values.length);
      for (let i = 0; i < values.length; i++) out[i] = item.toCbor(values[i] as T);
      return out;
    },
    fromCbor(value, path) {
      if (!Array.isArray(value)) throw schemaError(path, 'a list');
      if (value.length > max) throw schemaError(path, `at most ${max} items`);
      const out = new Array<T>(value.length);
      for (let i = 0; i < value.length; i++) out[i] = item.fromCbor(value[i] as CborValue, `${path}[${i}]`);
      return out;
    },
    isExact: item.isExact === true,
  };
}

/** The fields of a tuple, in encoding order. */
type Fields = Readonly<Record<string, Codec<unknown>>>;

/** The object that a tuple stands for. */
type TupleValue<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** An object encoded as an array of exactly its fields, in the order in which they are written here. */
export function tuple<F extends Fields>(fields: F): Codec<TupleValue<F>> {
  const names = Object.keys(fields);
  const codecs = Object.values(fields);
  const size = names.length;
  return {
    toCbor(value) {
      const record = value as Readonly<Record<string, unknown>>;
      const out = new Array<CborValue>(size);
      for (let i = 0; i < size; i++)
        out[i] = (codecs[i] as Codec<unknown>).toCbor(record[names[i] as string]);
      return out;
    },
    fromCbor(value, path) {
      if (!Array.isArray(value) || value.length !== size) throw schemaError(path, `an array of ${size}`);
      const prefix = path === '' ? '' : `${path}.`;
      const record: Record<string, unknown> = {};
      for (let i = 0; i < size; i++) {
        const name = names[i] as string;
        record[name] = (codecs[i] as Codec<unknown>).fromCbor(value[i] as CborValue, prefix + name);
      }
      return record as TupleValue<F>;
    },
    isExact: codecs.every((codec) => codec.isExact === true),
  };
}

/** The value, or null. */
export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    toCbor: (value) => (value === null ? null : codec.toCbor(value)),
    fromCbor: (value, path) => (value === null ? null : codec.fromCbor(value, path)),
    isExact: codec.isExact === true,
  };
}

/** The same encoding under another type. `to` makes the value from the decoded one, `from` undoes it. */
export function mapped<Inner, Outer>(
  codec: Codec<Inner>,
  to: (inner: Inner) => Outer,
  from: (outer: Outer) => Inner,
): Codec<Outer> {
  return {
    toCbor: (value) => codec.toCbor(from(value)),
    fromCbor: (value, path) => to(codec.fromCbor(value, path)),
  };
}

/** As {@link mapped}, where `from` gives back whatever `to` was given. */
function renamed<Inner, Outer>(...args: Parameters<typeof mapped<Inner, Outer>>): Codec<Outer> {
  return { ...mapped(...args), isExact: args[0].isExact === true };
}

/** One of some names, encoded by its integer code. */
export function choice<Name extends string>(codes: Readonly<Record<Name, number>>): Codec<Name> {
  const names = new Map<CborValue, Name>(
    Object.entries<number>(codes).map(([name, code]) => [code, name as Name]),
  );
  return {
    toCbor(value) {
      if (!Object.hasOwn(codes, value)) throw schemaError('', `one of ${Object.keys(codes).join(', ')}`);
      return codes[value];
    },
    fromCbor(value, path) {
      const name = names.get(value);
      if (name === undefined) throw schemaError(path, `one of the codes ${[...names.keys()].join(', ')}`);
      return name;
    },
    isExact: names.size === Object.keys(codes).length,
  };
}

/** An address: text in values, 20 bytes in CBOR. */
export const addressCodec: Codec<Address> = renamed(bytes(ADDRESS_BYTES), addressFromBytes, addressToBytes);

/** A hash: text in values, 32 bytes in CBOR. */
export const hashCodec: Codec<HashHex> = renamed(bytes(HASH_BYTES), hashFromBytes, hashToBytes);

/** A consensus key: text in values, 32 bytes in CBOR. */
export const consensusKeyCodec: Codec<ConsensusKey> = renamed(
  bytes(PUBLIC_KEY_BYTES),
  consensusKeyFromBytes,
  consensusKeyToBytes,
);

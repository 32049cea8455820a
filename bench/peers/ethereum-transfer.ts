/** @module A signed Ethereum transfer (legacy form, EIP-155), so that anvil gets as good a presigned load as Atoll. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** Chain id of anvil. */
const CHAIN_ID = 31_337n;
/** A plain transfer costs exactly this. */
const GAS = 21_000n;
const GAS_PRICE = 2_000_000_000n;

/** A key with its address. */
export interface EthereumAccount {
  readonly secret: Uint8Array;
  /** 0x + 40 hex digits. */
  readonly address: string;
}

/** Account number `index` of the bench. */
export function ethereumAccount(index: number): EthereumAccount {
  const secret = sha256(new TextEncoder().encode(`atoll bench ${index}`));
  const point = secp256k1.getPublicKey(secret, false).subarray(1);
  return { secret, address: `0x${hex(keccak_256(point).subarray(12))}` };
}

/** A signed transfer of `value` wei as 0x-hex, with its hash. */
export function signTransfer(
  from: EthereumAccount,
  to: string,
  nonce: number,
  value: bigint,
): { raw: string; hash: string } {
  const fields = [
    integer(BigInt(nonce)),
    integer(GAS_PRICE),
    integer(GAS),
    Uint8Array.from(Buffer.from(to.slice(2), 'hex')),
    integer(value),
    new Uint8Array(),
  ];
  const digest = keccak_256(list([...fields, integer(CHAIN_ID), integer(0n), integer(0n)]));
  const signature = secp256k1.sign(digest, from.secret, { prehash: false, format: 'recovered' });
  const recovery = BigInt(signature[0] as number);
  const scalar = (start: number) => integer(BigInt(`0x${hex(signature.subarray(start, start + 32))}`));
  const raw = list([...fields, integer(CHAIN_ID * 2n + 35n + recovery), scalar(1), scalar(33)]);
  return { raw: `0x${hex(raw)}`, hash: `0x${hex(keccak_256(raw))}` };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Big-endian without leading zeros; zero is empty. */
function integer(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const digits = value.toString(16);
  return Uint8Array.from(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
}

/** RLP of byte strings in a list. Source: Ethereum yellow paper, appendix B. */
function list(items: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(items.map(item));
  return Buffer.concat([head(0xc0, body.length), body]);
}

function item(bytes: Uint8Array): Uint8Array {
  const isOneByte = bytes.length === 1 && (bytes[0] as number) < 0x80;
  return isOneByte ? bytes : Buffer.concat([head(0x80, bytes.length), bytes]);
}

function head(offset: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(offset + length);
  const size = integer(BigInt(length));
  return Uint8Array.of(offset + 55 + size.length, ...size);
}

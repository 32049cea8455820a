/** @module What the frozen vectors of transactions are made of. `write-vectors.ts` writes them on purpose only. */
import { diagnose } from 'cbor2';
import { readCbor, writeCbor } from '../../shared/protocol/codec/cbor.ts';
import type { CborValue } from '../../shared/protocol/codec/codec.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { signBytesOf } from '../../shared/protocol/transaction/encode.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { anAddress, aTransaction, TEST_GENESIS_HASH } from './transactions.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const hash = (byte: number) => parseHash(toHex(filled(32, byte)));
const consensusKey = parseConsensusKey(toHex(filled(32, 0xc5)));
const asset = 'b2/native';

/** One payload at least for each type of the protocol. */
export const PAYLOADS: readonly (readonly [name: string, type: number, payload: unknown])[] = [
  ['transfer', 0, { recipient: anAddress(2), asset: '', amount: 1_000n }],
  ['transfer of the largest amount', 0, { recipient: anAddress(2), asset: '', amount: 2n ** 63n - 1n }],
  ['transfer of a foreign asset', 0, { recipient: anAddress(2), asset, amount: 2n ** 53n }],
  ['message', 1, { recipient: anAddress(3), contentType: 'text/plain', body: utf8('ping') }],
  [
    'message without a body',
    1,
    { recipient: anAddress(3), contentType: 'application/cbor', body: filled(0, 0) },
  ],
  ['stake', 2, { consensusKey, amount: 5_000n }],
  ['unstake', 3, { consensusKey, amount: 5_000n }],
  [
    'validator_register',
    4,
    {
      consensusKey,
      name: 'Zoë',
      endpoint: 'https://a.example',
      commissionBps: 10_000,
      pop: filled(64, 0x9b),
    },
  ],
  ['validator_update', 5, { consensusKey, name: 'new', endpoint: null, commissionBps: 0 }],
  ['validator_update of nothing', 5, { consensusKey, name: null, endpoint: null, commissionBps: null }],
  ['authority_vote for', 6, { kind: 'param', subject: utf8('min_fee'), value: filled(1, 1), approve: true }],
  [
    'authority_vote against',
    6,
    { kind: 'client', subject: filled(32, 2), value: filled(0, 0), approve: false },
  ],
  ['unjail', 7, { consensusKey }],
  ['withdraw', 8, { consensusKey }],
  [
    'transfer_lock',
    9,
    {
      targetGenesis: hash(0xb2),
      recipient: anAddress(4),
      asset: '',
      amount: 70n,
      deadlineMs: 1_800_000_000_000,
      relayFee: 3n,
    },
  ],
  [
    'transfer_claim',
    10,
    { sourceGenesis: hash(0xa1), height: 12, id: hash(0x1d), record: filled(4, 7), proof: filled(3, 8) },
  ],
  ['transfer_refund', 11, { id: hash(0x1d), height: 13, proof: filled(3, 8) }],
  [
    'client_update',
    12,
    { genesis: hash(0xa1), header: filled(5, 1), certificate: filled(6, 2), nextValidators: filled(7, 3) },
  ],
  ['anchor', 13, { genesis: hash(0xa1), header: filled(5, 1), certificate: filled(6, 2) }],
  [
    'swap_lock',
    14,
    { recipient: anAddress(5), asset, amount: 9n, hashLock: hash(0x5e), deadlineMs: 1_800_000_000_000 },
  ],
  ['swap_claim', 15, { id: hash(0x5a), preimage: filled(32, 0x33) }],
  ['swap_refund', 16, { id: hash(0x5a) }],
];

/** The transaction of a vector: nonces and fees go through the widths of CBOR's integers. */
export function vectorTransaction(index: number): SignedTransaction {
  const [, type, payload] = PAYLOADS[index] as (typeof PAYLOADS)[number];
  const nonce = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1][
    index % 10
  ] as number;
  const fee = [0n, 1n, 255n, 65_536n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n][index % 7] as bigint;
  return aTransaction({ type, payload, nonce, fee, validUntil: 1_000 + index });
}

function validVector(name: string, index: number) {
  const signed = vectorTransaction(index);
  const { type, nonce, fee, validUntil } = signed.transaction;
  return {
    name,
    type,
    nonce,
    fee: fee.toString(),
    valid_until: validUntil,
    diagnostic: diagnose(signed.bytes),
    bytes: toHex(signed.bytes),
    hash: signed.hash,
    sender: signed.sender,
    sign_bytes: toHex(signBytesOf(signed.bytes, TEST_GENESIS_HASH)),
  };
}

type Items = [CborValue, CborValue, CborValue, CborValue, CborValue, CborValue, CborValue];

function withItem(index: number, value: CborValue): Uint8Array {
  const items = [...(readCbor(aTransaction().bytes) as Items)];
  items[index] = value;
  return writeCbor(items);
}

/** Replaces one run of bytes, given in hex, of the standard transfer. */
function spliced(from: string, to: string): Uint8Array {
  const hex = toHex(aTransaction().bytes);
  const at = hex.indexOf(from);
  if (at < 0 || hex.indexOf(from, at + 1) >= 0) throw new Error(`${from} must stand once in ${hex}`);
  return Uint8Array.from(Buffer.from(hex.slice(2).replace(from, to), 'hex'));
}

function invalidTransactions(): (readonly [name: string, code: string, bytes: Uint8Array])[] {
  const good = aTransaction().bytes;
  const recipient = filled(20, 2);
  const malformed: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array()],
    ['cut short', good.subarray(0, good.length - 1)],
    ['a trailing byte', new Uint8Array([...good, 0])],
    ['not an array', writeCbor(7)],
    ['six items', writeCbor((readCbor(good) as Items).slice(0, 6))],
    ['eight items', writeCbor([...(readCbor(good) as Items), 0])],
    ['an array of indefinite length', new Uint8Array([0x9f, ...good.subarray(1), 0xff])],
    ['an array head that is not the shortest', new Uint8Array([0x98, 7, ...good.subarray(1)])],
    ['a nonce that is not the shortest', spliced('0018641903e8', '180018641903e8')],
    ['a nonce as a float', spliced('0018641903e8', 'f9000018641903e8')],
    ['a nonce as a boolean', spliced('0018641903e8', 'f418641903e8')],
    ['a nonce that is undefined', spliced('0018641903e8', 'f718641903e8')],
    ['a nonce with a tag', spliced('0018641903e8', 'c10018641903e8')],
    ['a fee as a bignum', spliced('0018641903e8', '00c241641903e8')],
    ['a payload that is a map', withItem(5, null).map((byte) => (byte === 0xf6 ? 0xa0 : byte))],
    ['a negative nonce', withItem(2, -1)],
    ['a nonce of 2^53', withItem(2, 2n ** 53n)],
    ['a fee of 2^63', withItem(3, 2n ** 63n)],
    ['a negative fee', withItem(3, -1)],
    ['a fee as text', withItem(3, '100')],
    ['valid_until of null', withItem(4, null)],
    ['a type of 2^16', withItem(0, 65_536)],
    ['a type as text', withItem(0, 'transfer')],
    ['a key of 31 bytes', withItem(1, filled(31, 1))],
    ['a key as text', withItem(1, 'key')],
    ['a signature of 63 bytes', withItem(6, filled(63, 1))],
    ['a payload of null', withItem(5, null)],
    ['a payload of two items', withItem(5, [recipient, ''])],
    ['a recipient of 19 bytes', withItem(5, [filled(19, 2), '', 1])],
    ['an asset as bytes', withItem(5, [recipient, new Uint8Array(), 1])],
    ['an asset that is not UTF-8', asBadText(withItem(5, [recipient, 'QQ', 1]))],
    ['an asset of 513 bytes', withItem(5, [recipient, 'a'.repeat(513), 1])],
    ['an amount of 2^63', withItem(5, [recipient, '', 2n ** 63n])],
    ['nested nine deep', withItem(5, [[[[[[[[]]]]]]]])],
  ];
  return [
    ...malformed.map(([name, bytes]) => [name, 'TX_MALFORMED', bytes] as const),
    ['the first code without a type', 'TX_TYPE_UNKNOWN', withItem(0, 17)],
    ['the highest code', 'TX_TYPE_UNKNOWN', withItem(0, 65_535)],
  ];
}

/** Turns the text QQ into two bytes that no UTF-8 has. */
function asBadText(bytes: Uint8Array): Uint8Array {
  const hex = toHex(bytes).slice(2).replace('625151', '62c328');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** The document of test/vectors/transactions.json. */
export function transactionVectors() {
  return {
    about: 'CBOR([type, public_key, nonce, fee, valid_until, payload, signature]); signed for genesis_hash',
    genesis_hash: TEST_GENESIS_HASH,
    valid: PAYLOADS.map(([name], index) => validVector(name, index)),
    invalid: invalidTransactions().map(([name, code, bytes]) => ({ name, code, bytes: toHex(bytes) })),
  };
}

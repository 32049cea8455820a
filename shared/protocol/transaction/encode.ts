/**
 * @module Transaction bytes: CBOR([type, public_key, nonce, fee, valid_until, payload, signature]).
 * Sign bytes and hash are derived from the canonical bytes, so nothing is encoded twice.
 */
import {
  amount,
  bytes,
  type CborValue,
  type Codec,
  CodecError,
  decodeViews,
  encode,
  uint,
} from '../codec/codec.ts';
import { schemaError } from '../codec/codec-error.ts';
import { signBytes } from '../crypto/domains.ts';
import { sha256Hex } from '../crypto/hashing.ts';
import { addressOf } from '../crypto/keys.ts';
import type { HashHex } from '../primitives/brand.ts';
import { TRANSACTION_BYTES_MAX, TRANSACTION_TYPE_MAX } from '../primitives/limits.ts';
import type { TransactionRegistry, TransactionType } from './define-transaction.ts';
import { TransactionError } from './errors.ts';
import type { SignedTransaction, Transaction } from './transaction.ts';

const FIELDS = 7;
const typeCodec = uint(TRANSACTION_TYPE_MAX);
const keyCodec = bytes(32);
const signatureCodec = bytes(64);
const numberCodec = uint();
const amountCodec = amount();
/** First byte of a CBOR array of seven and of six items. */
const SIGNED_ARRAY = 0x87;
const UNSIGNED_ARRAY = 0x86;
/** Head (0x58 0x40) and body of the signature, the last item. */
const SIGNATURE_ITEM_BYTES = 2 + 64;

function typeOf(code: number, registry: TransactionRegistry): TransactionType {
  const type = registry.get(code);
  if (type === undefined)
    throw new TransactionError('TX_TYPE_UNKNOWN', `no transaction type ${code}`, { type: code });
  return type;
}

const codecs = new WeakMap<TransactionRegistry, Codec<Transaction>>();

/** The codec of whole transactions for one registry. Throws TX_TYPE_UNKNOWN beside the codec's own errors. */
export function transactionCodec(registry: TransactionRegistry): Codec<Transaction> {
  const known = codecs.get(registry);
  if (known !== undefined) return known;
  const codec: Codec<Transaction> = {
    toCbor: (tx) => [
      typeCodec.toCbor(tx.type),
      keyCodec.toCbor(tx.publicKey),
      numberCodec.toCbor(tx.nonce),
      amountCodec.toCbor(tx.fee),
      numberCodec.toCbor(tx.validUntil),
      typeOf(tx.type, registry).payload.toCbor(tx.payload),
      signatureCodec.toCbor(tx.signature),
    ],
    fromCbor: (value, path) => fromItems(value, path, registry),
    isExact: registry.types.every(({ payload }) => payload.isExact === true),
  };
  codecs.set(registry, codec);
  return codec;
}

function fromItems(value: CborValue, path: string, registry: TransactionRegistry): Transaction {
  if (!Array.isArray(value) || value.length !== FIELDS) throw schemaError(path, `an array of ${FIELDS}`);
  const prefix = path === '' ? '' : `${path}.`;
  const [code, publicKey, nonce, fee, validUntil, payload, signature] = value as CborValue[] & { length: 7 };
  const type = typeCodec.fromCbor(code as CborValue, `${prefix}type`);
  return {
    type,
    publicKey: keyCodec.fromCbor(publicKey as CborValue, `${prefix}public_key`),
    nonce: numberCodec.fromCbor(nonce as CborValue, `${prefix}nonce`),
    fee: amountCodec.fromCbor(fee as CborValue, `${prefix}fee`),
    validUntil: numberCodec.fromCbor(validUntil as CborValue, `${prefix}valid_until`),
    payload: typeOf(type, registry).payload.fromCbor(payload as CborValue, `${prefix}payload`),
    signature: signatureCodec.fromCbor(signature as CborValue, `${prefix}signature`),
  };
}

/** Canonical bytes of a transaction. */
export function encodeTransaction(transaction: Transaction, registry: TransactionRegistry): Uint8Array {
  return encode(transactionCodec(registry), transaction);
}

/**
 * Decodes canonical bytes and adds hash and sender. Throws TX_TOO_LARGE, TX_TYPE_UNKNOWN or TX_MALFORMED.
 * The signature is not verified here. What is decoded shares the memory of `txBytes`, which must not change after this.
 */
export function decodeTransaction(txBytes: Uint8Array, registry: TransactionRegistry): SignedTransaction {
  checkSize(txBytes);
  try {
    const transaction = decodeViews(transactionCodec(registry), txBytes, TRANSACTION_BYTES_MAX);
    return withIdentity(transaction, txBytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new TransactionError('TX_MALFORMED', error.message, { codec: error.code });
  }
}

/** Refuses transactions of more than TRANSACTION_BYTES_MAX bytes with TX_TOO_LARGE. */
export function checkSize(txBytes: Uint8Array): void {
  if (txBytes.length <= TRANSACTION_BYTES_MAX) return;
  const details = { bytes: txBytes.length, bytes_max: TRANSACTION_BYTES_MAX };
  throw new TransactionError(
    'TX_TOO_LARGE',
    `${txBytes.length} bytes exceed ${TRANSACTION_BYTES_MAX}`,
    details,
  );
}

/** Joins a transaction with its bytes, hash and sender. `txBytes` must be its encoding. */
export function withIdentity(transaction: Transaction, txBytes: Uint8Array): SignedTransaction {
  return {
    transaction,
    bytes: txBytes,
    hash: sha256Hex(txBytes),
    sender: addressOf(transaction.publicKey),
  };
}

/** What the sender signs, made of the canonical bytes: the same array without its last item, for one chain. */
export function signBytesOf(txBytes: Uint8Array, genesisHash: HashHex): Uint8Array {
  const body = txBytes.slice(0, txBytes.length - SIGNATURE_ITEM_BYTES);
  if (body[0] !== SIGNED_ARRAY) throw new TransactionError('TX_MALFORMED', 'not an array of seven items');
  body[0] = UNSIGNED_ARRAY;
  return signBytes('tx', genesisHash, body);
}

const NO_SIGNATURE = new Uint8Array(64);

/** What the sender signs: role, genesis hash and CBOR([type, public_key, nonce, fee, valid_until, payload]). */
export function transactionSignBytes(
  genesisHash: HashHex,
  transaction: Omit<Transaction, 'signature'>,
  registry: TransactionRegistry,
): Uint8Array {
  return signBytesOf(encodeTransaction({ ...transaction, signature: NO_SIGNATURE }, registry), genesisHash);
}

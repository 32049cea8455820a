import { createHash, createPublicKey, verify } from 'node:crypto';
import { decode as cborDecode, encode as cborEncode, diagnose } from 'cbor2';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { jsVerifier } from '../../../../shared/protocol/crypto/verifier.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../../../../shared/protocol/primitives/hash.ts';
import { verifyTransactionSignature } from '../../../../shared/protocol/transaction/check.ts';
import {
  decodeTransaction,
  encodeTransaction,
  transactionSignBytes,
} from '../../../../shared/protocol/transaction/encode.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { transactionVectors } from '../../../support/transaction-vectors.ts';
import vectors from '../../../vectors/transactions.json' with { type: 'json' };

const genesisHash = parseHash(vectors.genesis_hash);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** Ed25519 over node:crypto alone, from a raw key. */
function opensslVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

describe('frozen transaction vectors', () => {
  it('are what the code makes today', () => {
    expect(transactionVectors()).toEqual(vectors);
  });

  it('cover every type of the protocol', () => {
    const codes = new Set(vectors.valid.map(({ type }) => type));
    expect([...codes].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, code) => code));
    expect(builtInTransactions.types.map(({ type }) => type)).toEqual([...codes].sort((a, b) => a - b));
  });

  it.each(vectors.valid)('$name: decodes, encodes and verifies', (vector) => {
    const bytes = fromHex(vector.bytes);
    const signed = decodeTransaction(bytes, builtInTransactions);
    expect(signed).toMatchObject({ hash: vector.hash, sender: vector.sender });
    const { type, nonce, fee, validUntil } = signed.transaction;
    expect({ type, nonce, fee: fee.toString(), valid_until: validUntil }).toMatchObject({
      type: vector.type,
      nonce: vector.nonce,
      fee: vector.fee,
      valid_until: vector.valid_until,
    });
    expect(toHex(encodeTransaction(signed.transaction, builtInTransactions))).toBe(vector.bytes);
    const signBytes = transactionSignBytes(genesisHash, signed.transaction, builtInTransactions);
    expect(toHex(signBytes)).toBe(vector.sign_bytes);
    expect(verifyTransactionSignature(signed, genesisHash, nativeVerifier)).toBe(true);
    expect(verifyTransactionSignature(signed, genesisHash, jsVerifier)).toBe(true);
  });

  it.each(vectors.valid)('$name: a second implementation reads the same', (vector) => {
    const bytes = fromHex(vector.bytes);
    expect(diagnose(bytes)).toBe(vector.diagnostic);
    const items =
      cborDecode<[number, Uint8Array, number | bigint, number | bigint, number, unknown, Uint8Array]>(bytes);
    expect(toHex(cborEncode(items))).toBe(vector.bytes);
    expect(`0x${sha256(bytes).toString('hex')}`).toBe(vector.hash);
    const [type, publicKey, nonce, fee, validUntil, , signature] = items;
    expect([type, Number(nonce), String(fee), validUntil]).toEqual([
      vector.type,
      vector.nonce,
      vector.fee,
      vector.valid_until,
    ]);
    expect(`0x${sha256(publicKey).subarray(0, 20).toString('hex')}`).toBe(vector.sender);
    const signBytes = Buffer.concat([
      Buffer.from('atoll/tx/v1\0'),
      Buffer.from(vectors.genesis_hash.slice(2), 'hex'),
      cborEncode(items.slice(0, 6)),
    ]);
    expect(`0x${signBytes.toString('hex')}`).toBe(vector.sign_bytes);
    expect(opensslVerifies(publicKey, signBytes, signature)).toBe(true);
  });

  it.each(vectors.invalid)('$code: $name', (vector) => {
    const refused = expect.objectContaining({ name: 'TransactionError', code: vector.code });
    expect(() => decodeTransaction(fromHex(vector.bytes), builtInTransactions)).toThrow(refused);
  });
});

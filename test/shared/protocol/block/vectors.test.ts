import { createHash, createPublicKey, verify } from 'node:crypto';
import { decode as cborDecode, encode as cborEncode, diagnose } from 'cbor2';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import {
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  hashHeader,
} from '../../../../shared/protocol/block/encode.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../../../../shared/protocol/primitives/hash.ts';
import { decodeReceipts, encodeReceipts } from '../../../../shared/protocol/transaction/receipt-codec.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { decodeCertificate, encodeCertificate } from '../../../../shared/protocol/votes/encode.ts';
import {
  decodeEvidence,
  encodeEvidence,
  isEvidenceTrue,
} from '../../../../shared/protocol/votes/evidence.ts';
import { blockVectors, receiptVectors, voteVectors } from '../../../support/block-vectors.ts';
import vectors from '../../../vectors/blocks.json' with { type: 'json' };
import receipts from '../../../vectors/receipts.json' with { type: 'json' };
import votes from '../../../vectors/votes.json' with { type: 'json' };

// The second implementation: cbor2 and node:crypto, nothing of the protocol.
type Certificate = [
  height: number,
  round: number,
  hash: Uint8Array,
  bitmap: Uint8Array,
  signatures: Uint8Array[],
];
type Body = [
  header: (number | string | Uint8Array)[],
  lastCommit: Certificate | null,
  evidence: Uint8Array[],
  txs: Uint8Array[],
];

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hex = (bytes: unknown): string => `0x${Buffer.from(bytes as Uint8Array).toString('hex')}`;
const text = (value: string) => Buffer.from(value);

/** RFC 6962 section 2.1 word for word: split at the largest power of two below the size. */
function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

function opensslVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

/** Consensus keys of the genesis in ascending order. */
function validatorKeys(): Uint8Array[] {
  const genesis = cborDecode<unknown[]>(fromHex(vectors.genesis));
  const authorities = genesis[6] as [Uint8Array, ...unknown[]][];
  return authorities.map(([key]) => key).sort(Buffer.compare);
}

describe('frozen vectors', () => {
  it('of blocks, votes and receipts are what the code makes today', () => {
    expect(blockVectors()).toEqual(vectors);
    expect(voteVectors()).toEqual(votes);
    expect(receiptVectors()).toEqual(receipts);
  });
});

describe.each(vectors.valid)('the block of height $height', (vector) => {
  const body = cborDecode<Body>(fromHex(vector.body));
  const [header, lastCommit, evidence, txs] = body;

  it('decodes and encodes to the same bytes', () => {
    const block = decodeBody(fromHex(vector.body), builtInTransactions);
    expect(toHex(encodeBody(block))).toBe(vector.body);
    expect(toHex(encodeHeader(block.header))).toBe(vector.header);
    expect(decodeHeader(fromHex(vector.header))).toEqual(block.header);
    expect(hashHeader(block.header)).toBe(vector.hash);
    const certificate = decodeCertificate(fromHex(vector.certificate));
    expect(toHex(encodeCertificate(certificate))).toBe(vector.certificate);
    expect(certificate).toMatchObject({ height: vector.height, blockHash: vector.hash });
    const decoded = decodeReceipts(fromHex(vector.receipts));
    expect(toHex(encodeReceipts(decoded))).toBe(vector.receipts);
    expect(decoded.map(({ txHash }) => txHash)).toEqual(block.transactions.map((signed) => signed.hash));
  });

  it('has in its header what a second implementation computes', () => {
    expect(toHex(cborEncode(body))).toBe(vector.body);
    expect(diagnose(fromHex(vector.header))).toBe(vector.header_diagnostic);
    expect(hex(sha256(text('atoll/header/v1\0'), cborEncode(header)))).toBe(vector.hash);
    const leaves = cborDecode<unknown[]>(fromHex(vector.receipts)).map((receipt) => cborEncode(receipt));
    const genesis = cborDecode<unknown[]>(fromHex(vectors.genesis));
    const keys = validatorKeys();
    const set = sha256(cborEncode(keys.map((key) => [key, 250_000_000])));
    const above = vectors.valid[vector.height - 2];
    const fields = [
      1,
      'testnet',
      vector.height,
      vector.height === 2 ? 1 : 0,
      header[4],
      header[5],
      above === undefined ? vectors.genesis_hash : above.hash,
      hex(sha256(cborEncode(lastCommit))),
      hex(merkleRoot(txs)),
      hex(merkleRoot(leaves)),
      hex(header[10]),
      hex(sha256(cborEncode(evidence))),
      hex(set),
      hex(set),
      hex(sha256(cborEncode(genesis[5]))),
    ];
    expect(
      header.map((field, index) => (index > 5 && field instanceof Uint8Array ? hex(field) : field)),
    ).toEqual(fields);
  });

  it('is proposed in turn: one turn for each round that went before', () => {
    const turns = vectors.valid
      .slice(0, vector.height)
      .reduce((sum, { height }) => sum + (height === 2 ? 2 : 1), 0);
    expect(hex(header[5])).toBe(hex(validatorKeys()[(turns - 1) % 4]));
  });

  it('has a certificate that a second implementation verifies', () => {
    const [height, round, hash, bitmap, signatures] = cborDecode<Certificate>(fromHex(vector.certificate));
    expect([height, hex(hash), hex(bitmap)]).toEqual([vector.height, vector.hash, '0xf0']);
    const genesisHash = fromHex(vectors.genesis_hash);
    const message = Buffer.concat([
      text('atoll/precommit/v1\0'),
      genesisHash,
      cborEncode([height, round, hash]),
    ]);
    const verdicts = signatures.map((signature, index) =>
      opensslVerifies(validatorKeys()[index] ?? new Uint8Array(), message, signature),
    );
    expect(verdicts).toEqual([true, true, true, true]);
  });
});

describe('the genesis of the vectors', () => {
  it('has the hash that everything is signed for', () => {
    expect(hex(sha256(text('atoll/genesis/v1\0'), fromHex(vectors.genesis)))).toBe(vectors.genesis_hash);
  });
});

describe('bodies that are refused', () => {
  it.each(vectors.invalid)('$code: $name', ({ code, body }) => {
    const refused = expect.objectContaining({ name: 'BlockError', code });
    expect(() => decodeBody(fromHex(body), builtInTransactions)).toThrow(refused);
  });
});

describe('votes', () => {
  it.each(votes.votes)(
    '$role $fields has the sign bytes of a second implementation',
    ({ role, fields, sign_bytes }) => {
      const items = fields.map((field) => (typeof field === 'string' ? fromHex(field) : field));
      const bytes = Buffer.concat([
        text(`atoll/${role}/v1\0`),
        fromHex(votes.genesis_hash),
        cborEncode(items),
      ]);
      expect(hex(bytes)).toBe(sign_bytes);
    },
  );

  it.each(votes.certificates)(
    'a certificate reads the same everywhere: $diagnostic',
    ({ bytes, diagnostic }) => {
      expect(diagnose(fromHex(bytes))).toBe(diagnostic);
      expect(toHex(cborEncode(cborDecode(fromHex(bytes))))).toBe(bytes);
    },
  );
});

describe('evidence', () => {
  it.each(votes.evidence)('of a $step reads the same everywhere and is true', ({ bytes, diagnostic }) => {
    expect(diagnose(fromHex(bytes))).toBe(diagnostic);
    expect(toHex(cborEncode(cborDecode(fromHex(bytes))))).toBe(bytes);
    const item = decodeEvidence(fromHex(bytes));
    expect(toHex(encodeEvidence(item))).toBe(bytes);
    expect(isEvidenceTrue(item, parseHash(votes.genesis_hash), nativeVerifier)).toBe(true);
  });
});

describe('receipts', () => {
  it('read the same everywhere, alone and in a list', () => {
    for (const { bytes, diagnostic } of receipts.receipts) {
      expect(diagnose(fromHex(bytes))).toBe(diagnostic);
      expect(toHex(cborEncode(cborDecode(fromHex(bytes))))).toBe(bytes);
    }
    const list = cborEncode(receipts.receipts.map(({ bytes }) => cborDecode(fromHex(bytes))));
    expect(toHex(list)).toBe(receipts.list);
    expect(toHex(encodeReceipts(decodeReceipts(fromHex(receipts.list))))).toBe(receipts.list);
  });
});

/** @module Peer records: canonical bytes, both signatures, and nothing that a stranger can change. */
import { describe, expect, it } from 'vitest';
import {
  decodePeerRecord,
  isPeerRecordTrue,
  nodeIdOf,
  PEER_RECORD_BYTES_MAX,
  type PeerRecord,
  sealPeerRecord,
} from '../../../../shared/api/p2p/peer-record.ts';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { jsSigner, jsVerifier } from '../../../../shared/protocol/crypto/verifier.ts';
import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';

const node = jsSigner(new Uint8Array(32).fill(1));
const validator = jsSigner(new Uint8Array(32).fill(2));
const stranger = jsSigner(new Uint8Array(32).fill(3));
const keyOf = ({ publicKey }: { publicKey: Uint8Array }) => consensusKeyFromBytes(publicKey);

const record: PeerRecord = {
  nodeKey: keyOf(node),
  url: 'https://node.example.com',
  seq: 1_795_233_600_000,
  expiresMs: 1_795_838_400_000,
  name: 'reef-1',
  version: 1,
  capabilities: ['membership', 'blocks'],
  consensusKey: null,
};
const isTrue = (sealed: Uint8Array) => isPeerRecordTrue(decodePeerRecord(sealed), nativeVerifier);

describe('a peer record', () => {
  it('has these bytes', () => {
    expect(nodeIdOf(record.nodeKey)).toBe(
      '0x34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e',
    );
    expect(toHex(sealPeerRecord(record, node, null))).toMatchInlineSnapshot(
      `"0x838858208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c781868747470733a2f2f6e6f64652e6578616d706c652e636f6d1b000001a1fc42d2001b000001a2204f560066726565662d3101826a6d656d6265727368697066626c6f636b73f658406f08717aea2b811488535fc8a8be2da3acc4f58ec1030a6473a325528ec6bb83ed6fcc8d6a1d1a05912e2e8ecc345a3d1249a42468cb657ddaec91560733700e40"`,
    );
  });

  it.each([
    ['of a node alone', record, null],
    ['of a validator whose key is the node key', { ...record, consensusKey: keyOf(node) }, node],
    ['of a validator with a key of its own', { ...record, consensusKey: keyOf(validator) }, validator],
    ['of a node that leaves', { ...record, url: '' }, null],
  ])('%s is true, by both verifiers, and comes back as it went', (_, content, consensus) => {
    const sealed = sealPeerRecord(content, node, consensus);
    const signed = decodePeerRecord(sealed);
    expect(signed.record).toEqual(content);
    expect(isPeerRecordTrue(signed, nativeVerifier)).toBe(true);
    expect(isPeerRecordTrue(signed, jsVerifier)).toBe(true);
  });

  it.each([
    ['by another key', () => sealPeerRecord(record, stranger, null)],
    [
      'by another validator',
      () => sealPeerRecord({ ...record, consensusKey: keyOf(validator) }, node, stranger),
    ],
    [
      'without its validator',
      () => sealPeerRecord({ ...record, consensusKey: keyOf(validator) }, node, null),
    ],
    ['with a signature of a validator that it does not name', () => sealPeerRecord(record, node, validator)],
    [
      'with a URL that is not in its only form',
      () => sealPeerRecord({ ...record, url: 'https://node.example.com/' }, node, null),
    ],
    [
      'with a URL of another protocol',
      () => sealPeerRecord({ ...record, url: 'ftp://node.example.com' }, node, null),
    ],
  ])('%s is not true', (_, make) => {
    expect(isTrue(make())).toBe(false);
  });

  it('is not true with any bit changed', () => {
    const sealed = sealPeerRecord({ ...record, consensusKey: keyOf(validator) }, node, validator);
    for (let index = 0; index < sealed.length; index += 1) {
      const damaged = Uint8Array.from(sealed);
      damaged[index] = (damaged[index] ?? 0) ^ 1;
      const verdict = (() => {
        try {
          return isTrue(damaged);
        } catch (error) {
          return (error as Error).name;
        }
      })();
      expect([false, 'CodecError'], `byte ${index}`).toContain(verdict);
    }
  });

  it.each([
    ['a name with a line break', { name: 'a\nb' }],
    ['a long name', { name: 'a'.repeat(65) }],
    ['an odd capability', { capabilities: ['Blocks'] }],
    ['too many capabilities', { capabilities: new Array<string>(17).fill('blocks') }],
    ['a long URL', { url: `https://${'a'.repeat(260)}` }],
  ])('with %s does not exist', (_, change) => {
    expect(() => sealPeerRecord({ ...record, ...change }, node, null)).toThrow(/CBOR_SCHEMA|text|at most/);
  });

  it('never needs more than its limit', () => {
    const largest: PeerRecord = {
      ...record,
      url: `https://${'a'.repeat(248)}`,
      name: 'n'.repeat(64),
      capabilities: new Array<string>(16).fill('c'.repeat(24)),
      seq: Number.MAX_SAFE_INTEGER,
      expiresMs: Number.MAX_SAFE_INTEGER,
      version: Number.MAX_SAFE_INTEGER,
      consensusKey: keyOf(validator),
    };
    const { length } = sealPeerRecord(largest, node, validator);
    expect(length).toBeLessThanOrEqual(PEER_RECORD_BYTES_MAX);
    expect(length).toBeGreaterThan(PEER_RECORD_BYTES_MAX - 150);
  });
});

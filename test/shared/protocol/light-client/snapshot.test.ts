/** @module A snapshot is taken for the state of a final block only if it is, and each chunk stands for itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import type { LightClientErrorCode } from '../../../../shared/protocol/light-client/light-client-error.ts';
import {
  encodeChunk,
  readChunk,
  type StateLeaf,
  summarise,
} from '../../../../shared/protocol/light-client/snapshot-chunk.ts';
import {
  decodeManifest,
  encodeManifest,
  SNAPSHOT_FORMAT,
  type SnapshotManifest,
  verifyManifest,
} from '../../../../shared/protocol/light-client/snapshot-manifest.ts';
import { statePath } from '../../../../shared/protocol/merkle/state-node.ts';
import { hasPrefix } from '../../../../shared/protocol/merkle/state-subtree.ts';
import { assert } from '../../../../shared/protocol/primitives/assert.ts';
import { compareBytes } from '../../../../shared/protocol/primitives/bytes.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { aSigner } from '../../../support/in-memory-chain.ts';
import { LightChain } from '../../../support/light-chain.ts';

const PREFIXES = ['00', '010', '011', '1'];
let light: LightChain;
let leaves: StateLeaf[];
let manifest: SnapshotManifest;

const under = (prefix: string) =>
  leaves.filter(({ namespace, key }) => hasPrefix(statePath(namespace, key), prefix));

beforeAll(() => {
  light = new LightChain(3);
  for (let index = 3; index < 8; index += 1)
    light.produce([light.chain.register(aSigner(`operator ${index}`), index)]);
  leaves = light.chain.state
    .leaves()
    .map(({ namespace, key, value }) => {
      assert(value !== null, 'a stored leaf has a value');
      return { namespace, key, value };
    })
    .sort((a, b) => compareBytes(statePath(a.namespace, a.key), statePath(b.namespace, b.key)));
  const last = light.blocks.at(-1);
  assert(last !== undefined, 'there is a block');
  manifest = {
    format: SNAPSHOT_FORMAT,
    body: last.body,
    receipts: last.receiptBytes,
    trail: light.lights.slice(-1),
    chunks: PREFIXES.map((prefix) => summarise(prefix, under(prefix))),
  };
});

const refusal = (code: LightClientErrorCode) => expect.objectContaining({ code });
const verify = (changed: Partial<SnapshotManifest> = {}) =>
  verifyManifest({ ...manifest, ...changed }, light.genesis, nativeVerifier, builtInTransactions);

describe('a manifest', () => {
  it('is the same after encoding and decoding, and leads from the genesis to its block', () => {
    const read = decodeManifest(encodeManifest(manifest));
    expect(read).toEqual(manifest);
    expect(verify(read).block.header).toEqual(light.lights.at(-1)?.header);
  });

  it('may cut the state anywhere', () => {
    for (const prefixes of [[''], ['0', '1'], ['0', '10', '110', '111']]) {
      const chunks = prefixes.map((prefix) => summarise(prefix, under(prefix)));
      expect(verify({ chunks }).block.header.height).toBe(light.lights.length);
    }
  });

  it('SNAPSHOT_CHUNKS_INCOMPLETE: a gap, an overlap, another order, an empty part with a hash', () => {
    const [first, second, third, fourth] = manifest.chunks as [never, never, never, never];
    const whole = summarise('', leaves);
    const empty = { ...whole, prefix: '1111', leaves: 0 };
    for (const chunks of [
      [],
      [first, second, third],
      [second, first, third, fourth],
      [whole, first],
      [empty],
    ])
      expect(() => verify({ chunks })).toThrow(refusal('SNAPSHOT_CHUNKS_INCOMPLETE'));
  });

  it('SNAPSHOT_STATE_MISMATCH: a part of another state', () => {
    const [first, ...rest] = manifest.chunks;
    assert(first !== undefined, 'there is a chunk');
    const chunks = [summarise(first.prefix, under(first.prefix).slice(1)), ...rest];
    expect(() => verify({ chunks })).toThrow(refusal('SNAPSHOT_STATE_MISMATCH'));
  });

  it('SNAPSHOT_BLOCK_INVALID: the block of another height, or no trail', () => {
    expect(() => verify({ body: light.blocks[0]?.body ?? new Uint8Array() })).toThrow(
      refusal('SNAPSHOT_BLOCK_INVALID'),
    );
    expect(() => verify({ trail: [] })).toThrow(refusal('SNAPSHOT_BLOCK_INVALID'));
    expect(() => verify({ body: new Uint8Array([1]) })).toThrow(refusal('SNAPSHOT_BLOCK_INVALID'));
  });

  it('LIGHT_CERTIFICATE_INVALID: a trail that nobody signed', () => {
    const trail = light.lights.slice(-1).map((step) => ({
      ...step,
      certificate: { ...step.certificate, round: step.certificate.round + 1 },
    }));
    expect(() => verify({ trail })).toThrow(refusal('LIGHT_CERTIFICATE_INVALID'));
  });

  it('SNAPSHOT_MALFORMED: bytes that are no manifest', () => {
    expect(() => decodeManifest(new Uint8Array([0x80]))).toThrow(refusal('SNAPSHOT_MALFORMED'));
    expect(() => decodeManifest(encodeManifest(manifest).slice(0, -1))).toThrow(
      refusal('SNAPSHOT_MALFORMED'),
    );
  });
});

describe('a chunk', () => {
  it('gives the leaves that its summary tells of', () => {
    for (const [index, prefix] of PREFIXES.entries()) {
      const summary = manifest.chunks[index];
      assert(summary !== undefined, 'each prefix has a summary');
      expect(readChunk(encodeChunk(under(prefix)), summary)).toEqual(under(prefix));
    }
  });

  it('SNAPSHOT_CHUNK_INVALID: a leaf changed, missing, twice, out of order, from elsewhere, or without a namespace', () => {
    const mine = under('1');
    const summary = summarise('1', mine);
    const [first, second, ...rest] = mine;
    assert(first !== undefined && second !== undefined, 'half of the state has two leaves');
    const forged = [
      [{ ...first, value: new Uint8Array([1]) }, second, ...rest],
      [second, ...rest],
      [first, first, ...rest],
      [second, first, ...rest],
      [...under('0').slice(0, 1), second, ...rest],
      [{ ...first, namespace: '' }, second, ...rest],
    ];
    for (const chunk of forged)
      expect(() => readChunk(encodeChunk(chunk), summary)).toThrow(refusal('SNAPSHOT_CHUNK_INVALID'));
    expect(() => readChunk(new Uint8Array([0xff]), summary)).toThrow(refusal('SNAPSHOT_CHUNK_INVALID'));
  });
});

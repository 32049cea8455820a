/** @module The events of consensus that a block brings: always in the same order, so that a cursor means one of them. */
import { describe, expect, it } from 'vitest';
import { consensusEvents } from '../../../durable-objects/hub/consensus-events.ts';
import type { StoredBlock } from '../../../shared/api/objects.ts';
import type { Block, Header } from '../../../shared/protocol/block/block.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { encodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { encodeEvidence, makeEvidence } from '../../../shared/protocol/votes/evidence.ts';

const hash = (digit: string) => `0x${digit.repeat(64)}` as HashHex;
const KEY = `0x${'07'.repeat(32)}` as ConsensusKey;
const content = (digit: string) => ({
  blockHash: hash(digit),
  polRound: null,
  signature: new Uint8Array(64),
});

function aBlock(changes: { evidence: readonly Uint8Array[]; nextValidatorsHash: HashHex }) {
  const header: Partial<Header> = {
    height: 9,
    round: 1,
    timeMs: 1_795_233_600_000,
    proposer: KEY,
    validatorsHash: hash('a'),
    nextValidatorsHash: changes.nextValidatorsHash,
  };
  const block = { header, lastCommit: null, evidence: changes.evidence, transactions: [] };
  const certificate = encodeCertificate({
    height: 9,
    round: 1,
    blockHash: hash('c'),
    bitmap: Uint8Array.of(0b1010_0000),
    signatures: [new Uint8Array(64), new Uint8Array(64)],
  });
  const stored: Partial<StoredBlock> = { height: 9, hash: hash('c'), certificate };
  return consensusEvents(stored as StoredBlock, block as unknown as Block);
}

describe('the events of a block', () => {
  it('are its commit alone where nothing else happened', () => {
    expect(aBlock({ evidence: [], nextValidatorsHash: hash('a') })).toEqual([
      {
        event: 'commit',
        height: 9,
        round: 1,
        proposer: KEY,
        hash: hash('c'),
        timestamp: '2026-11-21T04:00:00.000Z',
        tx_count: 0,
        validators_hash: hash('a'),
        signers: [0, 2],
      },
    ]);
  });

  it('are the commit, each item of evidence, and the change of the set, in this order', () => {
    const position = { step: 'precommit', height: 7, round: 2, validator: KEY } as const;
    const item = encodeEvidence(makeEvidence(position, content('1'), content('2')));
    const events = aBlock({ evidence: [item, item], nextValidatorsHash: hash('b') });
    expect(events.map(({ event }) => event)).toEqual(['commit', 'evidence', 'evidence', 'set_change']);
    expect(events[1]).toEqual({
      event: 'evidence',
      height: 9,
      validator: KEY,
      step: 'precommit',
      infraction_height: 7,
      round: 2,
    });
    expect(events[3]).toEqual({
      event: 'set_change',
      height: 9,
      effective_height: 10,
      validators_hash: hash('a'),
      next_validators_hash: hash('b'),
    });
  });
});

/**
 * @module What an Atoll key signs counts for one thing only. Every kind of statement is signed with one key for two chains,
 * heights, rounds and so on; no signature of one holds for any other.
 */
import { describe, expect, it } from 'vitest';
import { type Envelope, sealEnvelope } from '../../../shared/api/p2p/envelope.ts';
import { sealPeerRecord } from '../../../shared/api/p2p/peer-record.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { ROLES } from '../../../shared/protocol/crypto/domains.ts';
import type { Signer } from '../../../shared/protocol/crypto/verifier.ts';
import { parseChainId } from '../../../shared/protocol/primitives/chain-id.ts';
import { consensusKeyFromBytes } from '../../../shared/protocol/primitives/consensus-key.ts';
import { parseHash, ZERO_HASH } from '../../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../../shared/protocol/transaction/sign.ts';
import { popSignBytes } from '../../../shared/protocol/validators/possession.ts';
import {
  precommitSignBytes,
  prevoteSignBytes,
  proposalSignBytes,
} from '../../../shared/protocol/votes/vote.ts';
import { PAYLOADS } from '../../support/transaction-vectors.ts';
import { anAddress, aSigner } from '../../support/transactions.ts';

/** Purposes that are reserved, and that nothing signs for yet. */
const RESERVED = ['read-auth', 'admin'];
const CHAINS = ['a7', 'b8'].map((byte) => parseHash(`0x${byte.repeat(32)}`));
const BLOCKS = ['01', '02'].map((byte) => parseHash(`0x${byte.repeat(32)}`));
const KEY = aSigner(1);
const OWN = consensusKeyFromBytes(KEY.publicKey);
const PEERS = [2, 3].map((seed) => consensusKeyFromBytes(aSigner(seed).publicKey));

/** One thing that was said: what it was, the bytes signed for it, and the signature. */
interface Statement {
  readonly about: string;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const statements: Statement[] = [];

/** A signer that notes all it signs. */
function noting(about: string): Signer {
  return {
    publicKey: KEY.publicKey,
    sign(message) {
      const signature = KEY.sign(message);
      statements.push({ about, message, signature });
      return signature;
    },
  };
}

/** Every combination of one value of each list. */
function* combinations<T extends Record<string, readonly unknown[]>>(
  lists: T,
): Generator<{ [K in keyof T]: T[K][number] }> {
  const [first, ...others] = Object.entries(lists);
  if (first === undefined) {
    yield {} as { [K in keyof T]: T[K][number] };
    return;
  }
  for (const value of first[1])
    for (const rest of combinations(Object.fromEntries(others)))
      yield { [first[0]]: value, ...rest } as { [K in keyof T]: T[K][number] };
}

for (const chain of CHAINS) {
  for (const [name, type, payload] of PAYLOADS) {
    for (const [nonce, validUntil] of [
      [0, 10],
      [0, 11],
      [1, 10],
    ] as const) {
      const unsigned = { type, nonce, fee: 1n, validUntil, payload };
      const about = `tx ${name}, nonce ${nonce}, until ${validUntil} on ${chain}`;
      signTransaction(unsigned, chain, noting(about), builtInTransactions);
    }
  }
  const positions = { height: [1, 2], round: [0, 1], blockHash: BLOCKS, polRound: [null, 0] };
  for (const vote of combinations(positions)) {
    const about = `${JSON.stringify(vote)} on ${chain}`;
    noting(`prevote ${about}`).sign(prevoteSignBytes(chain, vote));
    noting(`proposal ${about}`).sign(proposalSignBytes(chain, vote));
    if (vote.polRound === null) noting(`precommit ${about}`).sign(precommitSignBytes(chain, vote));
  }
}
for (const { scope, ...told } of combinations({
  scope: [...CHAINS, ZERO_HASH],
  to: PEERS,
  chain: ['a', 'b', null],
  channel: ['dial', 'frames', 'join'] as const,
  timeMs: [1, 2],
  nonce: [1, 2],
})) {
  const nonce = new Uint8Array(16).fill(told.nonce);
  const envelope: Envelope = { ...told, from: OWN, nonce, bodyHash: BLOCKS[0] ?? ZERO_HASH };
  sealEnvelope(envelope, scope, noting(`envelope ${JSON.stringify(told)} within ${scope}`));
}
for (const told of combinations({ url: ['https://a.example', 'https://b.example', ''], seq: [1, 2] })) {
  const record = {
    ...told,
    nodeKey: OWN,
    expiresMs: 9,
    name: 'a',
    version: 1,
    capabilities: ['sync'],
    consensusKey: null,
  };
  sealPeerRecord(record, noting(`peer-record ${JSON.stringify(told)}`), null);
}
for (const told of combinations({ chain: ['a-chain', 'b-chain'], operator: [2, 3] })) {
  const message = popSignBytes(parseChainId(told.chain), OWN, anAddress(told.operator));
  noting(`pop ${JSON.stringify(told)}`).sign(message);
}

describe('a signature', () => {
  it('is tried for every purpose that there is', () => {
    const tried = new Set(statements.map(({ about }) => about.split(' ')[0]));
    expect([...tried, ...RESERVED].sort()).toEqual([...ROLES].sort());
    expect(new Set(PAYLOADS.map(([, type]) => type)).size).toBe(builtInTransactions.types.length);
  });

  it('is made over other bytes for each chain, type, height, round, step, recipient, time and purpose', () => {
    const seen = new Map<string, string>();
    for (const { about, message } of statements) {
      const bytes = Buffer.from(message).toString('hex');
      expect(seen.get(bytes), `${about} signs the bytes of another`).toBeUndefined();
      seen.set(bytes, about);
    }
  });

  it('holds for what it was made for, and for nothing else that was signed', () => {
    for (const { about, message, signature } of statements) {
      expect(nativeVerifier.verify(KEY.publicKey, message, signature), about).toBe(true);
    }
    // No two sign the same bytes, so each against the next few will do: those differ in one or two members.
    for (const [index, { about, signature }] of statements.entries()) {
      for (let step = 1; step <= 8; step++) {
        const other = statements[(index + step) % statements.length];
        if (other === undefined) throw new Error('the index is taken modulo the length');
        const holds = nativeVerifier.verify(KEY.publicKey, other.message, signature);
        expect(holds, `${about} counts as ${other.about}`).toBe(false);
      }
    }
  });
});

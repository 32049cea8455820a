/** @module What the frozen vectors of blocks, votes, receipts and validator sets are made of. */
import { diagnose } from 'cbor2';
import { encodeHeader } from '../../shared/protocol/block/encode.ts';
import { readCbor, writeCbor } from '../../shared/protocol/codec/cbor.ts';
import type { CborValue } from '../../shared/protocol/codec/codec.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import { encodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { VOTING_POWER_TOTAL } from '../../shared/protocol/primitives/limits.ts';
import type { Receipt } from '../../shared/protocol/transaction/receipt.ts';
import { encodeReceipt, encodeReceipts } from '../../shared/protocol/transaction/receipt-codec.ts';
import { encodeValidatorSet } from '../../shared/protocol/validators/encode.ts';
import { validatorsHash } from '../../shared/protocol/validators/hash.ts';
import { advancePriorities, proposerAt } from '../../shared/protocol/validators/proposer-selection.ts';
import { powers, validatorsFromAuthorities } from '../../shared/protocol/validators/voting-power.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { encodeEvidence, makeEvidence } from '../../shared/protocol/votes/evidence.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../../shared/protocol/votes/vote.ts';
import { ALLOCATION, aGenesis, aMessage, aSigner, aTransfer, InMemoryChain } from './in-memory-chain.ts';

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const hash = (byte: number) => parseHash(toHex(filled(32, byte)));

/** Four validators, three blocks: one that fails in part, one of a later round, one without transactions. */
function vectorChain(): InMemoryChain {
  const params = { emptyBlocks: 'always', feeBurnBps: 2_500, minFee: 1n } as const;
  const chain = new InMemoryChain(aGenesis({ validators: 4, accounts: 2, params }));
  const [alice, bob] = [aSigner('account 0'), aSigner('account 1')];
  const bobAddress = addressOf(bob.publicKey);
  const fee = 10n;
  chain.produce([
    aTransfer(chain, alice, bobAddress, 1_000n, { fee }),
    aTransfer(chain, alice, bobAddress, 2n * ALLOCATION, { nonce: 1, fee }),
  ]);
  chain.produce([aMessage(chain, bob, addressOf(alice.publicKey), 'ping', { fee })], 1);
  chain.produce([]);
  return chain;
}

/** Whole blocks with their certificates and receipts, on one chain. */
export function blockVectors() {
  const chain = vectorChain();
  return {
    about:
      'body = CBOR([header, last_commit|null, evidence[], tx bytes[]]); hash = SHA-256("atoll/header/v1" 0x00 CBOR(header))',
    genesis: toHex(encodeGenesis(chain.genesis)),
    genesis_hash: chain.context.genesisHash,
    valid: chain.blocks.map(({ executed, certificate }) => ({
      height: executed.block.header.height,
      hash: executed.hash,
      header: toHex(encodeHeader(executed.block.header)),
      header_diagnostic: diagnose(encodeHeader(executed.block.header)),
      body: toHex(executed.body),
      receipts: toHex(executed.receiptBytes),
      certificate: toHex(encodeCertificate(certificate)),
    })),
    invalid: invalidBodies(chain).map(([name, code, bytes]) => ({ name, code, body: toHex(bytes) })),
  };
}

type BodyItems = [CborValue[], CborValue, CborValue[], CborValue[]];

function invalidBodies(chain: InMemoryChain): [name: string, code: string, bytes: Uint8Array][] {
  const body = chain.blocks[1]?.executed.body ?? new Uint8Array();
  const items = (): BodyItems => structuredClone(readCbor(body)) as BodyItems;
  const changed = (change: (parts: BodyItems) => unknown): Uint8Array => {
    const parts = items();
    change(parts);
    return writeCbor(parts);
  };
  const malformed: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array()],
    ['cut short', body.subarray(0, -1)],
    ['a trailing byte', Uint8Array.from([...body, 0])],
    ['an array head that is not the shortest', Uint8Array.from([0x98, 4, ...body.subarray(1)])],
    ['five items', changed((parts) => (parts as CborValue[]).push(null))],
    ['a header of 14 fields', changed(([header]) => header.pop())],
    ['a header of 16 fields', changed(([header]) => header.push(0))],
    ['a reserved chain id', changed(([header]) => header.splice(1, 1, 'rpc'))],
    ['an upper-case chain id', changed(([header]) => header.splice(1, 1, 'Testnet'))],
    ['a negative height', changed(([header]) => header.splice(2, 1, -1))],
    ['a height of 2^53', changed(([header]) => header.splice(2, 1, 2n ** 53n))],
    ['a round above the limit', changed(([header]) => header.splice(3, 1, 2n ** 40n))],
    ['a proposer of 31 bytes', changed(([header]) => header.splice(5, 1, filled(31, 1)))],
    ['a hash as text', changed(([header]) => header.splice(6, 1, 'hash'))],
    ['a last commit of four items', changed(([, commit]) => (commit as CborValue[]).pop())],
    [
      'a signature of 63 bytes',
      changed(([, commit]) => (commit as CborValue[]).splice(4, 1, [filled(63, 1)])),
    ],
    ['evidence as null', changed((parts) => parts.splice(2, 1, null as never))],
    ['evidence that is no byte string', changed(([, , evidence]) => evidence.push(1))],
    ['a transaction that is no byte string', changed(([, , , txs]) => txs.push('tx'))],
  ];
  return [
    ...malformed.map(([name, bytes]): [string, string, Uint8Array] => [name, 'BLOCK_MALFORMED', bytes]),
    [
      'a transaction that does not decode',
      'BLOCK_TX_INVALID',
      changed(([, , , txs]) => txs.push(filled(3, 0x80))),
    ],
  ];
}

/** Sign bytes of votes and certificates of several shapes. */
export function voteVectors() {
  const chain = vectorChain();
  const { genesisHash } = chain.context;
  const at = { height: 7, round: 2 };
  const votes = [
    ...[hash(0xbb), null].map((blockHash) => ({
      role: 'precommit',
      fields: [at.height, at.round, blockHash],
      sign_bytes: toHex(precommitSignBytes(genesisHash, { ...at, blockHash })),
    })),
    ...(
      [
        [hash(0xbb), null],
        [hash(0xbb), 1],
        [null, null],
      ] as const
    ).map(([blockHash, polRound]) => ({
      role: 'prevote',
      fields: [at.height, at.round, blockHash, polRound],
      sign_bytes: toHex(prevoteSignBytes(genesisHash, { ...at, blockHash, polRound })),
    })),
    ...[null, 0].map((polRound) => ({
      role: 'proposal',
      fields: [at.height, at.round, hash(0xbb), polRound],
      sign_bytes: toHex(proposalSignBytes(genesisHash, { ...at, blockHash: hash(0xbb), polRound })),
    })),
  ];
  const certificates = chain.blocks.map(({ certificate }) => ({
    diagnostic: diagnose(encodeCertificate(certificate)),
    bytes: toHex(encodeCertificate(certificate)),
  }));
  const about =
    'sign bytes = "atoll/<role>/v1" 0x00 genesis_hash CBOR(fields); hashes in fields are byte strings';
  return { about, genesis_hash: genesisHash, votes, certificates, evidence: evidenceVectors(genesisHash) };
}

/** One true item for each step, by the first validator: no block against a block where a vote may say so. */
function evidenceVectors(genesisHash: HashHex) {
  const signer = aSigner('validator 0');
  const validator = consensusKeyFromBytes(signer.publicKey);
  const at = { height: 7, round: 2, polRound: null };
  const signBytes = {
    proposal: (blockHash: HashHex | null) =>
      proposalSignBytes(genesisHash, { ...at, blockHash: blockHash ?? hash(0xaa) }),
    prevote: (blockHash: HashHex | null) => prevoteSignBytes(genesisHash, { ...at, blockHash }),
    precommit: (blockHash: HashHex | null) => precommitSignBytes(genesisHash, { ...at, blockHash }),
  };
  return (['proposal', 'prevote', 'precommit'] as const).map((step) => {
    const content = (blockHash: HashHex | null) => ({
      blockHash,
      polRound: null,
      signature: signer.sign(signBytes[step](blockHash)),
    });
    const other = content(step === 'proposal' ? hash(0xaa) : null);
    const item = encodeEvidence(makeEvidence({ step, ...at, validator }, content(hash(0xbb)), other));
    return { step, diagnostic: diagnose(item), bytes: toHex(item) };
  });
}

/** Receipts with every kind of value that an event may carry. */
export function receiptVectors() {
  const values = [filled(20, 1), 'text/plain', '', 0n, 23n, 24n, 2n ** 32n, 2n ** 63n - 1n, new Uint8Array()];
  const receipts: Receipt[] = [
    { txHash: hash(1), status: 0, fee: 0n, events: [] },
    { txHash: hash(2), status: 1, fee: 2n ** 63n - 1n, events: [] },
    { txHash: hash(3), status: 65_535, fee: 24n, events: [] },
    {
      txHash: hash(4),
      status: 0,
      fee: 255n,
      events: [
        { name: 'none', values: [] },
        { name: 'all', values },
      ],
    },
  ];
  return {
    about: 'receipt = CBOR([tx_hash, status, fee, [[name, [value, ...]], ...]]); list = CBOR([receipt, ...])',
    receipts: receipts.map((receipt) => ({
      diagnostic: diagnose(encodeReceipt(receipt)),
      bytes: toHex(encodeReceipt(receipt)),
    })),
    list: toHex(encodeReceipts(receipts)),
  };
}

/** Sets of authorities with their hash, state record and order of proposers; shares with stake. */
export function validatorVectors() {
  const params = { authorityWeightBps: 10_000, fullStake: 1n, maxValidators: 64 };
  const sets = [1, 3, 7].map((count) => {
    const { authorities } = aGenesis({ validators: count });
    const set = validatorsFromAuthorities(authorities, params);
    const later = advancePriorities(set, 5);
    return {
      validators: set.map(({ consensusKey, power }) => [consensusKey, power]),
      hash: validatorsHash(set),
      state: toHex(encodeValidatorSet(set)),
      state_after_5_turns: toHex(encodeValidatorSet(later)),
      proposers: Array.from({ length: 8 }, (_, round) => proposerAt(set, round).consensusKey),
    };
  });
  const keys = aGenesis({ validators: 4 }).authorities.map(({ consensusKey }) => consensusKey);
  const shared = [0, 2_500, 5_000, 10_000].flatMap((authorityWeightBps) =>
    [0n, 1n, 3_000n, 7_777n, 20_000n].map((stake) => {
      const stakes = keys
        .slice(2)
        .map((consensusKey, index) => ({ consensusKey, stake: stake * BigInt(index + 1) }));
      const input = {
        authorities: keys.slice(0, 2),
        stakes,
        params: { authorityWeightBps, fullStake: 9_000n, maxValidators: 64 },
      };
      return {
        authorities: input.authorities,
        stakes: stakes.map((item) => [item.consensusKey, item.stake.toString()]),
        authority_weight_bps: authorityWeightBps,
        full_stake: '9000',
        powers: powers(input).map(({ consensusKey, power }) => [consensusKey, power]),
      };
    }),
  );
  const about =
    'hash = SHA-256(CBOR([[consensus_key, power], ...])); state = CBOR([[key, operator, name, power, priority], ...])';
  return { about, total: VOTING_POWER_TOTAL, sets, powers: shared };
}

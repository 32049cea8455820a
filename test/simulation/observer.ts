/**
 * @module The one who sees everything and checks the invariants at every event. It shares no code with the machine
 * where it judges it: votes are read back from the bytes that were signed.
 */

import type { BlockError } from '../../shared/protocol/block/block-error.ts';
import { decode, hashCodec, nullable, tuple, uint } from '../../shared/protocol/codec/codec.ts';
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import type { StepResult } from '../../shared/protocol/consensus/step.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import { readSupply, SUPPLY_BURNED, SUPPLY_GENESIS } from '../../shared/protocol/state/supply.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { type Evidence, encodeEvidence, isEvidenceTrue } from '../../shared/protocol/votes/evidence.ts';
import { precommitSignBytes } from '../../shared/protocol/votes/vote.ts';
import type { SignedMessage, SimulatedNode } from './node.ts';
import type { Simulation } from './simulation.ts';
import { ACCOUNTS, aSigner } from './world.ts';

/** A broken invariant ends the run at once. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

const round = uint();
const prevoteBody = tuple({
  height: uint(),
  round,
  blockHash: nullable(hashCodec),
  polRound: nullable(round),
});
const precommitBody = tuple({ height: uint(), round, blockHash: nullable(hashCodec) });
/** Bytes of the scope, and of the zero before it. */
const SCOPE = 33;

/** After so many heights an equivocator has contradicted itself to one node many times. */
const ACCOUNTABLE_HEIGHTS = 10;

interface Vote {
  readonly node: number;
  readonly round: number;
  readonly blockHash: HashHex | null;
  readonly polRound: number | null;
}

/** Votes signed for one height. */
interface HeightRecord {
  readonly prevoters: Map<string, Set<number>>;
  readonly precommits: Vote[];
}

export class Observer {
  readonly #simulation: Simulation;
  readonly #signed = new Map<string, string>();
  readonly #heights = new Map<number, HeightRecord>();
  readonly decidedHashes = new Map<number, HashHex>();
  readonly evidenceAgainst = new Set<number>();
  /** `node/hash` of blocks that a node found invalid. */
  readonly #foundInvalid = new Set<string>();
  /** By honest nodes. */
  readonly builtBlocks = new Set<HashHex>();
  /** By height: honest rounds begun after the last heal, to measure how long a decision takes. */
  #roundsAfterHeal = new Map<number, Set<number>>();
  readonly #roundsOf = new Map<number, number>();

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** A signature is durable. Honest nodes sign one message per position, and only what their locks allow. */
  signed(node: SimulatedNode, { position, message }: SignedMessage): void {
    const { height, round, step } = position;
    if (node.isHonest) {
      const id = `${node.index}/${height}/${round}/${step}`;
      const hex = toHex(message);
      const before = this.#signed.get(id);
      if (before !== undefined && before !== hex)
        throw new Violation('one_signature', `node ${node.index} signed twice at ${height}/${round}/${step}`);
      this.#signed.set(id, hex);
    }
    if (step === 'prevote') this.#prevoted(node, message);
    if (step === 'precommit') this.#precommitted(node, message);
  }

  #prevoted(node: SimulatedNode, message: Uint8Array): void {
    const vote = decode(prevoteBody, message.subarray('atoll/prevote/v1'.length + SCOPE), 256);
    const record = this.#recordOf(vote.height);
    if (node.isHonest && vote.blockHash !== null) {
      const lock = record.precommits
        .filter(({ node: other, round, blockHash }) => {
          return other === node.index && round < vote.round && blockHash !== null;
        })
        .at(-1);
      if (lock !== undefined && lock.blockHash !== vote.blockHash) {
        const { polRound } = vote;
        const isFree =
          polRound !== null && polRound >= lock.round && this.#hasPolka(record, polRound, vote.blockHash);
        if (!isFree)
          throw new Violation(
            'lock_rule',
            `node ${node.index} locked in round ${lock.round} prevoted another block in ${vote.round} at height ${vote.height}`,
          );
      }
    }
    if (node.isHonest) this.#checkPrevote(node, record, { node: node.index, ...vote });
    const id = `${vote.round}/${vote.blockHash}`;
    const voters = record.prevoters.get(id) ?? new Set();
    voters.add(node.identity);
    record.prevoters.set(id, voters);
  }

  /** What honest nodes vote for is valid, and either not from their future or repeated with a polka. */
  #checkPrevote(node: SimulatedNode, record: HeightRecord, { blockHash, polRound }: Vote): void {
    if (blockHash === null) return;
    if (this.#foundInvalid.has(`${node.index}/${blockHash}`))
      throw new Violation('prevote_is_valid', `node ${node.index} voted for a block it found invalid`);
    if (polRound !== null && !this.#hasPolka(record, polRound, blockHash))
      throw new Violation(
        'prevote_needs_polka',
        `node ${node.index} voted for a repeated block without polka`,
      );
    const block = node.blocks.block(blockHash);
    const { precisionMs } = this.#simulation.world.genesis.params;
    if (polRound === null && block !== null && block.header.timeMs > node.nowMs + precisionMs)
      throw new Violation('timely_prevote', `node ${node.index} voted for a block of the future`);
  }

  #precommitted(node: SimulatedNode, message: Uint8Array): void {
    const vote = decode(precommitBody, message.subarray('atoll/precommit/v1'.length + SCOPE), 256);
    const record = this.#recordOf(vote.height);
    if (node.isHonest && vote.blockHash !== null && !this.#hasPolka(record, vote.round, vote.blockHash))
      throw new Violation('precommit_needs_polka', `node ${node.index} at ${vote.height}/${vote.round}`);
    record.precommits.push({ node: node.index, ...vote, polRound: null });
  }

  #hasPolka(record: HeightRecord, round: number, blockHash: HashHex): boolean {
    return this.#simulation.world.isQuorum(record.prevoters.get(`${round}/${blockHash}`) ?? []);
  }

  #recordOf(height: number): HeightRecord {
    let record = this.#heights.get(height);
    if (record === undefined) {
      record = { prevoters: new Map(), precommits: [] };
      this.#heights.set(height, record);
      this.#heights.delete(height - 20);
    }
    return record;
  }

  /** A block is final at an honest node. */
  decided(node: SimulatedNode, executed: ExecutedBlock, certificate: CommitCertificate): void {
    const { height } = executed.block.header;
    this.#simulation.trace(height, certificate.round, executed.hash);
    if (!node.isHonest) return;
    const known = this.decidedHashes.get(height);
    if (known !== undefined && known !== executed.hash)
      throw new Violation('agreement', `two blocks are final at height ${height}`);
    this.#checkCertificate(executed.hash, height, certificate);
    this.#roundsAfterHeal.delete(height);
    if (known !== undefined) return;
    this.decidedHashes.set(height, executed.hash);
    this.#checkSupply(node);
    const { statistics } = this.#simulation;
    statistics.add('heights');
    if (certificate.round > 0) statistics.add('heights_beyond_round_0');
    statistics.add(`round/${Math.min(certificate.round, 20)}`);
    if ((this.#roundsOf.get(height) ?? 0) > 50)
      throw new Violation('liveness', `height ${height} took more than 50 rounds`);
    this.#roundsOf.delete(height);
  }

  #checkCertificate(hash: HashHex, height: number, certificate: CommitCertificate): void {
    const { world } = this.#simulation;
    const ordered = [...world.keys].sort();
    const message = precommitSignBytes(world.chain.genesisHash, {
      height,
      round: certificate.round,
      blockHash: hash,
    });
    const bits = [...certificate.bitmap].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const signers: number[] = [];
    for (const [index, bit] of [...bits].entries()) {
      if (bit === '0') continue;
      const key = ordered[index];
      const signature = certificate.signatures[signers.length];
      const signer = key === undefined ? undefined : world.indexOf.get(key);
      if (signature === undefined || signer === undefined)
        throw new Violation('valid_certificate', `a bit of height ${height} names nobody`);
      if (!world.verifier.verify(world.signer(signer).publicKey, message, signature))
        throw new Violation('valid_certificate', `a signature of height ${height} does not hold`);
      signers.push(signer);
    }
    if (!world.isQuorum(signers) || signers.length !== certificate.signatures.length)
      throw new Violation('valid_certificate', `height ${height} has ${signers.length} signatures`);
  }

  #checkSupply(node: SimulatedNode): void {
    const { store } = node.storage;
    let sum = readSupply(store, SUPPLY_BURNED);
    for (let index = 0; index < ACCOUNTS; index++)
      sum += readAccount(store, addressOf(aSigner(`account ${index}`).publicKey)).balance;
    for (const { operator } of this.#simulation.world.genesis.authorities)
      sum += readAccount(store, operator).balance;
    if (sum !== readSupply(store, SUPPLY_GENESIS))
      throw new Violation('supply', `accounts and burned units sum up to ${sum}`);
  }

  evidence(node: SimulatedNode, evidence: Evidence): void {
    const { world, nodes, statistics } = this.#simulation;
    encodeEvidence(evidence);
    const accused = world.indexOf.get(evidence.validator);
    if (!isEvidenceTrue(evidence, world.chain.genesisHash, world.verifier))
      throw new Violation('evidence_is_true', `evidence of node ${node.index} does not hold`);
    if (accused === undefined || nodes[accused]?.isHonest !== false)
      throw new Violation('evidence_names_no_honest_node', `node ${accused} at ${evidence.height}`);
    this.evidenceAgainst.add(accused);
    statistics.add(`evidence/${evidence.step}`);
  }

  /** What honest nodes build holds everywhere. */
  foundInvalid(node: SimulatedNode, hash: HashHex, fault: BlockError): void {
    this.#simulation.statistics.add(`invalid_blocks/${fault.code}`);
    this.#foundInvalid.add(`${node.index}/${hash}`);
    if (node.isHonest && this.builtBlocks.has(hash))
      throw new Violation('honest_blocks_are_valid', `node ${node.index}: ${fault.code} ${fault.message}`);
  }

  /** Who told one node two things was found out. */
  ended(): void {
    const { nodes, scenario } = this.#simulation;
    if (scenario.heights < ACCOUNTABLE_HEIGHTS) return;
    for (const { index, behaviour } of nodes) {
      if (behaviour?.name === 'equivocating_voter' && !this.evidenceAgainst.has(index))
        throw new Violation('accountability', `nobody has evidence against node ${index}`);
    }
  }

  halted(node: SimulatedNode, hash: HashHex): void {
    if (node.isHonest) throw new Violation('no_halt', `node ${node.index} halted over ${hash}`);
  }

  /** What a node takes up after a crash is what it had: round, lock, valid block. */
  recovered(node: SimulatedNode, state: ConsensusState, before: ConsensusState | null): void {
    if (before === null || !node.isHonest) return;
    const factsOf = ({ round, locked, valid }: ConsensusState) => JSON.stringify({ round, locked, valid });
    if (state.height !== before.height || before.step === 'idle') return;
    if (factsOf(state) !== factsOf(before))
      throw new Violation('recovery', `node ${node.index}: ${factsOf(state)} instead of ${factsOf(before)}`);
  }

  stepped(node: SimulatedNode, { fired, state }: StepResult): void {
    if (!node.isHonest) return;
    for (const rule of fired) this.#simulation.statistics.add(`rules/${rule}`);
    this.#simulation.trace(node.index, state.height, state.round);
  }

  event(node: SimulatedNode, event: ConsensusEvent): void {
    if (!node.isHonest) return;
    this.#simulation.statistics.add(`events/${event.name}`);
    // State and sign log are written together, so the log never has to step in.
    if (event.name === 'double_sign_prevented')
      throw new Violation('no_refused_signature', `node ${node.index} at ${event.height}/${event.round}`);
    if (event.name !== 'new_round') return;
    const { height, round } = event;
    this.#roundsOf.set(height, Math.max(this.#roundsOf.get(height) ?? 0, round));
    this.#roundBegan(height, round, this.#simulation.world.indexOf.get(event.proposer));
  }

  /** Counting begins anew: from here on nothing but byzantine nodes stands in the way. */
  healed(): void {
    this.#roundsAfterHeal = new Map();
    this.#simulation.statistics.add('heals');
  }

  #roundBegan(height: number, round: number, proposer: number | undefined): void {
    const simulation = this.#simulation;
    if (!simulation.isCalm || this.decidedHashes.has(height) || proposer === undefined) return;
    if (simulation.nodes[proposer]?.isHonest !== true || !simulation.isSlowEnough(round)) return;
    const rounds = this.#roundsAfterHeal.get(height) ?? new Set();
    rounds.add(round);
    this.#roundsAfterHeal.set(height, rounds);
    simulation.statistics.add(`good_rounds/${rounds.size}`);
    if (rounds.size > 2) {
      throw new Violation('liveness', `height ${height} needs a third good round`);
    }
  }
}

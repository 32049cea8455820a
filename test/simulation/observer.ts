/**
 * @module The one who sees everything and checks the invariants at every event. It shares no code with the machine
 * where it judges it: votes are read back from the bytes that were signed, sets from the blocks that were decided.
 */
import type { BlockError } from '../../shared/protocol/block/block-error.ts';
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import { comparePositions, type SignPosition } from '../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import type { StepResult } from '../../shared/protocol/consensus/step.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import { genesisState } from '../../shared/protocol/genesis/state.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { readSupply, SUPPLY_GENESIS } from '../../shared/protocol/state/supply.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { type Evidence, encodeEvidence, isEvidenceTrue } from '../../shared/protocol/votes/evidence.ts';
import { Accountability } from './accountability.ts';
import { checkCertificate, checkPrevote, checkStorage } from './invariants.ts';
import { LivenessWatch } from './liveness.ts';
import type { SignedMessage, SimulatedNode } from './node.ts';
import { DecidingSets } from './sets.ts';
import type { Simulation } from './simulation.ts';
import { StateMirror } from './supply.ts';
import { Violation } from './violation.ts';
import { VoteRecord, voteIn } from './vote-record.ts';

/** After so many heights an equivocator has contradicted itself to one node many times. */
const ACCOUNTABLE_HEIGHTS = 10;
/** A key whose storage was restored signs nothing for so many heights. */
const QUIET_HEIGHTS = 10;

export class Observer {
  readonly #simulation: Simulation;
  readonly sets = new DecidingSets();
  readonly liveness: LivenessWatch;
  readonly accountability: Accountability;
  readonly decidedHashes = new Map<number, HashHex>();
  readonly evidenceAgainst = new Set<ConsensusKey>();
  /** By honest nodes. */
  readonly builtBlocks = new Set<HashHex>();
  readonly #mirror = new StateMirror();
  readonly #supply: bigint;
  readonly #signed = new Map<string, string>();
  readonly #votes = new Map<number, VoteRecord>();
  /** `node/hash` of blocks that a node found invalid. */
  readonly #foundInvalid = new Set<string>();
  /** By index of a node: the highest position that it has signed. */
  readonly #highest = new Map<number, SignPosition>();
  #height = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.liveness = new LivenessWatch(simulation);
    this.accountability = new Accountability(simulation, this.sets);
    this.#mirror.apply(genesisState(simulation.world.genesis));
    this.#supply = readSupply(this.#mirror, SUPPLY_GENESIS);
    this.sets.learn(1, readValidators(this.#mirror));
  }

  /** A signature is durable. Honest nodes sign one message per position, as members, and only what their locks allow. */
  signed(node: SimulatedNode, { position, message }: SignedMessage): void {
    const { height, round, step } = position;
    if (node.isHonest) this.#signedHonestly(node, position, message);
    if (step === 'proposal') return;
    const record = this.#recordOf(height);
    const vote = voteIn(step, message);
    if (node.isHonest && vote.blockHash !== null) {
      const { blockHash } = vote;
      const hasPolka = (inRound: number) => this.sets.isQuorum(height, record.prevoters(inRound, blockHash));
      if (step === 'prevote') {
        if (this.#foundInvalid.has(`${node.index}/${blockHash}`))
          throw new Violation('prevote_is_valid', `node ${node.index} voted for a block it found invalid`);
        checkPrevote(node, vote, record.lockBelow(node.index, round), hasPolka);
      } else if (!hasPolka(round))
        throw new Violation('precommit_needs_polka', `node ${node.index} at ${height}/${round}`);
    }
    record.add(node.index, node.key, vote);
    this.accountability.signed(node, vote);
  }

  /** The highest position that a node has ever signed. */
  highestSigned(node: SimulatedNode): SignPosition | null {
    return this.#highest.get(node.index) ?? null;
  }

  /** Whether a node has precommitted a block of a height: then it is locked there, and must not forget it. */
  isLocked(node: SimulatedNode, height: number): boolean {
    return this.#votes.get(height)?.lockBelow(node.index, Number.POSITIVE_INFINITY) !== undefined;
  }

  #signedHonestly(node: SimulatedNode, position: SignPosition, message: Uint8Array): void {
    const { height, round, step } = position;
    const where = `${height}/${round}/${step}`;
    const id = `${node.index}/${where}`;
    const hex = toHex(message);
    const before = this.#signed.get(id);
    if (before !== undefined && before !== hex)
      throw new Violation('one_signature', `node ${node.index} signed twice at ${where}`);
    this.#signed.set(id, hex);
    const highest = this.#highest.get(node.index);
    if (highest === undefined || comparePositions(position, highest) > 0)
      this.#highest.set(node.index, position);
    if (node.restoredHeight !== null && height <= node.restoredHeight + QUIET_HEIGHTS)
      throw new Violation('restored_key_is_quiet', `node ${node.index} signed ${where}`);
    node.restoredHeight = null;
    if (this.sets.at(height)?.powers.has(node.key) !== true)
      throw new Violation('only_members_sign', `node ${node.index} is not in the set of height ${height}`);
  }

  #recordOf(height: number): VoteRecord {
    let record = this.#votes.get(height);
    if (record === undefined) {
      record = new VoteRecord();
      this.#votes.set(height, record);
    }
    return record;
  }

  /** A message has reached a node. */
  heard(node: SimulatedNode, message: ConsensusMessage): void {
    if (this.#simulation.scenario.trust === 'broken') this.accountability.heard(node, message);
  }

  /** A decision of a node is durable: what follows from the block for the next height. */
  deciding(node: SimulatedNode, { block, nextValidators, incidents }: ExecutedBlock): void {
    if (!node.isHonest) return;
    const { statistics, scenario } = this.#simulation;
    const height = block.header.height + 1;
    if (this.sets.at(height) !== undefined) return;
    const change = this.sets.learn(height, nextValidators);
    if (change !== null) {
      statistics.add('set_changes');
      if (change.joined > 0) statistics.add('set_changes/joined');
      if (change.left > 0) statistics.add('set_changes/left');
      if (change.moved > 0) statistics.add('set_changes/power');
    }
    for (const { kind, validator } of incidents) {
      statistics.add(`incidents/${kind}`);
      if (kind === 'evidence') this.#accused(validator, `block ${height - 1}`);
    }
    const byzantine = this.#simulation.nodes.filter((each) => !each.isHonest).map(({ key }) => key);
    const total = this.sets.at(height)?.total ?? 0;
    if (scenario.trust === 'sound' && 3 * this.sets.power(height, byzantine) >= total)
      throw new Violation('assumption', `byzantine power reaches a third at height ${height}`);
  }

  /** A block is final at an honest node, and durable. */
  decided(node: SimulatedNode, executed: ExecutedBlock, certificate: CommitCertificate): void {
    const { height } = executed.block.header;
    this.#simulation.trace(height, certificate.round, executed.hash);
    if (!node.isHonest) return;
    this.#simulation.heightMoved();
    const known = this.decidedHashes.get(height);
    if (known !== undefined && known !== executed.hash) this.#forked(height);
    checkCertificate(this.#simulation.world, this.sets.at(height), executed.hash, certificate);
    if (known !== undefined) return;
    this.decidedHashes.set(height, executed.hash);
    this.#mirror.apply(executed.stateWrites);
    this.#height = height;
    if (this.#mirror.units !== this.#supply)
      throw new Violation('supply', `everything adds up to ${this.#mirror.units} at height ${height}`);
    const { statistics } = this.#simulation;
    statistics.add('heights');
    if (certificate.round > 0) statistics.add('heights_beyond_round_0');
    statistics.add(`round/${Math.min(certificate.round, 20)}`);
    this.liveness.decided(height);
  }

  #forked(height: number): void {
    if (this.#simulation.scenario.trust === 'sound')
      throw new Violation('agreement', `two blocks are final at height ${height}`);
    this.accountability.forked(height);
  }

  evidence(node: SimulatedNode, evidence: Evidence): void {
    // Whoever bends what it remembers accuses the wrong ones; nobody takes that from it.
    if (!node.isHonest) return;
    const { world, statistics } = this.#simulation;
    encodeEvidence(evidence);
    if (!isEvidenceTrue(evidence, world.chain.genesisHash, world.verifier))
      throw new Violation('evidence_is_true', `evidence of node ${node.index} does not hold`);
    this.#accused(evidence.validator, `height ${evidence.height}`);
    statistics.add(`evidence/${evidence.step}`);
  }

  #accused(validator: ConsensusKey, where: string): void {
    const { world, nodes } = this.#simulation;
    const accused = world.indexOf.get(validator);
    if (accused === undefined || nodes[accused]?.isHonest !== false)
      throw new Violation('evidence_names_no_honest_node', `node ${accused} at ${where}`);
    this.evidenceAgainst.add(validator);
  }

  /** What honest nodes build holds everywhere. */
  foundInvalid(node: SimulatedNode, hash: HashHex, fault: BlockError): void {
    this.#simulation.statistics.add(`invalid_blocks/${fault.code}`);
    this.#foundInvalid.add(`${node.index}/${hash}`);
    if (node.isHonest && this.builtBlocks.has(hash))
      throw new Violation('honest_blocks_are_valid', `node ${node.index}: ${fault.code} ${fault.message}`);
  }

  /** Who told one node two things was found out, and every node that has all blocks has the same state. */
  ended(): void {
    const { nodes, scenario, honest } = this.#simulation;
    const leaves = [...this.#mirror.leaves()];
    for (const node of honest) if (node.height === this.#height) checkStorage(node, leaves);
    if (scenario.heights < ACCOUNTABLE_HEIGHTS) return;
    for (const { index, key, behaviour } of nodes) {
      if (behaviour?.name === 'equivocating_voter' && !this.evidenceAgainst.has(key))
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

  stepped(node: SimulatedNode, { fired, state, effects }: StepResult): void {
    if (!node.isHonest) return;
    const { statistics } = this.#simulation;
    for (const rule of fired) {
      statistics.add(`rules/${rule}`);
      // The other branch of the rules that choose between a block and none.
      if ((rule === 'L22' || rule === 'L28') && effects.some(isNilPrevote))
        statistics.add(`rules/${rule} nil`);
    }
    this.#simulation.trace(node.index, state.height, state.round);
  }

  event(node: SimulatedNode, event: ConsensusEvent): void {
    if (!node.isHonest) return;
    const { statistics, world, nodes } = this.#simulation;
    statistics.add(event.name === 'bad_message' ? `refused/${event.reason}` : `events/${event.name}`);
    // State and sign log are written together, so the log never has to step in.
    if (event.name === 'double_sign_prevented')
      throw new Violation('no_refused_signature', `node ${node.index} at ${event.height}/${event.round}`);
    if (event.name !== 'new_round' || this.decidedHashes.has(event.height)) return;
    const proposer = world.indexOf.get(event.proposer);
    const proposing = proposer === undefined ? undefined : nodes[proposer];
    const isAble = proposing?.isHonest === true && !proposing.isSilentAt(event.height);
    this.liveness.roundBegan(event.height, event.round, isAble);
  }
}

function isNilPrevote(effect: StepResult['effects'][number]): boolean {
  if (effect.type !== 'broadcast' || effect.message.kind !== 'votes') return false;
  return effect.message.votes.some(({ type, blockHash }) => type === 'prevote' && blockHash === null);
}

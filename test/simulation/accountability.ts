/**
 * @module Who answers for a fork. From the votes that honest nodes signed or received it finds everyone who cannot have
 * been honest: who said two things at once, and who left a lock without a polka that allows it. Source: the accountable
 * variant of Tendermint, docs/spec/consensus.md, "Evidence".
 */
import { votesIn } from '../../shared/protocol/consensus/certificates.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyToBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import { precommitSignBytes, prevoteSignBytes } from '../../shared/protocol/votes/vote.ts';
import type { SimulatedNode } from './node.ts';
import type { DecidingSets } from './sets.ts';
import type { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';
import type { RecordedVote } from './vote-record.ts';

/** Votes of one validator for one height, each once. */
type Statements = Map<string, RecordedVote>;

/** The chain has split and somebody answered for it: the end of a run above a third, and no fault. */
export class Fork extends Error {
  override readonly name = 'Fork';
}

export class Accountability {
  readonly #simulation: Simulation;
  readonly #sets: DecidingSets;
  readonly #heights = new Map<number, Map<ConsensusKey, Statements>>();

  constructor(simulation: Simulation, sets: DecidingSets) {
    this.#simulation = simulation;
    this.#sets = sets;
  }

  /** What an honest node signed is at hand. */
  signed(node: SimulatedNode, vote: RecordedVote): void {
    if (this.#simulation.scenario.trust === 'broken' && node.isHonest) this.#keep(node.key, vote);
  }

  /** Keeps the votes in what an honest node received, as far as their signatures hold. */
  heard(node: SimulatedNode, message: ConsensusMessage): void {
    if (!node.isHonest || (message.kind !== 'votes' && message.kind !== 'polka' && message.kind !== 'commit'))
      return;
    // The set of such a run never changes.
    const { validators } = node.state;
    const votes = message.kind === 'votes' ? message.votes : votesOf(message, validators);
    const { world } = this.#simulation;
    for (const vote of votes) {
      const key = validators[vote.validator]?.consensusKey;
      if (key === undefined) continue;
      const bytes = vote.type === 'prevote' ? prevoteSignBytes : precommitSignBytes;
      const message = bytes(world.chain.genesisHash, vote);
      if (world.verifier.verify(consensusKeyToBytes(key), message, vote.signature)) this.#keep(key, vote);
    }
  }

  /** Two blocks are final: at least a third of the power answers for it, and nobody honest. Ends the run. */
  forked(height: number): never {
    const { statistics, nodes } = this.#simulation;
    const guilty = this.#guilty(height);
    for (const node of nodes) {
      if (node.isHonest && guilty.has(node.key))
        throw new Violation('evidence_names_no_honest_node', `node ${node.index} answers for a fork`);
    }
    const total = this.#sets.at(height)?.total ?? 0;
    const power = this.#sets.power(height, guilty);
    if (3 * power < total)
      throw new Violation('accountability', `${power} of ${total} answer for the fork at height ${height}`);
    statistics.add('forks');
    throw new Fork(`height ${height}`);
  }

  #guilty(height: number): Set<ConsensusKey> {
    const statements = this.#heights.get(height) ?? new Map<ConsensusKey, Statements>();
    const hasPolka: HasPolka = (round, blockHash) => {
      const isForIt = (vote: RecordedVote) =>
        vote.type === 'prevote' && vote.round === round && vote.blockHash === blockHash;
      const voters = [...statements].filter(([, votes]) => [...votes.values()].some(isForIt));
      return this.#sets.isQuorum(
        height,
        voters.map(([key]) => key),
      );
    };
    const guilty = new Set<ConsensusKey>();
    for (const [key, statement] of statements) {
      const votes = [...statement.values()];
      for (const [offence, isGuilty] of Object.entries(OFFENCES)) {
        if (!isGuilty(votes, hasPolka)) continue;
        guilty.add(key);
        this.#simulation.statistics.add(`offences/${offence}`);
      }
    }
    return guilty;
  }

  #keep(key: ConsensusKey, vote: RecordedVote): void {
    const { type, height, round, blockHash, polRound } = vote;
    let ofHeight = this.#heights.get(height);
    if (ofHeight === undefined) {
      ofHeight = new Map();
      this.#heights.set(height, ofHeight);
    }
    let statements = ofHeight.get(key);
    if (statements === undefined) {
      statements = new Map();
      ofHeight.set(key, statements);
    }
    statements.set(`${type}/${round}/${blockHash}/${polRound}`, { type, height, round, blockHash, polRound });
  }
}

/** The votes behind a certificate. Nobody in such a run forges one. */
function votesOf(message: Extract<ConsensusMessage, { kind: 'polka' | 'commit' }>, validators: ValidatorSet) {
  const { kind, certificate } = message;
  const polRound = kind === 'polka' ? message.certificate.polRound : null;
  return votesIn(certificate, kind === 'polka' ? 'prevote' : 'precommit', polRound, validators);
}

/** Whether the votes at hand are a polka. */
type HasPolka = (round: number, blockHash: HashHex) => boolean;

/** What no honest validator does, by the votes that show it. */
const OFFENCES: Readonly<Record<string, (votes: readonly RecordedVote[], hasPolka: HasPolka) => boolean>> = {
  'said two things': (votes) => {
    const positions = votes.map(({ type, round }) => `${type}/${round}`);
    return new Set(positions).size < positions.length;
  },
  'precommitted without a polka': (votes, hasPolka) =>
    votes.some(
      ({ type, round, blockHash }) =>
        type === 'precommit' && blockHash !== null && !hasPolka(round, blockHash),
    ),
  'left its lock': (votes, hasPolka) =>
    votes.some(({ type, round, blockHash, polRound }) => {
      if (type !== 'prevote' || blockHash === null) return false;
      const lock = lockBelow(votes, round);
      if (lock === undefined || lock.blockHash === blockHash) return false;
      return polRound === null || polRound < lock.round || !hasPolka(polRound, blockHash);
    }),
};

function lockBelow(votes: readonly RecordedVote[], below: number): RecordedVote | undefined {
  return votes
    .filter(({ type, round, blockHash }) => type === 'precommit' && blockHash !== null && round < below)
    .sort((left, right) => left.round - right.round)
    .at(-1);
}

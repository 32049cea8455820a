/** @module A chain of authorities that is offered evidence of all kinds, true and false; who offers it knows which it is. */

import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { proposerAt } from '../../../../shared/protocol/validators/proposer-selection.ts';
import type { ValidatorSet } from '../../../../shared/protocol/validators/validator-set.ts';
import {
  decodeEvidence,
  encodeEvidence,
  SIGNED_STEPS,
  type SignedStep,
} from '../../../../shared/protocol/votes/evidence.ts';
import { aGenesis, aSigner } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';
import type { Random } from '../../random.ts';
import { Violation } from '../../violation.ts';
import { drill } from './drill.ts';
import { turnsAsDefined } from './elections.ts';

const VALIDATORS = 7;
/** Registered, but not in the set: they sign for nobody. */
const STRANGERS = 3;
const BLOCKS = 30;
const AGE_MS = 64_000;
/** The chain may find evidence too old this part of the age too early. */
const AGE_SLACK = 1 / 8;
const STEPS = Object.keys(SIGNED_STEPS) as SignedStep[];

/** What is wrong with an offer; null for evidence that must be taken. */
type Flaw = 'false' | 'from_future' | 'old' | 'stranger' | 'repeated' | null;

interface Offer {
  readonly bytes: Uint8Array;
  readonly flaw: Flaw;
  readonly accused: number;
}

/** The invariant that breaks when a block holds evidence with this flaw. */
const BROKEN = {
  false: 'evidence_is_true',
  from_future: 'evidence_is_of_the_past',
  old: 'evidence_is_young',
  stranger: 'evidence_is_of_members',
  repeated: 'an_offence_counts_once',
} as const;

class Offers {
  readonly #random: Random;
  readonly #chain: StakingChain;
  /** Times of the blocks by height, from 0 on. */
  readonly #timesMs: number[];
  readonly #punished = new Set<number>();

  constructor(random: Random, chain: StakingChain) {
    this.#random = random;
    this.#chain = chain;
    this.#timesMs = [chain.parent.timeMs];
  }

  /** A block was made. */
  next(punished: readonly number[]): void {
    this.#timesMs.push(this.#chain.parent.timeMs);
    for (const index of punished) this.#punished.add(index);
  }

  get innocent(): number[] {
    return [...Array(VALIDATORS).keys()].filter((index) => !this.#punished.has(index));
  }

  /** One item of a random kind for a block that is made at `timeMs`; null where there is none of the kind. */
  make(timeMs: number): Offer | null {
    const random = this.#random;
    const kind = random.pick([
      'true',
      'forged',
      'equal',
      'half',
      'from_future',
      'old',
      'stranger',
      'repeated',
    ]);
    const step = random.pick(STEPS);
    const head = this.#chain.parent.height;
    const [accused] = random.sample(kind === 'repeated' ? [...this.#punished] : this.innocent, 1);
    if (accused === undefined) return null;
    const item = (height: number, index = accused) =>
      this.#chain.evidence(index, { height, round: random.below(3), step });
    // Height 1 is the first that a validator can sign, and its block the first that has a time.
    const young = this.#heights((ageMs) => ageMs < AGE_MS * (1 - AGE_SLACK), timeMs);
    const old = this.#heights((ageMs) => ageMs > AGE_MS, timeMs);
    const height = random.pick(young.length === 0 ? [head + 1] : young);
    const offer = (bytes: Uint8Array, flaw: Flaw, whom = accused): Offer => ({ bytes, flaw, accused: whom });
    switch (kind) {
      case 'true':
        return offer(item(height), null);
      case 'from_future':
        return offer(item(head + 2 + random.below(3)), 'from_future');
      case 'old':
        return old.length === 0 ? null : offer(item(random.pick(old)), 'old');
      case 'stranger':
        return offer(item(height, VALIDATORS + random.below(STRANGERS)), 'stranger', VALIDATORS);
      case 'repeated':
        return offer(item(height), 'repeated');
      default:
        return offer(this.#falsified(item(height), kind), 'false');
    }
  }

  /** Heights whose block has such an age when the next one is made. */
  #heights(fits: (ageMs: number) => boolean, timeMs: number): number[] {
    return [...this.#timesMs.keys()].filter(
      (height) => height > 0 && fits(timeMs - (this.#timesMs[height] ?? 0)),
    );
  }

  /** Both signatures of someone else, one of them, or the same content twice. */
  #falsified(bytes: Uint8Array, how: string): Uint8Array {
    const evidence = decodeEvidence(bytes);
    const { first, second } = evidence;
    const blank = new Uint8Array(64).fill(7);
    if (how === 'equal') return encodeEvidence({ ...evidence, second: first });
    if (how === 'half') return encodeEvidence({ ...evidence, second: { ...second, signature: blank } });
    return encodeEvidence({
      ...evidence,
      first: { ...first, signature: blank },
      second: { ...second, signature: blank },
    });
  }
}

/** Turns that a failed proposer had are gone: the next height goes on behind them. */
function checkTurns(before: ValidatorSet, after: ValidatorSet, round: number): void {
  const keys = (set: ValidatorSet) => set.map(({ consensusKey }) => consensusKey).join();
  if (keys(before) !== keys(after)) return;
  const expected = turnsAsDefined(before, round + 4).slice(round + 1);
  const had = expected.map((_, at) => proposerAt(after, at).name);
  if (had.join() !== expected.join())
    throw new Violation('missed_turns_are_paid', `${had} instead of ${expected} after round ${round}`);
}

export const evidence = drill((random) => {
  const params = { evidenceAgeMs: AGE_MS, unbondingMs: 100_000, authorityWeightBps: 10_000 };
  const chain = new StakingChain(aGenesis({ validators: VALIDATORS, params }), VALIDATORS + STRANGERS);
  const strangers = Array.from({ length: STRANGERS }, (_, index) =>
    chain.register(aSigner(`account ${index}`), VALIDATORS + index),
  );
  const offers = new Offers(random, chain);
  for (let block = 0; block < BLOCKS; block++) {
    const afterMs = random.between(1_000, 12_000);
    const timeMs = chain.parent.timeMs + afterMs;
    const offer = offers.innocent.length > 2 ? offers.make(timeMs) : null;
    const before = readValidators(chain.state);
    const round = random.below(3);
    const executed = chain.produce(block === 0 ? strangers : [], {
      round,
      afterMs,
      evidence: offer === null ? [] : [offer.bytes],
    });
    const isTaken = executed.block.evidence.some(
      (bytes) => offer !== null && toHex(bytes) === toHex(offer.bytes),
    );
    if (offer !== null && offer.flaw !== null && isTaken)
      throw new Violation(BROKEN[offer.flaw], `block ${block} holds ${toHex(offer.bytes).slice(0, 40)}`);
    if (offer !== null && offer.flaw === null) {
      if (!isTaken) {
        const why = executed.rejectedEvidence.map(({ code }) => code).join();
        throw new Violation('true_evidence_is_taken', `block ${block} lacks it: ${why}`);
      }
      const isOut = executed.nextValidators.every(
        ({ consensusKey }) => consensusKey !== validatorKey(offer.accused),
      );
      if (!isOut) throw new Violation('offenders_are_out', `validator ${offer.accused} after block ${block}`);
    }
    offers.next(isTaken && offer !== null ? [offer.accused] : []);
    checkTurns(before, executed.nextValidators, round);
  }
});

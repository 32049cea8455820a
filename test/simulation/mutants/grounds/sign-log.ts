/** @module The production sign log over SQLite: random positions, crashes, restarts, pruning, marks and a second key. */
import { CREATE_TABLES } from '../../../../durable-objects/chain/schema.ts';
import {
  DoubleSignPrevented,
  SIGN_LOG_HEIGHTS,
  SIGN_STEPS,
  SignLog,
  type SignPosition,
  type SignStep,
} from '../../../../durable-objects/chain/sign-log.ts';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import type { Signer } from '../../../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import type { Random } from '../../random.ts';
import { MemorySql } from '../../sql-storage.ts';
import { Violation } from '../../violation.ts';
import { aSigner } from '../../world.ts';
import { drill } from './drill.ts';

const CALLS = 300;
const STEPS = Object.keys(SIGN_STEPS) as SignStep[];

/** What one key has signed, as someone outside saw it. */
class Witness {
  readonly signer: Signer;
  readonly key: ConsensusKey;
  /** By position: the message and its signature. */
  readonly #seen = new Map<string, { message: string; signature: string; height: number }>();
  #highest: SignPosition | null = null;

  constructor(label: string) {
    this.signer = aSigner(label);
    this.key = consensusKeyFromBytes(this.signer.publicKey);
  }

  get highest(): SignPosition | null {
    return this.#highest;
  }

  /** The key may sign above this position only. */
  raise(position: SignPosition): void {
    if (this.#highest === null || isAbove(position, this.#highest)) this.#highest = position;
  }

  signed(position: SignPosition, message: Uint8Array, signature: Uint8Array): void {
    const id = idOf(position);
    const before = this.#seen.get(id);
    if (!nativeVerifier.verify(this.signer.publicKey, message, signature))
      throw new Violation('signature_holds', `the signature at ${id} is not of this message and key`);
    if (before !== undefined && before.message !== toHex(message))
      throw new Violation('one_signature', `two messages are signed at ${id}`);
    if (before === undefined && this.#highest !== null && !isAbove(position, this.#highest))
      throw new Violation('signatures_rise', `${id} is signed after ${idOf(this.#highest)}`);
    this.#seen.set(id, { message: toHex(message), signature: toHex(signature), height: position.height });
    this.raise(position);
  }

  refused(position: SignPosition, message: Uint8Array, oldestKept: number): void {
    const before = this.#seen.get(idOf(position));
    if (before?.message === toHex(message) && before.height >= oldestKept)
      throw new Violation('same_message_again', `${idOf(position)} is refused to the message that holds it`);
    if (this.#highest === null || isAbove(position, this.#highest))
      throw new Violation('new_positions_are_signed', `${idOf(position)} is refused`);
  }
}

function idOf({ height, round, step }: SignPosition): string {
  return `${height}/${round}/${step}`;
}

function isAbove(left: SignPosition, right: SignPosition): boolean {
  if (left.height !== right.height) return left.height > right.height;
  if (left.round !== right.round) return left.round > right.round;
  return STEPS.indexOf(left.step) > STEPS.indexOf(right.step);
}

/** A position near the highest one, above it as often as not. */
function near(random: Random, highest: SignPosition | null): SignPosition {
  const height = Math.max(1, (highest?.height ?? 1) + random.between(-2, 1));
  return { height, round: random.below(3), step: random.pick(STEPS) };
}

export const signLog = drill((random) => {
  const sql = new MemorySql();
  sql.exec(CREATE_TABLES);
  sql.commit();
  let log = new SignLog(sql.asStorage);
  const witnesses = [new Witness('validator 0'), new Witness('validator 1')];
  let oldestKept = 0;
  for (let call = 0; call < CALLS; call++) {
    const witness = random.pick(witnesses);
    const position = near(random, witness.highest);
    const message = Uint8Array.of(random.below(2), 1, 2, 3);
    const isDurable = !random.chance(0.1);
    try {
      const signature = log.sign(witness.key, witness.signer, position, message);
      // A turn that dies before its writes are durable sends nothing.
      if (isDurable) witness.signed(position, message, signature);
    } catch (error) {
      if (!(error instanceof DoubleSignPrevented)) throw error;
      witness.refused(position, message, oldestKept);
    }
    if (isDurable) sql.commit();
    else sql.rollback();
    if (random.chance(0.05)) log = new SignLog(sql.asStorage);
    if (random.chance(0.05)) {
      const mark = near(random, witness.highest);
      log.raiseMark(witness.key, mark);
      witness.raise(mark);
      sql.commit();
    }
    if (random.chance(0.05)) {
      const head = witness.highest?.height ?? 0;
      log.prune(head);
      sql.commit();
      oldestKept = Math.max(oldestKept, head - SIGN_LOG_HEIGHTS);
    }
  }
  sql.close();
});

/** @module The validators of a campaign: real keys of equal power, and parents under which the lottery elects who is wanted. */
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../../../shared/protocol/block/params.ts';
import type { NewHeight } from '../../../shared/protocol/consensus/input.ts';
import type { ConsensusContext } from '../../../shared/protocol/consensus/turn.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../../shared/protocol/primitives/consensus-key.ts';
import { drawProposer } from '../../../shared/protocol/validators/stake-lottery.ts';
import type { ValidatorSet } from '../../../shared/protocol/validators/validator-set.ts';
import { VerifierMemo } from '../memo.ts';
import type { Random } from '../random.ts';
import { anAddress, aSigner } from '../world.ts';
import type { Cast, Manifest } from './manifest.ts';

export const NOW_MS = 1_700_000_100_000;
const text = new TextEncoder();
const GENESIS_HASH = sha256Hex(text.encode('twins'));
const PARAMS = { ...DEFAULT_PARAMS, proposerSelection: 'stake_lottery' as const };
/** Rounds after the last one that is planned, for which any leader will do. */
export const ROUNDS_AFTER = 8;
/** Parents that are tried for an order of leaders: three rounds of four have 64 orders, found among the first few hundred. */
const PARENTS_MAX = 10_000;

export class Committee {
  readonly cast: Cast;
  /** By index of the validator. */
  readonly keys: readonly ConsensusKey[];
  readonly #validators: ValidatorSet;
  readonly #memo = new VerifierMemo();
  /** By validator and message: runs say the same things again and again. */
  readonly #signatures = new Map<string, Uint8Array>();
  readonly #parents = new Map<string, HashHex>();
  #tried = 0;

  constructor(cast: Cast) {
    this.cast = cast;
    this.keys = Array.from({ length: cast.validators }, (_, index) =>
      consensusKeyFromBytes(aSigner(`validator ${index}`).publicKey),
    );
    this.#validators = this.keys
      .map((consensusKey, index) => ({
        consensusKey,
        operator: anAddress(`operator ${index}`),
        name: `${index}`,
        // One lot each.
        power: 1,
        priority: 0,
      }))
      .sort((left, right) => (left.consensusKey < right.consensusKey ? -1 : 1));
  }

  /** A context for one copy of a validator: it knows nothing of what the other copy has signed. */
  context(validator: number): ConsensusContext {
    const signer = aSigner(`validator ${validator}`);
    const sign = (_position: unknown, message: Uint8Array): Uint8Array => {
      const id = `${validator}/${Buffer.from(message).toString('latin1')}`;
      let signature = this.#signatures.get(id);
      if (signature === undefined) {
        signature = signer.sign(message);
        if (!nativeVerifier.verify(signer.publicKey, message, signature))
          throw new Error('a signature holds');
        this.#signatures.set(id, signature);
        this.#memo.holds(signer.publicKey, message, signature);
      }
      return signature;
    };
    const consensusKey = this.keys[validator] as ConsensusKey;
    return {
      genesisHash: GENESIS_HASH,
      verifier: this.#memo,
      signer: { consensusKey, sign, firstRound: () => 0 },
    };
  }

  /** The height to decide, below a parent that gives the rounds their leaders. */
  height(manifest: Manifest): NewHeight {
    const parent = { hash: this.#parentFor(manifest.map(({ leader }) => leader)), timeMs: NOW_MS - 10_000 };
    return { height: 1, validators: this.#validators, params: PARAMS, parent, lastCommit: null };
  }

  /** Index of the validator with this key. */
  indexOf(key: ConsensusKey): number {
    return this.keys.indexOf(key);
  }

  /** Leaders of so many rounds by chance: those that some parent elects, so that none has to be looked for. */
  someLeaders(random: Random, rounds: number): number[] {
    return this.#electedBelow(random.below(2 ** 31), rounds);
  }

  /** A few rounds have few orders of leaders; more have to come from `someLeaders`. */
  #parentFor(leaders: readonly number[]): HashHex {
    const wanted = leaders.join();
    for (let known = this.#parents.get(wanted); ; known = this.#parents.get(wanted)) {
      if (known !== undefined) return known;
      if (this.#tried++ > PARENTS_MAX) throw new Error(`no parent elects ${wanted}`);
      this.#electedBelow(this.#tried, leaders.length);
    }
  }

  #electedBelow(parent: number, rounds: number): number[] {
    const hash = sha256Hex(text.encode(`parent ${parent}`));
    const elected = Array.from({ length: rounds }, (_, round) =>
      this.indexOf(drawProposer(this.#validators, hash, round).consensusKey),
    );
    if (!this.#parents.has(elected.join())) this.#parents.set(elected.join(), hash);
    return elected;
  }
}

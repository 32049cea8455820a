/**
 * @module The light blocks that carry trust from the genesis to the head: one row for each change of the validator set,
 * the last block of the set that went, thinned to those that a trail needs.
 */
import type { FinalBlock } from '../../../shared/protocol/execution/verify-range.ts';
import type { Genesis } from '../../../shared/protocol/genesis/genesis.ts';
import {
  decodeLightBlock,
  encodeLightBlock,
  type LightBlock,
} from '../../../shared/protocol/light-client/light-block.ts';
import { chooseTrail } from '../../../shared/protocol/light-client/trail.ts';
import { type TrustedHeader, trustedGenesis } from '../../../shared/protocol/light-client/trusted-header.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { ValidatorSet } from '../../../shared/protocol/validators/validator-set.ts';
import {
  type VotingPower,
  validatorsFromAuthorities,
} from '../../../shared/protocol/validators/voting-power.ts';

/** What the genesis of a chain makes everybody trust. */
export function genesisTrust(genesis: Genesis, genesisHash: HashHex): TrustedHeader {
  const { chainId, timeMs, authorities, params } = genesis;
  const validators = powersOf(validatorsFromAuthorities(authorities, params));
  return trustedGenesis({ chainId, genesisHash, timeMs, validators });
}

export class LightTrail {
  readonly #sql: SqlStorage;
  readonly #genesis: TrustedHeader;

  constructor(sql: SqlStorage, genesis: TrustedHeader) {
    this.#sql = sql;
    this.#genesis = genesis;
  }

  /**
   * Keeps the light blocks at which the set changes. `validators` decided the first of the blocks. In the transaction
   * that commits them; answers with the light block of the last one.
   */
  record(blocks: readonly FinalBlock[], validators: ValidatorSet): LightBlock | null {
    let set = validators;
    let light: LightBlock | null = null;
    for (const { executed, certificate } of blocks) {
      const { header } = executed.block;
      light = { header, certificate, validators: powersOf(set) };
      if (header.validatorsHash !== header.nextValidatorsHash) this.#write([light]);
      set = executed.nextValidators;
    }
    return light;
  }

  /** The trail from the genesis to a light block; what no later trail needs is dropped. Null where there is none. */
  to(target: LightBlock): LightBlock[] | null {
    const rows = this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM light_blocks ORDER BY height');
    const kept = rows.toArray().map(({ bytes }) => decodeLightBlock(new Uint8Array(bytes)));
    const trail = chooseTrail(this.#genesis, kept, target);
    if (trail === null) return null;
    this.#sql.exec('DELETE FROM light_blocks WHERE height <= ?', target.header.height);
    this.#write(trail);
    return trail;
  }

  /** Takes over a trail that was followed. */
  adopt(trail: readonly LightBlock[]): void {
    this.#write(trail);
  }

  #write(lights: readonly LightBlock[]): void {
    for (const light of lights) {
      const bytes = encodeLightBlock(light);
      this.#sql.exec('INSERT OR REPLACE INTO light_blocks VALUES (?, ?)', light.header.height, bytes);
    }
  }
}

function powersOf(set: ValidatorSet): VotingPower[] {
  return set.map(({ consensusKey, power }) => ({ consensusKey, power }));
}

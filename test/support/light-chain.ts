/** @module A chain in memory whose validators are voted in and out, with the light block of each height. */

import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { LightBlock } from '../../shared/protocol/light-client/light-block.ts';
import { type TrustedHeader, trustedGenesis } from '../../shared/protocol/light-client/trusted-header.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { consensusKeyToBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { VotingPower } from '../../shared/protocol/validators/voting-power.ts';
import { aGenesis, aSigner } from './in-memory-chain.ts';
import { StakingChain, validatorKey } from './staking-chain.ts';

/** Each block as whoever trusts sees it. */
export class LightChain {
  readonly chain: StakingChain;
  readonly lights: LightBlock[] = [];
  readonly blocks: ExecutedBlock[] = [];
  readonly genesis: TrustedHeader;

  constructor(validators: number) {
    this.chain = new StakingChain(aGenesis({ validators }));
    const { genesis, context } = this.chain;
    this.genesis = trustedGenesis({
      chainId: genesis.chainId,
      genesisHash: context.genesisHash,
      timeMs: genesis.timeMs,
      validators: this.#powers(),
    });
  }

  /** The light block of a height. */
  light(height: number): LightBlock {
    const light = this.lights[height - 1];
    assert(light !== undefined, 'the chain has the height');
    return light;
  }

  /** Makes the next block. */
  produce(transactions: readonly SignedTransaction[]): LightBlock {
    const validators = this.#powers();
    const executed = this.chain.produce(transactions);
    const certificate = this.chain.parent.commit;
    assert(certificate !== null, 'a block has a certificate');
    const light = { header: executed.block.header, certificate, validators };
    this.lights.push(light);
    this.blocks.push(executed);
    return light;
  }

  /** Votes validator `index` in or out, with the voices of `voters`; the last ballot stands in the last block. */
  vote(kind: 'add' | 'remove', index: number, voters: readonly number[]): void {
    const subject = consensusKeyToBytes(validatorKey(index));
    for (const voter of voters) {
      const payload = { kind, subject, value: new Uint8Array(), approve: true };
      this.produce([this.chain.sign(aSigner(`operator ${voter}`), 'authority_vote', payload)]);
    }
  }

  #powers(): VotingPower[] {
    return readValidators(this.chain.state).map(({ consensusKey, power }) => ({ consensusKey, power }));
  }
}

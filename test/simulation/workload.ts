/** @module Transactions that keep a chain busy: each goes to some nodes first and is spread by chance. */
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import { transfer } from '../../shared/protocol/transaction/types/transfer.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';
import { ACCOUNTS, aSigner } from './world.ts';

const FEE = 100n;

export class Workload {
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #nonces = new Array<number>(ACCOUNTS).fill(0);

  constructor(simulation: Simulation, random: Random) {
    this.#simulation = simulation;
    this.#random = random;
  }

  begin(): void {
    this.#submit();
  }

  #submit(): void {
    const simulation = this.#simulation;
    const random = this.#random;
    // Mostly dense, now and then a pause in which the chain is idle.
    simulation.after(random.chance(0.05) ? random.between(1_000, 8_000) : random.between(20, 300), () =>
      this.#submit(),
    );
    const from = random.below(ACCOUNTS);
    const nonce = this.#nonces[from] ?? 0;
    // Many unconfirmed ones would only make the pools slow.
    if (nonce > this.#confirmed(from) + 3) return;
    this.#nonces[from] = nonce + 1;
    const recipient = addressOf(aSigner(`account ${random.below(ACCOUNTS)}`).publicKey);
    const unsigned = {
      type: transfer.type,
      nonce,
      fee: FEE,
      validUntil: simulation.height + 10_000,
      payload: { recipient, asset: '', amount: BigInt(random.between(1, 1_000)) },
    };
    const { genesisHash, registry } = simulation.world.chain;
    const signed = signTransaction(unsigned, genesisHash, simulation.world.account(from), registry);
    const [first] = random.sample(simulation.honest, 1);
    for (const node of simulation.nodes) {
      if (node !== first && random.chance(0.3)) continue;
      simulation.after(random.below(100), () => {
        if (node.pool.add([signed]) && node.isUp) node.workArrived();
      });
    }
  }

  #confirmed(account: number): number {
    const [node] = this.#simulation.honest;
    return node?.pool.nonceAt(account) ?? 0;
  }
}

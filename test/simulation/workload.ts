/** @module Transactions that keep a chain busy: each goes to some nodes first and is spread by chance. */
import type { Address } from '../../shared/protocol/primitives/brand.ts';
import type { TransactionType } from '../../shared/protocol/transaction/define-transaction.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import { transfer } from '../../shared/protocol/transaction/types/transfer.ts';
import { Membership } from './membership.ts';
import type { SimulatedNode } from './node.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';
import { ACCOUNTS, anAddress } from './world.ts';

const FEE = 100n;
/** Unconfirmed transactions of one account; more would only make the pools slow. */
const UNCONFIRMED_MAX = 3;
/** How long a transaction takes to a node that hears of it at once, and to one that hears of it late. */
const PROMPT_MS_MAX = 100;
const LATE_MS_MAX = 4_000;
/** Heights for which a transaction is valid. */
const VALID_HEIGHTS = 10_000;

export class Workload {
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #membership: Membership;
  /** Next nonce by label of the account. */
  readonly #nonces = new Map<string, number>();

  constructor(simulation: Simulation, random: Random) {
    this.#simulation = simulation;
    this.#random = random;
    this.#membership = new Membership(simulation, random, this);
  }

  begin(): void {
    this.#transfer();
    if (this.#simulation.scenario.changes === 'all') this.#membership.begin();
  }

  /** The honest node that is furthest: what it has is what the chain is. */
  get reference(): SimulatedNode {
    return this.#simulation.honest.reduce((best, node) => (node.height > best.height ? node : best));
  }

  /** Unconfirmed transactions of an account. */
  unconfirmed(label: string): number {
    return (this.#nonces.get(label) ?? 0) - this.#confirmed(anAddress(label));
  }

  /**
   * Signs a transaction and gives it to some nodes. Others hear of it late where the set changes, since only validators
   * pass on what they have, and else never. Returns the nonce of the account after it.
   */
  submit<Payload>(label: string, type: TransactionType<Payload>, payload: Payload): number {
    const simulation = this.#simulation;
    const nonce = this.#nonces.get(label) ?? 0;
    this.#nonces.set(label, nonce + 1);
    const validUntil = simulation.height + VALID_HEIGHTS;
    const unsigned = { type: type.type, nonce, fee: FEE, validUntil, payload };
    const { genesisHash, registry } = simulation.world.chain;
    const signed = signTransaction(unsigned, genesisHash, simulation.world.signer(label), registry);
    const first = this.#random.pick(simulation.honest);
    for (const node of simulation.nodes) {
      const isMissed = node !== first && this.#random.chance(0.3);
      if (isMissed && simulation.scenario.changes !== 'all') continue;
      const delayMs = isMissed ? this.#random.between(500, LATE_MS_MAX) : this.#random.below(PROMPT_MS_MAX);
      simulation.after(delayMs, () => {
        if (node.pool.add([signed])) node.life?.workArrived();
      });
    }
    return nonce + 1;
  }

  #transfer(): void {
    const random = this.#random;
    // Mostly dense, now and then a pause in which the chain is idle.
    const pauseMs = random.chance(0.05) ? random.between(1_000, 8_000) : random.between(100, 500);
    this.#simulation.after(pauseMs, () => this.#transfer());
    const from = `account ${random.below(ACCOUNTS)}`;
    if (this.#simulation.weather.isSettling || this.unconfirmed(from) > UNCONFIRMED_MAX) return;
    const recipient = anAddress(`account ${random.below(ACCOUNTS)}`);
    this.submit(from, transfer, { recipient, asset: '', amount: BigInt(random.between(1, 1_000)) });
  }

  /** A lower bound: what one node knows to be final. */
  #confirmed(address: Address): number {
    return this.#simulation.honest[0]?.pool.nonceOf(address) ?? 0;
  }
}

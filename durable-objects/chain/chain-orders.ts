/** @module Orders to a chain from outside consensus: of its operator over the validator key, and evidence from anyone. */
import type { SigningView } from '../../shared/api/consensus-views.ts';
import type { ChainHead, Result } from '../../shared/api/objects.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { ok } from '../runtime/rpc-result.ts';
import type { ChainMachine } from './chain-machine.ts';
import type { ChainNetwork } from './chain-network.ts';

export interface ChainOrdersDeps {
  readonly machine: ChainMachine;
  readonly network: ChainNetwork;
  readonly head: () => ChainHead;
  /** Runs work as one event of the chain. */
  readonly event: (work: () => void) => void;
}

export class ChainOrders {
  readonly #deps: ChainOrdersDeps;

  constructor(deps: ChainOrdersDeps) {
    this.#deps = deps;
  }

  /** As `setMark` of the signing guard. */
  setSigningMark(mark: { readonly height: number; readonly round?: number }): Result<SigningView> {
    return this.#within(() => this.#deps.machine.signing.setMark(mark));
  }

  /** Holds the key; `orderMs` is when the node was told. */
  guardSigning(orderMs: number): Result<SigningView> {
    return this.#within(() => this.#deps.machine.signing.obey(orderMs));
  }

  /** Keeps evidence for a block and passes it on. Refuses with EVIDENCE_ codes. */
  submitEvidence(bytes: Uint8Array): Result<{ head: ChainHead }> {
    const { network, head } = this.#deps;
    const taken = this.#within(() => network.offerEvidence(bytes));
    return taken.ok ? ok({ head: head() }) : taken;
  }

  #within<T>(work: () => T): T {
    const answers: T[] = [];
    this.#deps.event(() => answers.push(work()));
    const [answer] = answers;
    assert(answer !== undefined, 'an event that does not throw has run its work');
    return answer;
  }
}

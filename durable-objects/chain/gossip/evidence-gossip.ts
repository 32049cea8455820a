/** @module Evidence between nodes: checked once, kept for a block, and passed on to the validators. */
import type { Result } from '../../../shared/api/objects.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { EvidenceError } from '../../../shared/protocol/votes/evidence-error.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { EvidencePool } from '../evidence-pool.ts';
import type { GossipMeter } from './gossip-figures.ts';
import type { Neighbours } from './neighbours.ts';

export interface EvidenceGossipDeps {
  readonly neighbours: Neighbours;
  readonly meter: GossipMeter;
  readonly log: Logger;
  readonly pool: EvidencePool;
  /** There is work for a block. */
  onNew(): void;
}

export class EvidenceGossip {
  readonly #deps: EvidenceGossipDeps;

  constructor(deps: EvidenceGossipDeps) {
    this.#deps = deps;
  }

  /** Evidence that is new here goes to the validators, or to the upstreams on the way there. */
  publish(evidence: Uint8Array, source: ConsensusKey | null): void {
    const { neighbours } = this.#deps;
    const frame: PeerFrame = { kind: 'evidence', evidence };
    const targets = neighbours.isValidating() ? neighbours.validators() : neighbours.upstreams();
    for (const peer of targets) if (peer !== source) neighbours.send(peer, frame);
  }

  /**
   * Evidence that a client brings; it is checked like that of a peer. Refuses with EVIDENCE_ codes, of which EVIDENCE_KNOWN
   * is also said of what waits already.
   */
  offer(evidence: Uint8Array): Result<null> {
    const { pool, onNew } = this.#deps;
    try {
      const intake = pool.add(evidence);
      if (intake === 'known') return fail('EVIDENCE_KNOWN', 'the offence waits for its block already');
      if (intake === 'full') return fail('EVIDENCE_POOL_FULL', 'as much evidence waits for a block as may');
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      return fail(error.code, error.message);
    }
    this.publish(evidence, null);
    onNew();
    return ok(null);
  }

  /** A link has opened: the peer may have missed what waits here, as a former life of this node may have told nobody. */
  greet(peer: ConsensusKey): void {
    const { neighbours, pool } = this.#deps;
    for (const evidence of pool.items()) neighbours.send(peer, { kind: 'evidence', evidence });
  }

  receive(peer: ConsensusKey, evidence: Uint8Array): void {
    const { neighbours, meter, log, pool, onNew } = this.#deps;
    try {
      if (pool.add(evidence) !== 'new') {
        meter.duplicates('evidence', 1);
        return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      meter.dropped('invalid', 1);
      log.warning('a peer sent evidence that is none', { function: 'evidence', peer, code: error.code });
      return;
    }
    meter.delivered('evidence', 1);
    onNew();
    // Whoever found it has told all validators.
    if (neighbours.roleOf(peer) !== 'validator') this.publish(evidence, peer);
  }
}

/** @module What a final block says of consensus: its commit, evidence in it, and a change of the validator set. */
import { timeToWire } from '../../shared/api/convert.ts';
import type { StoredBlock } from '../../shared/api/objects.ts';
import type { Block } from '../../shared/protocol/block/block.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { decodeEvidence } from '../../shared/protocol/votes/evidence.ts';

/** `data` of one event of the topic `consensus_events` that can be replayed. */
export type ConsensusEvent = Readonly<Record<string, unknown>> & {
  readonly event: 'commit' | 'evidence' | 'set_change';
};

/** The events of a block in their order, which cursors count: the commit, each item of evidence, then the change. */
export function consensusEvents(stored: StoredBlock, block: Block): ConsensusEvent[] {
  const { height, validatorsHash, nextValidatorsHash } = block.header;
  const events = [commitEvent(stored, block), ...block.evidence.map((item) => evidenceEvent(height, item))];
  if (validatorsHash !== nextValidatorsHash) {
    events.push({
      event: 'set_change',
      height,
      effective_height: height + 1,
      validators_hash: validatorsHash,
      next_validators_hash: nextValidatorsHash,
    });
  }
  return events;
}

/** `signers` are indexes into the validator set, in key order. */
function commitEvent(stored: StoredBlock, { header, transactions }: Block): ConsensusEvent {
  const { round, bitmap } = decodeCertificate(stored.certificate);
  const signers = [...bitmap].flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => ((byte & (0x80 >> bit)) === 0 ? [] : [at * 8 + bit])),
  );
  return {
    event: 'commit',
    height: header.height,
    round,
    proposer: header.proposer,
    hash: stored.hash,
    timestamp: timeToWire(header.timeMs),
    tx_count: transactions.length,
    validators_hash: header.validatorsHash,
    signers,
  };
}

function evidenceEvent(height: number, item: Uint8Array): ConsensusEvent {
  const { step, height: infractionHeight, round, validator } = decodeEvidence(item);
  return { event: 'evidence', height, validator, step, infraction_height: infractionHeight, round };
}

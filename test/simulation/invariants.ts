/** @module Single invariants, each from the facts alone. */
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { equalBytes, toHex } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyToBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { StateWrite } from '../../shared/protocol/primitives/state-reader.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { precommitSignBytes } from '../../shared/protocol/votes/vote.ts';
import type { SimulatedNode } from './node.ts';
import type { DecidingSet } from './sets.ts';
import { Violation } from './violation.ts';
import type { RecordedVote } from './vote-record.ts';
import type { World } from './world.ts';

/**
 * An honest prevote for a block keeps to the lock of its node unless a polka of a later round frees it, names a polka
 * only where there is one, and without one is not for a block of the future.
 */
export function checkPrevote(
  node: SimulatedNode,
  { height, round, blockHash, polRound }: RecordedVote,
  lock: RecordedVote | undefined,
  hasPolka: (round: number) => boolean,
): void {
  if (blockHash === null) return;
  const isJustified = polRound !== null && hasPolka(polRound);
  if (lock !== undefined && lock.blockHash !== blockHash && !(isJustified && polRound >= lock.round))
    throw new Violation(
      'lock_rule',
      `node ${node.index} locked in round ${lock.round} prevoted another block in ${round} at height ${height}`,
    );
  if (polRound !== null && !isJustified)
    throw new Violation('prevote_needs_polka', `node ${node.index} voted for a repeated block without polka`);
  const block = node.blocks.block(blockHash);
  const { precisionMs } = node.simulation.world.genesis.params;
  // Its clock may have been set back since the proposal came.
  const latestMs = Math.max(node.nowMs, node.life?.proposalMs ?? 0) + precisionMs;
  if (polRound === null && block !== null && block.header.timeMs > latestMs)
    throw new Violation('timely_prevote', `node ${node.index} voted for a block of the future`);
}

/** Every bit of a commit certificate names a member whose signature holds, and together they are a quorum. */
export function checkCertificate(
  world: World,
  set: DecidingSet | undefined,
  hash: HashHex,
  certificate: CommitCertificate,
): void {
  const { height, round, bitmap, signatures } = certificate;
  if (set === undefined) throw new Violation('valid_certificate', `nobody decides height ${height}`);
  const message = precommitSignBytes(world.chain.genesisHash, { height, round, blockHash: hash });
  let power = 0;
  let count = 0;
  for (let index = 0; index < 8 * bitmap.length; index++) {
    if (((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) === 0) continue;
    const key = set.keys[index];
    const signature = signatures[count];
    if (key === undefined || signature === undefined)
      throw new Violation('valid_certificate', `a bit of height ${height} names nobody`);
    if (!world.verifier.verify(consensusKeyToBytes(key), message, signature))
      throw new Violation('valid_certificate', `a signature of height ${height} does not hold`);
    power += set.powers.get(key) ?? 0;
    count += 1;
  }
  if (3 * power <= 2 * set.total || count !== signatures.length)
    throw new Violation('valid_certificate', `height ${height} has ${count} signatures`);
}

/** The storage of a node holds exactly what the decided blocks have written. */
export function checkStorage(node: SimulatedNode, leaves: readonly StateWrite[]): void {
  const rows = node.storage.connection.exec('SELECT key FROM state').toArray().length;
  if (rows !== leaves.length)
    throw new Violation('same_state', `node ${node.index} holds ${rows} leaves, not ${leaves.length}`);
  for (const { namespace, key, value } of leaves) {
    const stored = node.storage.store.get(namespace, key);
    if (stored === null || value === null || !equalBytes(stored, value))
      throw new Violation('same_state', `node ${node.index} holds another ${namespace} ${toHex(key)}`);
  }
}

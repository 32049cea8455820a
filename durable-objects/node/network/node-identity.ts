/** @module Who this node is among others: its key, the validator it speaks for, and where it is found. */
import { CAPABILITIES } from '../../../shared/api/p2p/capabilities.ts';
import {
  nodeIdOf,
  PEER_RECORD_TTL_MS,
  type PeerRecord,
  sealPeerRecord,
} from '../../../shared/api/p2p/peer-record.ts';
import type { Settings } from '../../../shared/api/settings.ts';
import { PROTOCOL_VERSION } from '../../../shared/api/version.ts';
import { nativeSigner } from '../../../shared/native/verifier.ts';
import type { Signer } from '../../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../../shared/protocol/primitives/consensus-key.ts';
import type { ReadRecord } from './admission.ts';

/** A node with a key and an address. */
export interface NodeIdentity {
  readonly nodeId: HashHex;
  readonly nodeKey: ConsensusKey;
  readonly signer: Signer;
  readonly consensusKey: ConsensusKey | null;
  readonly consensusSigner: Signer | null;
  readonly url: string;
  readonly name: string;
}

/** Null for a node that takes no part in a network: it lacks a key or an address. */
export function nodeIdentity(settings: Settings): NodeIdentity | null {
  const { nodeKey, validatorKey, network, nodeName } = settings;
  if (nodeKey === undefined || network.url === undefined) return null;
  const signer = nativeSigner(nodeKey);
  const key = consensusKeyFromBytes(signer.publicKey);
  const consensusSigner = validatorKey === undefined ? null : nativeSigner(validatorKey);
  return {
    nodeId: nodeIdOf(key),
    nodeKey: key,
    signer,
    consensusKey: consensusSigner === null ? null : consensusKeyFromBytes(consensusSigner.publicKey),
    consensusSigner,
    url: network.url,
    name: nodeName,
  };
}

/** A new record of the node, newer than `after`; one without a URL says that it leaves. */
export function makeRecord(identity: NodeIdentity, url: string, nowMs: number, after: number): ReadRecord {
  const seq = Math.max(nowMs, after + 1);
  const record: PeerRecord = {
    nodeKey: identity.nodeKey,
    url,
    seq,
    expiresMs: seq + PEER_RECORD_TTL_MS,
    name: identity.name,
    version: PROTOCOL_VERSION,
    capabilities: CAPABILITIES,
    consensusKey: identity.consensusKey,
  };
  return { record, sealed: sealPeerRecord(record, identity.signer, identity.consensusSigner) };
}

/** Whether a record still says what is true of the node. */
export function isRecordOf(identity: NodeIdentity, { record }: ReadRecord): boolean {
  return (
    record.nodeKey === identity.nodeKey &&
    record.url === identity.url &&
    record.name === identity.name &&
    record.version === PROTOCOL_VERSION &&
    record.consensusKey === identity.consensusKey &&
    record.capabilities.join() === CAPABILITIES.join()
  );
}

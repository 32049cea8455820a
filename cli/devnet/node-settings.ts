/** @module What each node of a devnet is told: its folder, its ports, its key, and where the other nodes are. */
import { join } from 'node:path';
import { nativeSigner } from '../../shared/native/verifier.ts';
import { sha256 } from '../../shared/protocol/crypto/hashing.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { concatBytes, fromHex, toHex } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { HostConfig } from './node-host.ts';
import type { DevnetIdentity, StateDirectory } from './state.ts';
import type { Wires } from './wire.ts';

/** The chain of every devnet, and the default chain of its nodes. */
export const DEVNET_CHAIN_ID = 'devnet';
/** Regions with a ledger replica of node 1. */
const REGIONS = ['eu'] as const;

/** What the settings of one node are made from. */
export interface DevnetParts {
  readonly options: { readonly logLevel: string; readonly snapshotInterval?: number };
  readonly state: Pick<StateDirectory, 'path' | 'temporary'>;
  readonly identity: DevnetIdentity;
  readonly genesis: Genesis;
  readonly wires: Wires;
  readonly ports: ReadonlyMap<string, number>;
  readonly bundleId: string;
}

/** The process of a node and the settings of its Worker. `index` counts from 0: validators first, then followers. */
export function nodeSettings(parts: DevnetParts, index: number): HostConfig {
  const { options, state, identity, genesis, ports, bundleId } = parts;
  const names = [...ports.keys()];
  const name = names[index] ?? '';
  const validators = genesis.authorities.length;
  const peers = peersOf(parts, names, index);
  return {
    name,
    directory: join(state.path, name),
    port: ports.get(name) ?? 0,
    bundleId,
    regions: index === 0 ? REGIONS : [],
    env: {
      SUPPORTED_CHAINS: DEVNET_CHAIN_ID,
      LOG_LEVEL: options.logLevel,
      NODE_NAME: name,
      NODE_REGION: REGIONS[0],
      ...(index < validators ? { VALIDATOR_KEY: identity.validatorKeys[index] ?? '' } : {}),
      NODE_KEY:
        index < validators
          ? validatorNodeKey(identity, index)
          : (identity.followerKeys[index - validators] ?? ''),
      ADMIN_TOKEN: identity.adminToken,
      ...(options.snapshotInterval === undefined
        ? {}
        : { SNAPSHOT_INTERVAL: String(options.snapshotInterval) }),
      ...membership(parts, names, index),
      ...(peers.length === 0 ? {} : { PEERS: JSON.stringify(Object.fromEntries(peers)) }),
    },
    removeWhenOrphaned: state.temporary ? state.path : null,
  };
}

/** Every node but the first joins through the first. */
function membership(
  { wires, ports }: DevnetParts,
  names: readonly string[],
  index: number,
): Readonly<Record<string, string>> {
  const [name = '', first = ''] = [names[index], names[0]];
  return {
    ENVIRONMENT: 'development',
    ALLOW_PRIVATE_PEERS: 'true',
    NODE_URL: `http://127.0.0.1:${ports.get(name) ?? 0}`,
    NETWORK_SYNC_INTERVAL: '5s',
    NETWORK_SYNC_JITTER: '1s',
    ...(index === 0 ? {} : { BOOT_NODE: wires.url(name, first) }),
  };
}

/** Seed of the node key of a validator's node: another key than that by which it validates, and the same at each start. */
function validatorNodeKey({ validatorKeys }: DevnetIdentity, index: number): string {
  const seed = fromHex(validatorKeys[index] ?? '0x');
  return toHex(sha256(concatBytes(new TextEncoder().encode('atoll devnet node key'), seed)));
}

/** Key and wire of every other node: by its consensus key where it validates, else by its node key. */
function peersOf(
  { identity, genesis, wires }: DevnetParts,
  names: readonly string[],
  index: number,
): (readonly [ConsensusKey, string])[] {
  const followers = identity.followerKeys.map(nodeKeyOf);
  const keys = [...genesis.authorities.map(({ consensusKey }) => consensusKey), ...followers];
  return keys.flatMap((key, other) =>
    other === index ? [] : [[key, wires.url(names[index] ?? '', names[other] ?? '')] as const],
  );
}

/** The key by which a follower is known, of its seed. */
export function nodeKeyOf(seed: string): ConsensusKey {
  return consensusKeyFromBytes(nativeSigner(fromHex(seed)).publicKey);
}

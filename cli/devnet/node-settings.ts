/** @module What each node of a devnet is told: its folder, its ports, its key, and where the other nodes are. */
import { join } from 'node:path';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { HostConfig } from './node-host.ts';
import type { DevnetIdentity, StateDirectory } from './state.ts';
import type { Wires } from './wire.ts';

/** The chain of every devnet, and the default chain of its nodes. */
export const DEVNET_CHAIN_ID = 'devnet';
/** Regions with a ledger replica of node 1. */
const REGIONS = ['eu'] as const;

/** What the settings of one node are made from. */
export interface DevnetParts {
  readonly options: { readonly logLevel: string };
  readonly state: Pick<StateDirectory, 'path' | 'temporary'>;
  readonly identity: DevnetIdentity;
  readonly genesis: Genesis;
  readonly wires: Wires;
  readonly ports: ReadonlyMap<string, number>;
  readonly bundleId: string;
}

/** The process of a node and the settings of its Worker. `index` counts from 0. */
export function nodeSettings(
  { options, state, identity, genesis, wires, ports, bundleId }: DevnetParts,
  index: number,
): HostConfig {
  const names = [...ports.keys()];
  const name = names[index] ?? '';
  const peers = genesis.authorities.flatMap(({ consensusKey }, other) =>
    other === index ? [] : [[consensusKey, wires.url(name, names[other] ?? '')] as const],
  );
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
      VALIDATOR_KEY: identity.validatorKeys[index] ?? '',
      ADMIN_TOKEN: identity.adminToken,
      ...(peers.length === 0 ? {} : { PEERS: JSON.stringify(Object.fromEntries(peers)) }),
    },
    removeWhenOrphaned: state.temporary ? state.path : null,
  };
}

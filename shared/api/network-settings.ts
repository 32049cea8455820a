/** @module The settings by which a node finds others and is found: identity, addresses, intervals, alerts. */
import { z } from 'zod';
import { isHexOf } from '../protocol/primitives/bytes.ts';
import { isChainId } from '../protocol/primitives/chain-id.ts';
import { peerUrl, reachOf } from './p2p/peer-address.ts';

/** Nodes that one may be told to join through. */
export const BOOT_NODES_MAX = 16;
/** Chains whose genesis may be pinned. */
const GENESIS_HASHES_MAX = 100;
/** Between two rounds of membership, unless told otherwise. */
export const SYNC_INTERVAL_MS_DEFAULT = 60_000;
/** A random part of this is added to each interval, unless told otherwise. */
export const SYNC_JITTER_MS_DEFAULT = 30_000;
/** Shortest ALERT_WEBHOOK_SECRET, in characters: 128 bits in base64 are 22. */
const WEBHOOK_SECRET_LENGTH_MIN = 20;

const INTERVAL = /^(0|[1-9]\d{0,6})(ms|s|m)?$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** A time; a bare number counts seconds. */
const interval = z
  .string()
  .regex(INTERVAL, 'must be a duration such as 60s or 500ms, or a number of seconds')
  .transform((text) => {
    const [, count = '0', unit = 's'] = INTERVAL.exec(text) ?? [];
    return Number(count) * (UNIT_MS[unit] ?? 1);
  });

/** The base URL of a node, in its only form. */
export const nodeUrl = z.string().transform((text, context) => {
  const url = peerUrl(text);
  if (url !== null) return url;
  context.addIssue({ code: 'custom', message: 'must be an https URL, or an http one of a private address' });
  return z.NEVER;
});

const bootNodes = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== ''),
  )
  .pipe(z.array(nodeUrl).max(BOOT_NODES_MAX, `names at most ${BOOT_NODES_MAX} nodes`));

const genesisHashes = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be an object of chain id to genesis hash as JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.record(
      z.string().refine(isChainId, 'must name chains by their ids'),
      z.string().refine((text) => isHexOf(text, 32), 'must be 0x and 64 lower-case hex digits'),
      'must be an object of chain id to genesis hash as JSON',
    ),
  )
  .refine(
    (map) => Object.keys(map).length <= GENESIS_HASHES_MAX,
    `names at most ${GENESIS_HASHES_MAX} chains`,
  );

/** The schemas of these settings by name; an empty text is an absent setting before it comes here. */
export const networkSchemas = {
  NODE_URL: nodeUrl,
  BOOT_NODE: bootNodes,
  NETWORK_SYNC_INTERVAL: interval.refine((ms) => ms > 0, 'must be longer than nothing'),
  NETWORK_SYNC_JITTER: interval,
  GENESIS_HASHES: genesisHashes,
  ENVIRONMENT: z.enum(['production', 'development'], 'must be production or development'),
  ALERT_WEBHOOK_URL: nodeUrl,
  ALERT_WEBHOOK_SECRET: z
    .string()
    .min(WEBHOOK_SECRET_LENGTH_MIN, `has at least ${WEBHOOK_SECRET_LENGTH_MIN} characters`)
    .regex(/^(?!whsec_)|^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must be base64 after whsec_'),
} as const;

/** How this node meets others. */
export interface NetworkSettings {
  /** Own base URL as others reach it. Undefined: this node joins nobody. */
  readonly url: string | undefined;
  /** Base URLs of nodes to join through. */
  readonly bootNodes: readonly string[];
  readonly syncIntervalMs: number;
  readonly syncJitterMs: number;
  /** True on a development network only. */
  readonly allowPrivatePeers: boolean;
  /** Chain id to the hash that its genesis must have, for chains that are fetched from a boot node. */
  readonly genesisHashes: Readonly<Record<string, string>>;
  /** Where alerts are posted, signed with the secret. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
}

/** These settings as they came out of their schemas. */
export interface RawNetworkSettings {
  readonly NODE_KEY?: unknown;
  readonly VALIDATOR_KEY?: unknown;
  readonly NODE_URL?: string | undefined;
  readonly BOOT_NODE?: readonly string[] | undefined;
  readonly PEERS?: Readonly<Record<string, string>> | undefined;
  readonly NETWORK_SYNC_INTERVAL?: number | undefined;
  readonly NETWORK_SYNC_JITTER?: number | undefined;
  readonly GENESIS_HASHES?: Readonly<Record<string, string>> | undefined;
  readonly ENVIRONMENT?: 'production' | 'development' | undefined;
  readonly ALLOW_PRIVATE_PEERS?: boolean | undefined;
  readonly ALERT_WEBHOOK_URL?: string | undefined;
  readonly ALERT_WEBHOOK_SECRET?: string | undefined;
}

/** Reads them together. */
export function networkSettings(raw: RawNetworkSettings): NetworkSettings {
  const { ALERT_WEBHOOK_URL: webhookUrl, ALERT_WEBHOOK_SECRET: secret } = raw;
  return {
    url: raw.NODE_URL,
    bootNodes: raw.BOOT_NODE ?? [],
    syncIntervalMs: raw.NETWORK_SYNC_INTERVAL ?? SYNC_INTERVAL_MS_DEFAULT,
    syncJitterMs: raw.NETWORK_SYNC_JITTER ?? SYNC_JITTER_MS_DEFAULT,
    allowPrivatePeers: raw.ALLOW_PRIVATE_PEERS === true,
    genesisHashes: raw.GENESIS_HASHES ?? {},
    webhook: webhookUrl === undefined || secret === undefined ? undefined : { url: webhookUrl, secret },
  };
}

/** Faults of settings that are each well formed but do not go together. */
export function networkFaults(raw: RawNetworkSettings): [string, string][] {
  const faults: [string, string][] = [];
  const mayBePrivate = raw.ALLOW_PRIVATE_PEERS === true;
  const urls: [string, readonly string[]][] = [
    ['NODE_URL', raw.NODE_URL === undefined ? [] : [raw.NODE_URL]],
    ['BOOT_NODE', raw.BOOT_NODE ?? []],
    ['PEERS', Object.values(raw.PEERS ?? {})],
    ['ALERT_WEBHOOK_URL', raw.ALERT_WEBHOOK_URL === undefined ? [] : [raw.ALERT_WEBHOOK_URL]],
  ];
  for (const [name, list] of urls) {
    if (mayBePrivate || list.every((url) => reachOf(url) === 'public')) continue;
    faults.push([name, 'is a private address, which needs ALLOW_PRIVATE_PEERS=true']);
  }
  if (mayBePrivate && raw.ENVIRONMENT !== 'development') {
    faults.push(['ALLOW_PRIVATE_PEERS', 'needs ENVIRONMENT=development: production meets public nodes only']);
  }
  if (raw.NODE_URL !== undefined && raw.NODE_KEY === undefined && raw.VALIDATOR_KEY === undefined) {
    faults.push(['NODE_URL', 'needs NODE_KEY or VALIDATOR_KEY: a node without a key has no identity']);
  }
  if ((raw.BOOT_NODE?.length ?? 0) > 0 && raw.NODE_URL === undefined) {
    faults.push(['BOOT_NODE', 'needs NODE_URL: others must know where to find this node']);
  }
  if (raw.ALERT_WEBHOOK_URL !== undefined && raw.ALERT_WEBHOOK_SECRET === undefined) {
    faults.push(['ALERT_WEBHOOK_URL', 'needs the secret ALERT_WEBHOOK_SECRET: alerts are signed']);
  }
  return faults;
}

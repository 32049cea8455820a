/**
 * @module The settings of a node: one schema over the deployment's vars and secrets. A fault names the setting and
 * what it must be, never its value, since a value may be a secret.
 */
import { z } from 'zod';
import type { ConsensusKey } from '../protocol/primitives/brand.ts';
import { fromHex, isHexOf } from '../protocol/primitives/bytes.ts';
import { isChainId } from '../protocol/primitives/chain-id.ts';
import { parseConsensusKey } from '../protocol/primitives/consensus-key.ts';
import { VALIDATORS_MAX } from '../protocol/primitives/limits.ts';
import {
  type NetworkSettings,
  networkFaults,
  networkSchemas,
  networkSettings,
  nodeUrl,
  type RawNetworkSettings,
} from './network-settings.ts';

/** Chains that one node may be told to start by its settings; more are made by `POST /chains`. */
export const SUPPORTED_CHAINS_MAX = 100;
/** Blocks from one snapshot of the state to the next. */
const SNAPSHOT_INTERVAL_DEFAULT = 10_000;
/** Snapshots that a chain keeps: one that is fetched may be followed by a newer one meanwhile. */
const SNAPSHOTS_KEPT_DEFAULT = 2;
/** Most snapshots that a chain keeps; each may be as large as the state. */
const SNAPSHOTS_KEPT_MAX = 16;
/** Bytes of the var GENESIS: a platform var holds 5 KB. Larger documents go through `POST /chains`. */
export const GENESIS_VAR_BYTES_MAX = 4_096;
/** Shortest ADMIN_TOKEN, in characters: 128 bits in base64url are 22. */
export const ADMIN_TOKEN_LENGTH_MIN = 20;
/** Bytes that one chain's object may store unless told otherwise: the platform's bound is 10 GB. */
export const STORAGE_LIMIT_DEFAULT = 8_000_000_000;
/** Blocks that may wait for the ledger unless told otherwise: eleven days of one a second. */
export const OUTBOX_BLOCKS_DEFAULT = 1_000_000;
/** Blocks that one source may import per second unless told otherwise: more than a script sends one by one. */
export const IMPORT_RATE_DEFAULT = 500;
/** Replicas that a reader chooses from. */
export const REPLICAS_MAX = 32;

const LEVELS = ['debug', 'info', 'warning', 'error'] as const;
const LEVEL_ALIASES: Readonly<Record<string, string>> = {
  warn: 'warning',
  critical: 'error',
  fatal: 'error',
};
const LEDGER_PROTOCOLS = ['http:', 'https:', 'libsql:', 'ws:', 'wss:'];
const DURATION = /^([1-9]\d{0,6})(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** An empty var is an absent one: wrangler.toml cannot leave a var out. */
const blankable = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const urlText = (protocols: readonly string[]) =>
  z.string().refine(
    (text) => {
      const url = URL.canParse(text.replace('{chain}', 'chain'))
        ? new URL(text.replace('{chain}', 'chain'))
        : null;
      return url !== null && protocols.includes(url.protocol);
    },
    `must be a URL with ${protocols.map((protocol) => `${protocol}//`).join(', ')}`,
  );

const supportedChains = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== ''),
  )
  .refine((ids) => ids.length <= SUPPORTED_CHAINS_MAX, `names at most ${SUPPORTED_CHAINS_MAX} chains`)
  .refine((ids) => ids.every(isChainId), 'must be chain ids separated by commas: a-z, 0-9 and inner hyphens')
  .refine((ids) => new Set(ids).size === ids.length, 'names a chain twice');

const logLevel = z
  .string()
  .transform((text) => LEVEL_ALIASES[text.toLowerCase()] ?? text.toLowerCase())
  .pipe(z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`));

const jsonText = (what: string) =>
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: `must be ${what} as JSON` });
      return z.NEVER;
    }
  });

const replicas = jsonText('an object of region to URL')
  .pipe(
    z.record(
      z.string().regex(/^[a-z0-9-]{1,32}$/),
      urlText(LEDGER_PROTOCOLS),
      'must be an object of region to URL',
    ),
  )
  .refine((map) => Object.keys(map).length <= REPLICAS_MAX, `has at most ${REPLICAS_MAX} replicas`);

const peers = jsonText('an object of consensus key to URL')
  .pipe(z.record(z.string().regex(/^0x[0-9a-f]{64}$/), nodeUrl, 'must be an object of consensus key to URL'))
  .refine((map) => Object.keys(map).length <= VALIDATORS_MAX, `has at most ${VALIDATORS_MAX} peers`);

const duration = z
  .string()
  .regex(DURATION, 'must be a duration such as 1s or 500ms')
  .transform((text) => {
    const [, count = '0', unit = 'ms'] = DURATION.exec(text) ?? [];
    return Number(count) * (UNIT_MS[unit] ?? 1);
  });

const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

const genesis = z
  .string()
  .refine(
    (text) => new TextEncoder().encode(text).length <= GENESIS_VAR_BYTES_MAX,
    `has at most ${GENESIS_VAR_BYTES_MAX} bytes`,
  )
  .pipe(jsonText('a genesis document'));

const seed = z
  .string()
  .refine((text) => isHexOf(text, 32), 'must be 0x and 64 lower-case hex digits')
  .transform((text) => fromHex(text));

/** A whole number above 0. */
const count = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0')
  .transform(Number);

const countOrNone = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number, 0 for no limit')
  .transform(Number);

const token = z.string().min(1);

/** Every setting by the name it has in the deployment. Unknown names are bindings or belong to others: left alone. */
export const settingsSchema = z
  .object({
    SUPPORTED_CHAINS: blankable(supportedChains),
    LOG_LEVEL: blankable(logLevel),
    NODE_NAME: blankable(
      z.string().regex(/^[\w .-]{1,64}$/, 'has 1 to 64 letters, digits, spaces, dots or hyphens'),
    ),
    NODE_REGION: blankable(z.string().regex(/^[a-z0-9-]{1,32}$/, 'has 1 to 32 of a-z, 0-9 and -')),
    EXPLORER_URL: blankable(urlText(['http:', 'https:'])),
    COMMIT: blankable(z.string().regex(/^[0-9a-f]{7,40}$/, 'must be a git commit id')),
    DATABASE_URL: blankable(urlText(LEDGER_PROTOCOLS)),
    DATABASE_NAMESPACE: blankable(z.enum(['header'], 'must be header, or absent')),
    DATABASE_REPLICAS: blankable(replicas),
    DATABASE_ADMIN: blankable(z.enum(['none', 'sqld'], 'must be none or sqld')),
    DATABASE_ADMIN_URL: blankable(urlText(['http:', 'https:'])),
    DATABASE_AUTH_TOKEN: blankable(token),
    DATABASE_READ_TOKEN: blankable(token),
    DATABASE_ADMIN_TOKEN: blankable(token),
    DATABASE_ENCRYPTION: blankable(z.enum(['operator'], 'must be operator, or absent')),
    DB_ENCRYPTION_ENABLED: blankable(flag),
    VALIDATOR_KEY: blankable(seed),
    ADMIN_TOKEN: blankable(
      z.string().min(ADMIN_TOKEN_LENGTH_MIN, `has at least ${ADMIN_TOKEN_LENGTH_MIN} characters`),
    ),
    GENESIS: blankable(genesis),
    PEERS: blankable(peers),
    NODE_KEY: blankable(seed),
    NODE_URL: blankable(networkSchemas.NODE_URL),
    BOOT_NODE: blankable(networkSchemas.BOOT_NODE),
    NETWORK_SYNC_INTERVAL: blankable(networkSchemas.NETWORK_SYNC_INTERVAL),
    NETWORK_SYNC_JITTER: blankable(networkSchemas.NETWORK_SYNC_JITTER),
    GENESIS_HASHES: blankable(networkSchemas.GENESIS_HASHES),
    ENVIRONMENT: blankable(networkSchemas.ENVIRONMENT),
    ALLOW_PRIVATE_PEERS: blankable(flag),
    ALERT_WEBHOOK_URL: blankable(networkSchemas.ALERT_WEBHOOK_URL),
    ALERT_WEBHOOK_SECRET: blankable(networkSchemas.ALERT_WEBHOOK_SECRET),
    STORAGE_LIMIT: blankable(count),
    OUTBOX_BLOCKS_MAX: blankable(count),
    IMPORT_RATE: blankable(countOrNone),
    SYNC_AUDIT: blankable(flag),
    SNAPSHOT_INTERVAL: blankable(
      z
        .string()
        .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
        .transform(Number),
    ),
    SNAPSHOTS_KEPT: blankable(
      count.refine((kept) => kept <= SNAPSHOTS_KEPT_MAX, `at most ${SNAPSHOTS_KEPT_MAX}`),
    ),
    SYNC_FROM: blankable(z.enum(['genesis', 'snapshot'], 'must be genesis or snapshot')),
    // These three only fill a genesis that is being made; the node checks their form and does not use them.
    CONSENSUS_MODE: blankable(z.enum(['poa', 'pos', 'hybrid'], 'must be poa, pos or hybrid')),
    BLOCK_TIME: blankable(duration),
    EMPTY_BLOCKS: blankable(z.enum(['never', 'heartbeat', 'always'], 'must be never, heartbeat or always')),
  })
  .superRefine((raw, context) => {
    for (const [name, detail] of [...crossFaults(raw), ...networkFaults(raw as RawNetworkSettings)])
      context.addIssue({ code: 'custom', path: [name], message: detail });
  });

type Parsed = {
  readonly [Name in (typeof LEDGER_SETTINGS)[number]]?: unknown;
};
const LEDGER_SETTINGS = [
  'DATABASE_URL',
  'DATABASE_NAMESPACE',
  'DATABASE_REPLICAS',
  'DATABASE_ADMIN',
  'DATABASE_ADMIN_URL',
  'DATABASE_ENCRYPTION',
  'DB_ENCRYPTION_ENABLED',
] as const;

/** Faults of settings that are each well formed but do not go together. */
function crossFaults(raw: Parsed): [string, string][] {
  const faults: [string, string][] = [];
  const hasAdmin = raw.DATABASE_ADMIN !== undefined && raw.DATABASE_ADMIN !== 'none';
  if (raw.DATABASE_REPLICAS !== undefined && raw.DATABASE_URL === undefined) {
    faults.push(['DATABASE_REPLICAS', 'needs DATABASE_URL']);
  }
  if (hasAdmin && raw.DATABASE_ADMIN_URL === undefined) {
    faults.push(['DATABASE_ADMIN_URL', 'is needed where DATABASE_ADMIN is sqld']);
  }
  if (raw.DB_ENCRYPTION_ENABLED === true && raw.DATABASE_ENCRYPTION === undefined) {
    faults.push([
      'DB_ENCRYPTION_ENABLED',
      'needs DATABASE_ENCRYPTION=operator: a Worker cannot encrypt a remote ledger',
    ]);
  }
  return faults;
}

/** The settings as the deployment gives them: text, all optional. */
export type RawSettings = { readonly [Name in keyof z.infer<typeof settingsSchema>]?: string };

/** Where the ledger is and how to reach it. */
export interface LedgerSettings {
  /** May contain `{chain}`. */
  readonly url: string;
  /** True: the chain's database is chosen by the namespace header. */
  readonly namespaced: boolean;
  /** Region -> URL, each may contain `{chain}`. */
  readonly replicas: Readonly<Record<string, string>>;
  /** For the drain: read and write. */
  readonly authToken: string | undefined;
  /** For readers; falls back to `authToken`. */
  readonly readToken: string | undefined;
  readonly admin: 'none' | 'sqld';
  readonly adminUrl: string | undefined;
  readonly adminToken: string | undefined;
  /** True: the operator vouches for encryption at rest. */
  readonly encryptedByOperator: boolean;
}

/** The settings of a node, parsed. */
export interface Settings {
  /** The first is the default chain. */
  readonly supportedChains: readonly string[];
  readonly logLevel: (typeof LEVELS)[number];
  readonly nodeName: string;
  readonly nodeRegion: string | undefined;
  readonly explorerUrl: string | undefined;
  readonly commit: string;
  /** Undefined: this node keeps no ledger. */
  readonly ledger: LedgerSettings | undefined;
  /** Ed25519 seed, 32 bytes. Undefined: this node does not validate. */
  readonly validatorKey: Uint8Array | undefined;
  /** Ed25519 seed of the node's identity: NODE_KEY, else the validator's. Undefined: it has none and joins nobody. */
  readonly nodeKey: Uint8Array | undefined;
  readonly network: NetworkSettings;
  readonly adminToken: string | undefined;
  /** Snapshots of the state: blocks from one to the next (0 = none), and how many are kept. */
  readonly snapshots: { readonly interval: number; readonly kept: number };
  /** What a chain without blocks starts from where it has peers. */
  readonly syncFrom: 'genesis' | 'snapshot';
  /** Bytes of one chain's object from which its writes are refused at nine tenths. */
  readonly storageLimitBytes: number;
  /** Blocks that may wait for the ledger before writes are refused. */
  readonly outboxBlocksMax: number;
  /** Blocks that one source may import by hand per second; 0: as many as it likes. */
  readonly importRate: number;
  /** True: sync checks every certificate, also those that the hash chain proves. */
  readonly syncAudit: boolean;
  /** JSON document of a genesis, not yet checked. */
  readonly genesis: unknown;
  /** Base URL, without a slash at its end, of the node of each known validator; may hold the own one. */
  readonly peers: ReadonlyMap<ConsensusKey, string>;
}

/** One wrong setting. */
export interface SettingFault {
  readonly name: string;
  readonly detail: string;
}

/** Settings that do not parse; `faults` has all of them. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    super(faults.map((fault) => `${fault.name} ${fault.detail}`).join('; '));
    this.faults = faults;
  }
}

/** Parses the environment. Throws {@link SettingsError} naming every fault at once. */
export function parseSettings(env: unknown): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map(toFault));
  const raw = parsed.data;
  return {
    supportedChains: raw.SUPPORTED_CHAINS ?? [],
    logLevel: raw.LOG_LEVEL ?? 'info',
    nodeName: raw.NODE_NAME ?? 'node',
    nodeRegion: raw.NODE_REGION,
    explorerUrl: raw.EXPLORER_URL,
    commit: raw.COMMIT ?? 'unknown',
    ledger: ledgerSettings(raw),
    validatorKey: raw.VALIDATOR_KEY,
    nodeKey: raw.NODE_KEY ?? raw.VALIDATOR_KEY,
    network: networkSettings(raw as RawNetworkSettings),
    adminToken: raw.ADMIN_TOKEN,
    snapshots: {
      interval: raw.SNAPSHOT_INTERVAL ?? SNAPSHOT_INTERVAL_DEFAULT,
      kept: raw.SNAPSHOTS_KEPT ?? SNAPSHOTS_KEPT_DEFAULT,
    },
    syncFrom: raw.SYNC_FROM ?? 'genesis',
    genesis: raw.GENESIS,
    storageLimitBytes: raw.STORAGE_LIMIT ?? STORAGE_LIMIT_DEFAULT,
    outboxBlocksMax: raw.OUTBOX_BLOCKS_MAX ?? OUTBOX_BLOCKS_DEFAULT,
    importRate: raw.IMPORT_RATE ?? IMPORT_RATE_DEFAULT,
    syncAudit: raw.SYNC_AUDIT === true,
    peers: new Map(Object.entries(raw.PEERS ?? {}).map(([key, url]) => [parseConsensusKey(key), url])),
  };
}

function toFault(issue: z.core.$ZodIssue): SettingFault {
  const [name = 'environment', ...rest] = issue.path.map(String);
  // Messages of zod itself may quote the value; ours never do.
  const own = issue.code === 'custom' || !/received|input/i.test(issue.message);
  const detail = own ? issue.message : 'does not have the form it must have';
  return { name, detail: rest.length === 0 ? detail : `${detail} (at ${rest.length} deep)` };
}

function ledgerSettings(raw: z.infer<typeof settingsSchema>): LedgerSettings | undefined {
  if (raw.DATABASE_URL === undefined) return undefined;
  return {
    url: raw.DATABASE_URL,
    namespaced: raw.DATABASE_NAMESPACE === 'header',
    replicas: raw.DATABASE_REPLICAS ?? {},
    authToken: raw.DATABASE_AUTH_TOKEN,
    readToken: raw.DATABASE_READ_TOKEN ?? raw.DATABASE_AUTH_TOKEN,
    admin: raw.DATABASE_ADMIN ?? 'none',
    adminUrl: raw.DATABASE_ADMIN_URL,
    adminToken: raw.DATABASE_ADMIN_TOKEN,
    encryptedByOperator: raw.DB_ENCRYPTION_ENABLED === true,
  };
}

/** The URL of one chain's database: `{chain}` stands for its ledger name. */
export function ledgerUrl(url: string, ledgerName: string): string {
  return url.replace('{chain}', ledgerName);
}

/** @module From the settings of a node to the databases of one chain. */
import { createLedgerClient, PRIMARY_TIMEOUT_MS, REPLICA_TIMEOUT_MS } from './client-web.ts';
import { LedgerReader } from './reader.ts';
import type { LedgerTarget } from './replicas.ts';

/** Where the ledgers of a node are. `{chain}` in a URL stands for the name of the chain's database. */
export interface LedgerConfig {
  readonly url: string;
  /** True: one server, and the name goes into a header. */
  readonly namespaced: boolean;
  /** Region -> URL. */
  readonly replicas: Readonly<Record<string, string>>;
  /** Token to read with. */
  readonly readToken: string | undefined;
}

/** The copies of one chain's ledger. */
export function ledgerTargets(config: LedgerConfig, ledgerName: string): LedgerTarget[] {
  const named = (url: string) => url.replace('{chain}', ledgerName);
  const replicas = Object.entries(config.replicas).map(
    ([region, url]) => ({ kind: 'replica', url: named(url), region }) as const,
  );
  return [...replicas, { kind: 'primary', url: named(config.url) }];
}

/** A reader over all copies of one chain's ledger; keep it as long as the isolate lives. */
export function openLedgerReader(
  config: LedgerConfig,
  ledgerName: string,
  deps: {
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<void>;
    readonly genesisHash?: string;
  },
): LedgerReader {
  const { namespaced, readToken } = config;
  const clientFor = ({ kind, url }: LedgerTarget) =>
    createLedgerClient({
      url,
      timeoutMs: kind === 'primary' ? PRIMARY_TIMEOUT_MS : REPLICA_TIMEOUT_MS,
      ...(namespaced ? { namespace: ledgerName } : {}),
      ...(readToken === undefined ? {} : { authToken: readToken }),
    });
  return new LedgerReader({ ...deps, targets: ledgerTargets(config, ledgerName), clientFor });
}

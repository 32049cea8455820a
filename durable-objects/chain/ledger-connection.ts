/** @module From settings to the drain of one chain's ledger. */
import { type LedgerSettings, ledgerUrl, type Settings } from '../../shared/api/settings.ts';
import { createDatabase } from '../../shared/ledger/admin.ts';
import { createLedgerClient, type LedgerClient } from '../../shared/ledger/client-web.ts';
import { LedgerError } from '../../shared/ledger/errors.ts';
import { ledgerTop } from '../../shared/ledger/write-blocks.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { LedgerTarget, type LedgerTargetDeps } from './ledger-target.ts';

/** A drain batch may take this long; it holds up to 2 MB. */
const DRAIN_TIMEOUT_MS = 15_000;
/** A validator waits so long for the ledger's height before it signs. */
const RECORD_TIMEOUT_MS = 1_500;
/** The first drain makes database and tables: without them there is no block. */
const UNMADE: readonly string[] = ['LEDGER_MIGRATING', 'LEDGER_DATABASE_MISSING'];

/** Null when the node has no ledger. `ledgerName` is the chain's database or namespace. */
export function ledgerTargetFor(
  settings: Settings,
  deps: Omit<LedgerTargetDeps, 'ensureDatabase' | 'openClient'> & { readonly ledgerName: string },
  targets: ReadonlyMap<string, number>,
): LedgerTarget | null {
  const { ledger } = settings;
  if (ledger === undefined) return null;
  const { ledgerName } = deps;
  return new LedgerTarget(
    {
      ...deps,
      ensureDatabase: () => ensureDatabase(ledger, ledgerName),
      openClient: () => openClient(ledger, ledgerName, DRAIN_TIMEOUT_MS),
    },
    targets,
  );
}

/**
 * Asks the ledger for the height of its newest block of this chain: 0 where it has none. Null for a node without a ledger.
 * What it returns throws LedgerError when the ledger does not answer.
 */
export function ledgerRecordFor(
  { ledger }: Pick<Settings, 'ledger'>,
  { ledgerName, genesisHash }: { readonly ledgerName: string; readonly genesisHash: HashHex },
): (() => Promise<number>) | null {
  if (ledger === undefined) return null;
  return async () => {
    try {
      const top = await ledgerTop(openClient(ledger, ledgerName, RECORD_TIMEOUT_MS));
      return top.genesisHash === genesisHash ? top.height : 0;
    } catch (error) {
      const isUnmade = error instanceof LedgerError && UNMADE.includes(error.code);
      if (isUnmade) return 0;
      throw error;
    }
  };
}

function openClient(ledger: LedgerSettings, ledgerName: string, timeoutMs: number): LedgerClient {
  return createLedgerClient({
    url: ledgerUrl(ledger.url, ledgerName),
    timeoutMs,
    ...(ledger.authToken === undefined ? {} : { authToken: ledger.authToken }),
    ...(ledger.namespaced ? { namespace: ledgerName } : {}),
  });
}

async function ensureDatabase(ledger: LedgerSettings, ledgerName: string): Promise<void> {
  if (ledger.admin === 'none' || ledger.adminUrl === undefined) return;
  await createDatabase({ url: ledger.adminUrl, token: ledger.adminToken }, ledgerName);
}

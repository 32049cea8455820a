/** @module From settings to the drain of one chain's ledger. */
import { type LedgerSettings, ledgerUrl, type Settings } from '../../shared/api/settings.ts';
import { createDatabase } from '../../shared/ledger/admin.ts';
import { createLedgerClient } from '../../shared/ledger/client-web.ts';
import { LedgerTarget, type LedgerTargetDeps } from './ledger-target.ts';

/** A drain batch may take this long; it holds up to 2 MB. */
const DRAIN_TIMEOUT_MS = 15_000;

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
      openClient: () =>
        createLedgerClient({
          url: ledgerUrl(ledger.url, ledgerName),
          timeoutMs: DRAIN_TIMEOUT_MS,
          ...(ledger.authToken === undefined ? {} : { authToken: ledger.authToken }),
          ...(ledger.namespaced ? { namespace: ledgerName } : {}),
        }),
    },
    targets,
  );
}

async function ensureDatabase(ledger: LedgerSettings, ledgerName: string): Promise<void> {
  if (ledger.admin === 'none' || ledger.adminUrl === undefined) return;
  await createDatabase({ url: ledger.adminUrl, token: ledger.adminToken }, ledgerName);
}

/** @module The two places that a replay reads from: the ledger's primary and the chain object. */
import type { ChainRpc } from '../../shared/api/objects.ts';
import { ledgerUrl, type Settings } from '../../shared/api/settings.ts';
import { createLedgerClient, type LedgerClient } from '../../shared/ledger/client-web.ts';
import { LedgerError } from '../../shared/ledger/errors.ts';
import { runQuery } from '../../shared/ledger/query.ts';
import { readBlockRange } from '../../shared/ledger/read-blocks.ts';
import type { BlockReader } from './block-source.ts';
import type { HubRow } from './hub-store.ts';

/** Reads whole blocks from the chain's ledger; null on a node without one. Throws LedgerError. */
export function ledgerReader(settings: Settings, chain: () => HubRow | null): BlockReader | null {
  const { ledger } = settings;
  if (ledger === undefined) return null;
  let client: LedgerClient | null = null;
  return async (start, limit) => {
    const row = chain();
    if (row === null) return [];
    const authToken = ledger.readToken ?? ledger.authToken;
    client ??= createLedgerClient({
      url: ledgerUrl(ledger.url, row.ledgerName),
      ...(authToken === undefined ? {} : { authToken }),
      ...(ledger.namespaced ? { namespace: row.ledgerName } : {}),
    });
    const answer = await runQuery(client, readBlockRange({ start, end: start + limit - 1, limit }));
    if (answer.genesisHash !== null && answer.genesisHash !== row.genesisHash) {
      throw new LedgerError('LEDGER_WRONG_CHAIN', 'the ledger holds another chain');
    }
    return answer.value.blocks;
  };
}

/** Reads blocks from the chain object. Throws when it refuses. */
export function chainReader(chain: () => ChainRpc): BlockReader {
  return async (from, limit) => {
    const answer = await chain().blocks({ from, limit });
    if (!answer.ok) throw new Error(`${answer.problem.code}: ${answer.problem.detail}`);
    return answer.value.blocks;
  };
}

/** @module Makes the database of a chain where that is the node's to do. */
import { LedgerError } from './errors.ts';

/** The admin API of a self-hosted sqld. */
export interface LedgerAdmin {
  readonly url: string;
  readonly token: string | undefined;
}

/** How long the admin API may take. */
export const ADMIN_TIMEOUT_MS = 5_000;

/**
 * Creates the database of a chain on a self-hosted sqld; one that is there already is left as it is. Hosted
 * databases are made by their operator. Throws LEDGER_DENIED, LEDGER_UNREACHABLE or LEDGER_FAILED.
 */
export async function createDatabase(admin: LedgerAdmin, ledgerName: string): Promise<void> {
  const url = `${admin.url.replace(/\/+$/, '')}/v1/namespaces/${encodeURIComponent(ledgerName)}/create`;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  // The server compares the header as it is: no base64, whatever "basic" suggests.
  if (admin.token !== undefined) headers.authorization = `basic ${admin.token}`;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ADMIN_TIMEOUT_MS);
  try {
    const response = await fetch(url, { method: 'POST', headers, body: '{}', signal: controller.signal });
    const text = await response.text();
    if (response.ok || (response.status === 400 && /already exists/.test(text))) return;
    const denied = response.status === 401 || response.status === 403;
    throw new LedgerError(
      denied ? 'LEDGER_DENIED' : 'LEDGER_FAILED',
      `HTTP ${response.status}: ${text.slice(0, 200)}`,
    );
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('LEDGER_UNREACHABLE', `the admin API of the ledger did not answer`, {}, error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @module One libSQL database over HTTP, in workerd and in Node. Each call is one request that runs one batch
 * in one transaction, and has a time limit: a replica without its primary would otherwise hang for a minute.
 */
import { createClient, type InValue, LibsqlError, type Row, type TransactionMode } from '@libsql/client/http';
import { LedgerError, type LedgerErrorCode } from './errors.ts';

/** How long the primary may take for one call. */
export const PRIMARY_TIMEOUT_MS = 2_000;
/** How long a replica may take for one call, before the next one is asked. */
export const REPLICA_TIMEOUT_MS = 300;

/** SQL with its positional arguments. */
export interface LedgerStatement {
  readonly sql: string;
  readonly args?: readonly InValue[];
}
/** A row by column name. Integers are bigint, blobs ArrayBuffer. */
export type LedgerRow = Row;

/** A database. Failures are LedgerError. */
export interface LedgerClient {
  readonly url: string;
  /**
   * Runs statements on one snapshot; rows per statement. Nothing but `select` may be passed: the server does
   * not check.
   */
  read(statements: readonly LedgerStatement[]): Promise<LedgerRow[][]>;
  /** Runs statements in one write transaction: all of them or none. */
  write(statements: readonly LedgerStatement[]): Promise<LedgerRow[][]>;
  /** Ends the calls that are under way. */
  close(): void;
}

/** Where the database is and how to reach it. */
export interface LedgerClientOptions {
  /** `http:`, `https:` or `libsql:` URL. */
  readonly url: string;
  readonly authToken?: string;
  /** Namespace of a self-hosted server that has many; sent as a header. */
  readonly namespace?: string;
  /** Limit of one call from request to last byte. Default {@link PRIMARY_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/**
 * Makes a client. Nothing is sent before the first call, and calls share no state: they may come from several
 * requests.
 */
export function createLedgerClient(options: LedgerClientOptions): LedgerClient {
  const { url, authToken, namespace, timeoutMs = PRIMARY_TIMEOUT_MS } = options;
  const running = new Set<AbortController>();
  const run = async (statements: readonly LedgerStatement[], mode: TransactionMode) => {
    const controller = new AbortController();
    running.add(controller);
    // A driver per call: its queue of calls must not tie a Worker's requests together.
    const driver = createClient({
      url,
      intMode: 'bigint',
      // The driver's own queue would start one request's call inside another request, which may end before
      // it.
      concurrency: Number.MAX_SAFE_INTEGER,
      fetch: (request: Request) => fetchWithin(prepare(request, namespace), timeoutMs, controller),
      ...(authToken === undefined ? {} : { authToken }),
    });
    try {
      const batch = statements.map(({ sql, args = [] }) => ({ sql, args: [...args] }));
      const results = await driver.batch(batch, mode);
      return results.map((result) => result.rows);
    } catch (error) {
      throw toLedgerError(error);
    } finally {
      driver.close();
      running.delete(controller);
    }
  };
  return {
    url,
    read: (statements) => run(statements, 'read'),
    write: (statements) => run(statements, 'write'),
    close() {
      for (const controller of running) controller.abort();
    },
  };
}

/**
 * The server reads the namespace from a binary gRPC-style header: base64 without padding. Its compressed answers
 * come in so many pieces that unpacking them takes ten times as long as carrying them plain.
 */
function prepare(request: Request, namespace: string | undefined): Request {
  request.headers.set('accept-encoding', 'identity');
  if (namespace !== undefined) request.headers.set('x-namespace-bin', btoa(namespace).replace(/=+$/, ''));
  return request;
}

/**
 * Fetches with one limit for head and body together. The answer is read here, or its body could stall for
 * ever.
 */
async function fetchWithin(
  request: Request,
  timeoutMs: number,
  controller: AbortController,
): Promise<Response> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    controller.abort();
  }, timeoutMs);
  try {
    const response = await fetch(request, { signal: controller.signal });
    const body = await response.arrayBuffer();
    if (!response.ok) throw httpError(response.status, new TextDecoder().decode(body));
    return new Response(body, { status: response.status, headers: response.headers });
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    if (late) {
      throw new LedgerError(
        'LEDGER_TIMEOUT',
        `no answer within ${timeoutMs} ms`,
        { timeout_ms: timeoutMs },
        error,
      );
    }
    throw new LedgerError('LEDGER_UNREACHABLE', reasonOf(error), {}, error);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const BODY_EXCERPT_CHARS = 200;

function httpError(status: number, body: string): LedgerError {
  const codes: Record<number, LedgerErrorCode> = {
    401: 'LEDGER_DENIED',
    403: 'LEDGER_DENIED',
    404: 'LEDGER_DATABASE_MISSING',
  };
  const code = codes[status] ?? (status >= 500 ? 'LEDGER_UNREACHABLE' : 'LEDGER_FAILED');
  return new LedgerError(code, `HTTP ${status}: ${body.slice(0, BODY_EXCERPT_CHARS)}`, { status });
}

/** What the triggers of the schema raise, and what SQLite says of a missing schema or a taken key. */
const MESSAGES: readonly (readonly [RegExp, LedgerErrorCode])[] = [
  [/LEDGER_WRONG_CHAIN/, 'LEDGER_WRONG_CHAIN'],
  [/LEDGER_CONFLICT/, 'LEDGER_CONFLICT'],
  [/LEDGER_GAP/, 'LEDGER_GAP'],
  [/UNIQUE constraint failed/, 'LEDGER_CONFLICT'],
  [/no such (table|column)/, 'LEDGER_MIGRATING'],
];

function toLedgerError(error: unknown): unknown {
  if (!(error instanceof LibsqlError)) return error;
  const known = MESSAGES.find(([pattern]) => pattern.test(error.message));
  return new LedgerError(known?.[1] ?? 'LEDGER_FAILED', error.message, { sql_code: error.code }, error);
}

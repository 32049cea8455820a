/**
 * @module Real libSQL servers for tests, and blocks of an in-memory chain in the form that the ledger takes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sqld, type SqldOptions, startSqld } from '../../cli/devnet/sqld.ts';
import { createDatabase } from '../../shared/ledger/admin.ts';
import { createLedgerClient, type LedgerClient } from '../../shared/ledger/client-web.ts';
import { type BlockBytes, type LedgerBlock, ledgerBlock } from '../../shared/ledger/ledger-block.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { CertifiedBlock, InMemoryChain } from './in-memory-chain.ts';

/** A primary and servers beside it, in one temporary folder. */
export class SqldCluster {
  readonly dir: string;
  primary: Sqld;
  readonly #servers: Sqld[] = [];
  readonly #clients: LedgerClient[] = [];

  private constructor(dir: string, primary: Sqld) {
    this.dir = dir;
    this.primary = primary;
  }

  static async start(options: Partial<SqldOptions> = {}): Promise<SqldCluster> {
    const dir = await mkdtemp(join(tmpdir(), 'atoll-sqld-'));
    return new SqldCluster(dir, await startSqld({ dir: join(dir, 'primary'), role: 'primary', ...options }));
  }

  /** A replica of the primary. */
  async replica(): Promise<Sqld> {
    const { grpcUrl } = this.primary;
    return this.#add({ role: 'replica', ...(grpcUrl === undefined ? {} : { primaryGrpcUrl: grpcUrl }) });
  }

  /** A server that follows nobody: it stays as far behind as it is. */
  async stranger(): Promise<Sqld> {
    return this.#add({ role: 'primary', namespaces: false });
  }

  async #add(options: Omit<SqldOptions, 'dir'>): Promise<Sqld> {
    const server = await startSqld({ dir: join(this.dir, `server-${this.#servers.length}`), ...options });
    this.#servers.push(server);
    return server;
  }

  /** Waits until the server's copy of the database has the height. */
  async untilHas(server: Sqld, name: string, height: number): Promise<void> {
    const copy = this.client(server, name, 1_000);
    for (let i = 0; i < 500; i++) {
      const rows = await copy.read([{ sql: 'select max(height) as h from blocks' }]).catch(() => []);
      if (Number(rows[0]?.[0]?.h ?? 0) >= height) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`the server at ${server.url} never reached height ${height} of ${name}`);
  }

  /** Starts the stopped primary again on its ports and data. */
  async restartPrimary(): Promise<void> {
    this.primary = await startSqld(this.primary.options);
  }

  /** A new database and a client of it. */
  async database(name: string): Promise<LedgerClient> {
    await createDatabase({ url: this.primary.adminUrl ?? '', token: undefined }, name);
    return this.client(this.primary, name);
  }

  client(server: { readonly url: string }, name: string, timeoutMs = 5_000): LedgerClient {
    const client = createLedgerClient({ url: server.url, namespace: name, timeoutMs });
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all([this.primary, ...this.#servers].map((server) => server.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A block as the chain's object stores it. */
export function storedBlock({ executed, certificate }: CertifiedBlock): BlockBytes {
  const { block, hash, body, receiptBytes } = executed;
  const { height } = block.header;
  return { height, hash, body, certificate: encodeCertificate(certificate), receipts: receiptBytes };
}

/** Every block of the chain, ready to be written. */
export function ledgerBlocks(chain: InMemoryChain): LedgerBlock[] {
  return chain.blocks.map((block) => ledgerBlock(storedBlock(block), chain.context.registry));
}

/** @module Real libSQL servers for tests, and blocks of an in-memory chain in the form that the ledger takes. */
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

  async replica(): Promise<Sqld> {
    const { grpcUrl } = this.primary;
    const dir = join(this.dir, `replica-${this.#servers.length}`);
    const replica = await startSqld({
      dir,
      role: 'replica',
      ...(grpcUrl === undefined ? {} : { primaryGrpcUrl: grpcUrl }),
    });
    this.#servers.push(replica);
    return replica;
  }

  /** Starts the stopped primary again on its ports and data. */
  async restartPrimary(): Promise<void> {
    this.primary = await startSqld(this.primary.options);
  }

  /** A new database and a client of it. */
  async database(name: string): Promise<LedgerClient> {
    await createDatabase({ kind: 'sqld', url: this.primary.adminUrl ?? '', token: undefined }, name);
    return this.client(this.primary, name);
  }

  client(server: Sqld, name: string, timeoutMs = 5_000): LedgerClient {
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

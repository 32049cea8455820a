/**
 * @module A Worker that migrates, writes and reads a ledger: proof that the ledger's code runs in workerd.
 */
import { createLedgerClient } from '../../shared/ledger/client-web.ts';
import { openLedgerReader } from '../../shared/ledger/endpoints.ts';
import { type BlockBytes, ledgerBlock } from '../../shared/ledger/ledger-block.ts';
import { migrateLedger } from '../../shared/ledger/migrate.ts';
import { readBlock } from '../../shared/ledger/read-blocks.ts';
import { readTransactions } from '../../shared/ledger/read-transactions.ts';
import { writeBlocks } from '../../shared/ledger/write-blocks.ts';
import { fromHex, toHex } from '../../shared/protocol/primitives/bytes.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';

interface Request_ {
  readonly url: string;
  readonly namespace: string;
  readonly genesisHash: string;
  /** Blobs in hex. */
  readonly blocks: readonly (Record<'body' | 'certificate' | 'receipts' | 'hash', string> & {
    readonly height: number;
  })[];
}

/** One reader for all requests, as a real Worker keeps it. */
let reader: ReturnType<typeof openLedgerReader> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { url, namespace, genesisHash, blocks } = await request.json<Request_>();
    if (blocks.length > 0) {
      const client = createLedgerClient({ url, namespace, timeoutMs: 10_000 });
      await migrateLedger(client);
      const stored: BlockBytes[] = blocks.map(({ height, hash, body, certificate, receipts }) => ({
        height,
        hash,
        body: fromHex(body),
        certificate: fromHex(certificate),
        receipts: fromHex(receipts),
      }));
      await writeBlocks(
        client,
        stored.map((block) => ledgerBlock(block, builtInTransactions)),
        { genesisHash },
      );
    }
    const config = { url, namespaced: true, replicas: {}, readToken: undefined };
    const sleep = (ms: number) => scheduler.wait(ms);
    reader ??= openLedgerReader(config, namespace, { now: () => Date.now(), sleep, genesisHash });
    const [latest, transactions] = await Promise.all([
      reader.read(readBlock('latest')),
      reader.read(readTransactions({ limit: 100 })),
    ]);
    return Response.json({
      height: latest.height,
      body: latest.value === null ? null : toHex(latest.value.body),
      hashes: transactions.value.transactions.map(({ hash }) => hash),
    });
  },
};

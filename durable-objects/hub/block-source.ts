/**
 * @module Where a replay gets its blocks: those just published, then the ledger, then the chain object. Subscribers that
 * replay the same range share what is read and decoded.
 */
import type { StoredBlock } from '../../shared/api/objects.ts';
import { BLOCK_CACHE_BYTES, LEDGER_RETRY_MS, REPLAY_BATCH_BLOCKS, SOURCE_REQUESTS_MAX } from './limits.ts';
import type { BlockEvents } from './subscription.ts';

/** A block as the hub keeps it. */
export interface HubBlock extends BlockEvents {
  /** What it takes in memory now: more once it was decoded, and with each event that was made of it. */
  readonly bytes: number;
}

/** Blocks in height order from `from`, or fewer where the reader has no more. May begin later: older ones are gone. */
export type BlockReader = (from: number, limit: number) => Promise<readonly StoredBlock[]>;

export interface BlockSourceDeps {
  /** Null on a node without a ledger. */
  readonly readLedger: BlockReader | null;
  readonly readChain: BlockReader;
  readonly decode: (block: StoredBlock) => HubBlock;
  readonly onLedgerError: (error: unknown) => void;
}

export class BlockSource {
  readonly #deps: BlockSourceDeps;
  readonly #cache = new Map<number, HubBlock>();
  readonly #reading = new Map<number, Promise<readonly HubBlock[]>>();
  readonly #waiting: (() => void)[] = [];
  #requests = 0;
  #ledgerRetryMs = 0;

  constructor(deps: BlockSourceDeps) {
    this.#deps = deps;
  }

  /** Decodes a block, or finds it decoded. */
  put(stored: StoredBlock): HubBlock {
    const known = this.#cache.get(stored.height);
    if (known !== undefined) return known;
    const block = this.#deps.decode(stored);
    this.#cache.set(block.height, block);
    this.#trim();
    return block;
  }

  /**
   * Some blocks from height `from` on, at least one; null when no source has that height any more. `from` must not be
   * above `head`. Throws when a source that may have them does not answer.
   */
  async read(from: number, head: number): Promise<readonly HubBlock[] | null> {
    this.#trim();
    const cached = this.#cachedFrom(from);
    if (cached.length > 0) return cached;
    let reading = this.#reading.get(from);
    if (reading === undefined) {
      reading = this.#readBatch(from, head).finally(() => this.#reading.delete(from));
      this.#reading.set(from, reading);
    }
    const blocks = await reading;
    return blocks[0]?.height === from ? blocks : null;
  }

  /** Forgets the oldest beyond the limit. One block stays, however big: all who want it share it. */
  #trim(): void {
    let bytes = 0;
    for (const block of this.#cache.values()) bytes += block.bytes;
    for (const [height, oldest] of this.#cache) {
      if (bytes <= BLOCK_CACHE_BYTES || this.#cache.size === 1) return;
      this.#cache.delete(height);
      bytes -= oldest.bytes;
    }
  }

  #cachedFrom(from: number): readonly HubBlock[] {
    const blocks: HubBlock[] = [];
    for (let height = from; blocks.length < REPLAY_BATCH_BLOCKS; height += 1) {
      const block = this.#cache.get(height);
      if (block === undefined) break;
      blocks.push(block);
    }
    return blocks;
  }

  async #readBatch(from: number, head: number): Promise<readonly HubBlock[]> {
    const old = head - from >= REPLAY_BATCH_BLOCKS && Date.now() >= this.#ledgerRetryMs;
    let ledgerError: unknown = null;
    if (old && this.#deps.readLedger !== null) {
      try {
        const blocks = await this.#request(this.#deps.readLedger, from);
        if (blocks[0]?.height === from) return blocks;
      } catch (error) {
        ledgerError = error;
        this.#ledgerRetryMs = Date.now() + LEDGER_RETRY_MS;
        this.#deps.onLedgerError(error);
      }
    }
    const blocks = await this.#request(this.#deps.readChain, from);
    if (blocks[0]?.height === from) return blocks;
    if (ledgerError !== null) throw ledgerError;
    return !old && this.#deps.readLedger !== null ? this.#request(this.#deps.readLedger, from) : [];
  }

  async #request(read: BlockReader, from: number): Promise<readonly HubBlock[]> {
    if (this.#requests >= SOURCE_REQUESTS_MAX) await new Promise<void>((free) => this.#waiting.push(free));
    else this.#requests += 1;
    try {
      const stored = await read(from, REPLAY_BATCH_BLOCKS);
      return stored.map((block) => this.put(block));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#requests -= 1;
      else next();
    }
  }
}

/** @module A final block as the events of each topic. Decoded and written as JSON at most once for all subscribers. */
import {
  blockToWire,
  messageToWire,
  type TransactionPlace,
  transactionToWire,
} from '../../shared/api/convert.ts';
import type { SubscriptionFilter, Topic } from '../../shared/api/frames.ts';
import type { StoredBlock } from '../../shared/api/objects.ts';
import type { Block } from '../../shared/protocol/block/block.ts';
import { decodeBody } from '../../shared/protocol/block/encode.ts';
import type { TransactionRegistry } from '../../shared/protocol/transaction/define-transaction.ts';
import type { Receipt } from '../../shared/protocol/transaction/receipt.ts';
import { decodeReceipts } from '../../shared/protocol/transaction/receipt-codec.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { HubBlock } from './block-source.ts';
import { type ConsensusEvent, consensusEvents } from './consensus-events.ts';

/** What a block takes in memory beyond its bytes, and again when it is decoded: objects around a few fields each. */
const OBJECT_BYTES = 2 * 1024;
/** Memory of a decoded body for each of its bytes: texts, numbers and arrays of every transaction. As measured. */
const DECODED_BYTES_PER_BYTE = 12;
/** Memory of a JSON text for each of its characters, and beside that: the parts that it was joined from live on. */
const JSON_BYTES_PER_CHARACTER = 2;
const JSON_OBJECT_BYTES = 256;

/** Position of the only event of a block in topics that have one per block. */
const ONE_EVENT: readonly number[] = [0];

/** Makes the events of a block. Nothing is decoded before a subscriber asks. */
export function decodeHubBlock(stored: StoredBlock, registry: TransactionRegistry): HubBlock {
  return new DecodedBlock(stored, registry);
}

class DecodedBlock implements HubBlock {
  readonly height: number;
  readonly #stored: StoredBlock;
  readonly #registry: TransactionRegistry;
  readonly #json = new Map<string, string>();
  readonly #selected = new Map<string, readonly number[]>();
  #jsonBytes = 0;
  #block: Block | null = null;
  #consensusEvents: readonly ConsensusEvent[] | null = null;
  #receipts: readonly Receipt[] | null = null;

  constructor(stored: StoredBlock, registry: TransactionRegistry) {
    this.height = stored.height;
    this.#stored = stored;
    this.#registry = registry;
  }

  get bytes(): number {
    const { body, certificate, receipts } = this.#stored;
    const stored = OBJECT_BYTES + body.length + certificate.length + receipts.length;
    const decoded = this.#block === null ? 0 : OBJECT_BYTES + DECODED_BYTES_PER_BYTE * body.length;
    return stored + decoded + this.#jsonBytes;
  }

  select(topic: Topic, filter: SubscriptionFilter): readonly number[] {
    if (topic === 'new_blocks') return ONE_EVENT;
    if (topic === 'consensus_events') return this.#consensus.map((_, index) => index);
    const type = topic === 'messages' ? 'message' : filter.type;
    const key = `${type ?? ''}/${filter.address ?? ''}`;
    let selected = this.#selected.get(key);
    if (selected === undefined) {
      selected = this.#transactions.flatMap((signed, index) =>
        this.#matches(signed, type, filter.address) ? [index] : [],
      );
      this.#selected.set(key, selected);
    }
    return selected;
  }

  data(topic: Topic, filter: SubscriptionFilter, index: number): string {
    const key = `${topic}/${filter.include_tx === true}/${index}`;
    let json = this.#json.get(key);
    if (json === undefined) {
      json = JSON.stringify(this.#value(topic, filter, index));
      this.#json.set(key, json);
      this.#jsonBytes += JSON_OBJECT_BYTES + JSON_BYTES_PER_CHARACTER * json.length;
    }
    return json;
  }

  get #decoded(): Block {
    this.#block ??= decodeBody(this.#stored.body, this.#registry);
    return this.#block;
  }

  get #consensus(): readonly ConsensusEvent[] {
    this.#consensusEvents ??= consensusEvents(this.#stored, this.#decoded);
    return this.#consensusEvents;
  }

  get #transactions(): readonly SignedTransaction[] {
    return this.#decoded.transactions;
  }

  #matches(signed: SignedTransaction, typeName: string | undefined, address: string | undefined): boolean {
    const type = this.#registry.get(signed.transaction.type);
    if (typeName !== undefined && type?.name !== typeName) return false;
    if (address === undefined || signed.sender === address) return true;
    return type?.addresses(signed.transaction.payload).some((other) => other === address) ?? false;
  }

  #value(topic: Topic, filter: SubscriptionFilter, index: number): unknown {
    if (topic === 'new_blocks') return this.#blockValue(filter.include_tx === true);
    if (topic === 'consensus_events') return this.#consensus[index];
    const signed = this.#transactions[index] as SignedTransaction;
    if (topic === 'messages') return messageToWire(signed, this.#place(index));
    this.#receipts ??= decodeReceipts(this.#stored.receipts);
    return transactionToWire(signed.bytes, this.#registry, this.#place(index), this.#receipts[index]);
  }

  #place(tx_index: number): TransactionPlace {
    const { height, hash: block_hash } = this.#stored;
    return { height, tx_index, block_hash, time_ms: this.#decoded.header.timeMs };
  }

  #blockValue(includeTx: boolean): unknown {
    const block = blockToWire(this.#stored, this.#registry, { includeTx });
    return { ...block, tx_hashes: this.#transactions.map((signed) => signed.hash) };
  }
}

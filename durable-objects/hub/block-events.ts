/** @module A final block as the events of each topic. Decoded and written as JSON at most once for all subscribers. */
import {
  blockToWire,
  messageToWire,
  type TransactionPlace,
  timeToWire,
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
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { HubBlock } from './block-source.ts';

/** Position of the only event of a block in topics that have one per block. */
const ONE_EVENT: readonly number[] = [0];

/** Makes the events of a block. Nothing is decoded before a subscriber asks. */
export function decodeHubBlock(stored: StoredBlock, registry: TransactionRegistry): HubBlock {
  return new DecodedBlock(stored, registry);
}

class DecodedBlock implements HubBlock {
  readonly height: number;
  readonly bytes: number;
  readonly #stored: StoredBlock;
  readonly #registry: TransactionRegistry;
  readonly #json = new Map<string, string>();
  readonly #selected = new Map<string, readonly number[]>();
  #block: Block | null = null;
  #receipts: readonly Receipt[] | null = null;

  constructor(stored: StoredBlock, registry: TransactionRegistry) {
    this.height = stored.height;
    this.bytes = stored.body.length + stored.certificate.length + stored.receipts.length;
    this.#stored = stored;
    this.#registry = registry;
  }

  select(topic: Topic, filter: SubscriptionFilter): readonly number[] {
    if (topic === 'new_blocks' || topic === 'consensus_events') return ONE_EVENT;
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
    }
    return json;
  }

  get #decoded(): Block {
    this.#block ??= decodeBody(this.#stored.body, this.#registry);
    return this.#block;
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
    if (topic === 'consensus_events') return this.#commitValue();
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

  /** What consensus decided. `signers` are indexes into the validator set, in key order. */
  #commitValue(): unknown {
    const { round, bitmap } = decodeCertificate(this.#stored.certificate);
    const { header, transactions } = this.#decoded;
    const signers = [...bitmap].flatMap((byte, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => ((byte & (0x80 >> bit)) === 0 ? [] : [at * 8 + bit])),
    );
    return {
      event: 'commit',
      height: header.height,
      round,
      proposer: header.proposer,
      hash: this.#stored.hash,
      timestamp: timeToWire(header.timeMs),
      tx_count: transactions.length,
      validators_hash: header.validatorsHash,
      signers,
    };
  }
}

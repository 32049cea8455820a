/**
 * @module Rightly formed requests that must be refused, each with one code. Whatever could be a valid transaction carries a
 * signature of another key.
 */

import type { Seeded } from '../support/seeded.ts';
import { hex, signedMessage, signedTransfer, type Terms, type Wallet } from '../support/stranger.ts';
import { BLOCKS, type FuzzNode, MIN_FEE, PENDING_FEE, PENDING_NONCE } from './node.ts';

/** One request, and what it was made to be refused with, if anything certain. */
export interface FuzzRequest {
  /** Route or recipe, for counts. */
  readonly name: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** The code that the answer must have. */
  readonly expected?: string;
}

type Maker = (fuzz: FuzzNode, random: Seeded) => FuzzRequest;

/** Headers of a JSON body. */
export const JSON_TYPE = { 'content-type': 'application/json' };
const AMOUNT_MAX = 2n ** 63n - 1n;
const VALID_UNTIL_WINDOW = 100_000;

const wallet = (fuzz: FuzzNode, index: number): Wallet => {
  const found = fuzz.wallets[index];
  if (found === undefined) throw new Error(`no account ${index}`);
  return found;
};
const someHex = (bytes: number, random: Seeded): string =>
  hex(Uint8Array.from({ length: bytes }, () => random.integer(0, 255)));

/** A transfer of account `from` on the chain `fuzz`, rightly signed. */
function transfer(fuzz: FuzzNode, random: Seeded, from: number, terms: Terms, amount?: bigint) {
  const to = wallet(fuzz, random.integer(2, 9)).address;
  return signedTransfer(
    fuzz.genesisHash.fuzz,
    wallet(fuzz, from),
    to,
    amount ?? BigInt(random.integer(1, 1e9)),
    terms,
  ).body;
}

const SUBMIT_PATHS = [
  '/rpc/send_tx',
  '/rpc/transaction',
  '/rpc/sendTx',
  '/api/v1/transaction/create/',
  '/chains/fuzz/rpc/send_tx',
];

/** A submission by one of its doors: alone, in a list, or by JSON-RPC. */
function submission(body: unknown, expected: string, random: Seeded, chain = 'fuzz'): FuzzRequest {
  const name = `refused/${expected}`;
  const headers = chain === 'fuzz' ? JSON_TYPE : { ...JSON_TYPE, 'x-chain-id': chain };
  const way = random.integer(1, 6);
  const text = (value: unknown) => JSON.stringify(value);
  if (way === 1) {
    const path = '/rpc/send_txs?wait=final&wait_ms=100';
    return { name, method: 'POST', path, headers, body: text({ transactions: [body] }), expected };
  }
  if (way === 2) {
    const call = { jsonrpc: '2.0', id: random.integer(1, 99), method: 'send_tx', params: body };
    return { name, method: 'POST', path: '/rpc', headers, body: text(call), expected };
  }
  const path = chain === 'fuzz' ? random.pick(SUBMIT_PATHS) : '/rpc/send_tx';
  const query = random.pick(['', '?wait=none', '?wait=final&wait_ms=50', '?wait=accepted']);
  return { name, method: 'POST', path: path + query, headers, body: text(body), expected };
}

/** Code -> a rightly formed request that must be refused with it. */
export const REFUSALS: Readonly<Record<string, Maker>> = {
  TX_NONCE_TOO_LOW: (fuzz, random) =>
    submission(
      transfer(fuzz, random, 0, { nonce: random.integer(0, BLOCKS - 1) }),
      'TX_NONCE_TOO_LOW',
      random,
    ),
  TX_NONCE_TOO_FAR: (fuzz, random) => {
    const nonce = random.pick([BLOCKS + 65, random.integer(BLOCKS + 65, 1e9), Number.MAX_SAFE_INTEGER]);
    return submission(transfer(fuzz, random, 0, { nonce }), 'TX_NONCE_TOO_FAR', random);
  },
  TX_INSUFFICIENT_BALANCE: (fuzz, random) => {
    const amount = random.pick([10n ** 12n, AMOUNT_MAX, AMOUNT_MAX - 1n, 10n ** 15n]);
    const fee = random.pick([MIN_FEE, 10n ** 12n, AMOUNT_MAX]);
    return submission(
      transfer(fuzz, random, 2, { nonce: 0, fee }, amount),
      'TX_INSUFFICIENT_BALANCE',
      random,
    );
  },
  TX_REPLACEMENT_UNDERPRICED: (fuzz, random) => {
    const fee = BigInt(random.integer(Number(MIN_FEE), Number(PENDING_FEE)));
    const terms = { nonce: PENDING_NONCE, fee };
    return submission(transfer(fuzz, random, 1, terms), 'TX_REPLACEMENT_UNDERPRICED', random);
  },
  TX_FEE_TOO_LOW: (fuzz, random) => {
    const fee = BigInt(random.integer(0, Number(MIN_FEE) - 1));
    return submission(transfer(fuzz, random, 2, { nonce: 0, fee }), 'TX_FEE_TOO_LOW', random);
  },
  TX_EXPIRED: (fuzz, random) =>
    submission(
      transfer(fuzz, random, 2, { nonce: 0, validUntil: random.integer(0, BLOCKS) }),
      'TX_EXPIRED',
      random,
    ),
  TX_VALID_UNTIL_TOO_FAR: (fuzz, random) => {
    const validUntil = random.pick([BLOCKS + 2 + VALID_UNTIL_WINDOW, 10 ** 9, Number.MAX_SAFE_INTEGER]);
    return submission(transfer(fuzz, random, 2, { nonce: 0, validUntil }), 'TX_VALID_UNTIL_TOO_FAR', random);
  },
  TX_BAD_SIGNATURE: (fuzz, random) => submission(forged(fuzz, random), 'TX_BAD_SIGNATURE', random),
  TX_BAD_KEY: (fuzz, random) => {
    const public_key = random.pick([
      `0x${'00'.repeat(32)}`,
      `0x01${'00'.repeat(31)}`,
      `0x${'ff'.repeat(32)}`,
    ]);
    return submission({ ...forged(fuzz, random), public_key }, 'TX_BAD_KEY', random);
  },
  TX_WRONG_CHAIN: (fuzz, random) => {
    const named = random.pick([
      { chain_id: 'full' },
      { genesis_hash: fuzz.genesisHash.full },
      { chain_id: 'fuzz', genesis_hash: someHex(32, random) },
    ]);
    return submission({ ...transfer(fuzz, random, 2, { nonce: 0 }), ...named }, 'TX_WRONG_CHAIN', random);
  },
  TX_TYPE_UNKNOWN: (fuzz, random) => {
    const type = random.pick<unknown>([17, 99, 65_535, 'transfers', 'nothing', 'a', 'constructor']);
    return submission({ ...forged(fuzz, random), type }, 'TX_TYPE_UNKNOWN', random);
  },
  TX_TYPE_INACTIVE: (fuzz, random) => {
    const payload = { id: someHex(32, random) };
    const type = random.pick<unknown>(['swap_refund', 16]);
    return submission({ ...forged(fuzz, random), type, payload }, 'TX_TYPE_INACTIVE', random);
  },
  TX_PAYLOAD_INVALID: (fuzz, random) => {
    const changed = random.pick<Record<string, unknown>>([
      { type: 'transfer', payload: { recipient: wallet(fuzz, 3).address, amount: '0' } },
      { type: 'stake', payload: { amount: '5' } },
      { type: 'unjail', payload: { consensus_key: 'x' } },
      { type: 'anchor', payload: {} },
    ]);
    return submission({ ...forged(fuzz, random), ...changed }, 'TX_PAYLOAD_INVALID', random);
  },
  MEMPOOL_SENDER_LIMIT: (fuzz, random) => {
    const terms = { nonce: (fuzz.fullNonces[0] ?? 0) + random.integer(0, 64), fee: 10n ** 6n };
    const { body } = signedTransfer(
      fuzz.genesisHash.full,
      wallet(fuzz, 0),
      wallet(fuzz, 5).address,
      1n,
      terms,
    );
    return submission(body, 'MEMPOOL_SENDER_LIMIT', random, 'full');
  },
  MEMPOOL_FULL: (fuzz, random) => {
    const from = random.integer(4, 9);
    const fee = BigInt(random.integer(Number(MIN_FEE), 1_000));
    const terms = { nonce: (fuzz.fullNonces[from] ?? 0) + random.integer(0, 64), fee };
    const { body } = signedMessage(
      fuzz.genesisHash.full,
      wallet(fuzz, from),
      wallet(fuzz, 1).address,
      new Uint8Array(200),
      terms,
    );
    return submission(body, 'MEMPOOL_FULL', random, 'full');
  },
  ...requestRefusals(),
};

/** A transaction that another key, or this one for another chain, has signed: never valid, whatever else it says. */
export function forged(fuzz: FuzzNode, random: Seeded): Readonly<Record<string, unknown>> {
  const honest = wallet(fuzz, random.integer(2, 9));
  const other = wallet(fuzz, random.integer(0, 1));
  const to = wallet(fuzz, random.integer(0, 9)).address;
  const terms = { nonce: 0 };
  const asOther = { ...other, publicKey: honest.publicKey };
  const text = Uint8Array.from({ length: random.integer(1, 40) }, () => random.integer(0, 255));
  const { genesisHash } = fuzz;
  return random.pick([
    () => signedTransfer(genesisHash.fuzz, asOther, to, 5n, terms),
    () => signedMessage(genesisHash.fuzz, asOther, to, text, terms),
    () => signedTransfer(someHex(32, random), honest, to, 5n, terms),
  ])().body;
}

function requestRefusals(): Record<string, Maker> {
  const get = (expected: string, path: string, headers: Record<string, string> = {}): FuzzRequest => ({
    name: `refused/${expected}`,
    method: 'GET',
    path,
    headers,
    expected,
  });
  const send = (
    expected: string,
    path: string,
    body: string,
    headers: Record<string, string> = JSON_TYPE,
  ): FuzzRequest => ({
    name: `refused/${expected}`,
    method: 'POST',
    path,
    headers,
    body,
    expected,
  });
  const admin = (fuzz: FuzzNode) => ({ ...JSON_TYPE, authorization: `Bearer ${fuzz.node.adminToken}` });
  return {
    JSON_INVALID: (fuzz, random) => {
      const text = JSON.stringify(forged(fuzz, random));
      const broken = random.pick([
        text.slice(0, -1),
        `${text}}`,
        '',
        '{',
        `${'['.repeat(40)}${']'.repeat(40)}`,
        '\u0000',
      ]);
      return send(
        'JSON_INVALID',
        random.pick(['/rpc/send_tx', '/rpc/send_txs', '/rpc/estimate_fee']),
        broken,
      );
    },
    CONTENT_TYPE_UNSUPPORTED: (fuzz, random) => {
      const type = random.pick([
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'json',
      ]);
      return send('CONTENT_TYPE_UNSUPPORTED', '/rpc/send_tx', JSON.stringify(forged(fuzz, random)), {
        'content-type': type,
      });
    },
    BODY_TOO_LARGE: (_, random) =>
      send(
        'BODY_TOO_LARGE',
        random.pick(['/rpc/send_tx', '/rpc/estimate_fee']),
        `"${'a'.repeat(128 * 1024 + random.integer(0, 99))}"`,
      ),
    ROUTE_UNKNOWN: (_, random) =>
      get(
        'ROUTE_UNKNOWN',
        random.pick(['/rpc/nothing', '/rpc/get_heads', '/.env', '/chains/fuzz/rpc/nothing', '/wp-login.php']),
      ),
    METHOD_NOT_ALLOWED: (_, random) => ({
      ...get(
        'METHOD_NOT_ALLOWED',
        random.pick(['/rpc/get_head', '/rpc/send_tx', '/chains', '/rpc/blocks', '/health']),
      ),
      method: random.pick(['PUT', 'DELETE', 'PATCH']),
    }),
    CURSOR_INVALID: (_, random) =>
      get(
        'CURSOR_INVALID',
        `${random.pick(['/rpc/blocks', '/rpc/transactions', '/rpc/mempool'])}?cursor=${random.pick(['x', '0', 'AAAA', '0x12', 'a.b'])}`,
      ),
    RANGE_INVALID: (_, random) => {
      const start = random.integer(3, 99);
      return get('RANGE_INVALID', `/rpc/blocks-range?start=${start}&end=${start - random.integer(1, 2)}`);
    },
    UPGRADE_REQUIRED: (_, random) => get('UPGRADE_REQUIRED', random.pick(['/ws', '/chains/fuzz/ws'])),
    UNAUTHORIZED: (fuzz, random) => {
      const authorization = random.pick(['', 'Bearer x', 'Basic eDp4', `Bearer ${fuzz.node.adminToken}x`]);
      const path = random.pick(['/chains', '/chains/fuzz/ledger/rebuild', '/admin/ledger/rebuild']);
      return send('UNAUTHORIZED', path, JSON.stringify(fuzz.genesis.own), { ...JSON_TYPE, authorization });
    },
    CHAIN_UNKNOWN: (_, random) =>
      get(
        'CHAIN_UNKNOWN',
        random.pick([
          '/chains/nobody/rpc/get_head',
          '/rpc/get_head?chain_id=nobody',
          '/chains/nobody',
          '/chains/UPPER/rpc/blocks',
        ]),
      ),
    CHAIN_CONFLICT: (_, random) =>
      get(
        'CHAIN_CONFLICT',
        random.pick(['/chains/fuzz/rpc/get_head?chain_id=full', '/rpc/get_head?chain_id=fuzz']),
        { 'x-chain-id': 'full' },
      ),
    CHAIN_EXISTS: (fuzz) =>
      send(
        'CHAIN_EXISTS',
        '/chains',
        JSON.stringify({ ...(fuzz.genesis.own as object), salt: `0x${'5a'.repeat(16)}` }),
        admin(fuzz),
      ),
    CHAIN_NOT_RUNNABLE: (fuzz) =>
      send('CHAIN_NOT_RUNNABLE', '/chains', JSON.stringify(fuzz.genesis.foreign), admin(fuzz)),
    GENESIS_INVALID: (fuzz, random) => {
      const changed = random.pick([
        { authorities: [] },
        { chain_id: 'another' },
        { allocations: [], authorities: 7 },
      ]);
      return send(
        'GENESIS_INVALID',
        '/chains',
        JSON.stringify({ ...(fuzz.genesis.foreign as object), ...changed }),
        admin(fuzz),
      );
    },
    BLOCK_UNKNOWN: (_, random) =>
      get(
        'BLOCK_UNKNOWN',
        `/rpc/get_block/${random.pick([String(random.integer(BLOCKS + 1, 1e15)), someHex(32, random)])}`,
      ),
    TX_UNKNOWN: (_, random) => get('TX_UNKNOWN', `/rpc/transaction/${someHex(32, random)}`),
    MIN_HEIGHT: (_, random) =>
      get('MIN_HEIGHT', random.pick(['/rpc/get_head', '/rpc/blocks', '/rpc/mempool']), {
        'x-min-height': String(random.integer(1e3, 1e9)),
      }),
    TOPIC_UNKNOWN: (_, random) =>
      get('TOPIC_UNKNOWN', `/events?topics=${random.pick(['news', 'new_block', 'new_blocks,x', ''])}`),
    JSONRPC_BATCH_TOO_LARGE: (_, random) =>
      send(
        'JSONRPC_BATCH_TOO_LARGE',
        '/rpc',
        JSON.stringify(Array.from({ length: random.integer(101, 150) }, () => ({}))),
      ),
    REQUEST_INVALID: (_, random) =>
      get(
        'REQUEST_INVALID',
        random.pick([
          '/rpc/blocks?limit=0',
          '/rpc/blocks?limit=101',
          '/rpc/get_head?x=1',
          '/rpc/messages',
          '/rpc/get_block/-1',
        ]),
      ),
  };
}

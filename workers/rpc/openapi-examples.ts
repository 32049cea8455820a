/** @module Examples of the OpenAPI document that no single schema can show. */

const ADDRESS = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed';
const HASH = `0x${'3a'.repeat(32)}`;
const transfer = {
  type: 'transfer',
  public_key: `0x${'d7'.repeat(32)}`,
  nonce: 0,
  fee: '250',
  valid_until: 1_000,
  payload: { recipient: ADDRESS, amount: '25' },
  signature: `0x${'5b'.repeat(64)}`,
};
const outcome = {
  tx_hash: HASH,
  status: 'final',
  height: 8,
  tx_index: 0,
  receipt_status: 'OK',
  receipt_code: 0,
  status_url: `/rpc/transaction/${HASH}`,
};

const EXAMPLES: Readonly<Record<string, { readonly body?: unknown; readonly answer?: unknown }>> = {
  send_tx: { body: transfer, answer: outcome },
  send_txs: { body: { transactions: [transfer] }, answer: { results: [outcome] } },
  estimate_fee: { body: { type: 'transfer', payload: transfer.payload } },
  create_chain: {
    body: {
      version: 1,
      chain_id: 'atoll-dev',
      time_ms: 1_795_233_600_000,
      salt: `0x${'01'.repeat(16)}`,
      authorities: [],
      allocations: [],
    },
  },
  get_balance: { answer: { address: ADDRESS, balance: '1000000', nonce: 0, height: 7 } },
  get_account: {
    answer: {
      address: ADDRESS,
      balance: '1000000',
      nonce: 0,
      pending_nonce: 0,
      exists: true,
      chain_id: 'atoll-dev',
      height: 7,
    },
  },
  livez: { answer: { status: 'ok', success: 'pong!' } },
  readyz: { answer: { status: 'ready', checks: { settings: { status: 'ok' } } } },
};

/** The examples of a route; members that it lacks are left to the schemas. */
export function examplesOf(route: string): { readonly body?: unknown; readonly answer?: unknown } {
  return EXAMPLES[route] ?? {};
}

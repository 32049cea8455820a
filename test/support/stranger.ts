/**
 * @module A client written from the protocol's description alone: node:crypto signs, cbor2 encodes, fetch sends. Nothing of
 * the node's own code is in here, so what both agree on is what the description says.
 */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { encode } from 'cbor2';

/** PKCS #8 head of an Ed25519 seed. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Purpose that is signed before the genesis hash and the transaction. */
const TX_ROLE = Buffer.from('atoll/tx/v1\0');
const TRANSFER = 0;
const MESSAGE = 1;

/** An account as a devnet prints it. */
export interface PrintedAccount {
  readonly address: string;
  readonly public_key: string;
  readonly private_key: string;
}

/** A key that can sign. */
export interface Wallet {
  readonly address: string;
  readonly publicKey: string;
  readonly key: KeyObject;
}

/** The common members of a transaction; 1,000 units of fee and 50,000 blocks of validity unless told otherwise. */
export interface Terms {
  readonly nonce: number;
  readonly fee?: bigint;
  readonly validUntil?: number;
}

/** A signed transaction: its hash, computed here, and the body that send_tx takes. */
export interface SignedBody {
  readonly hash: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Opens an account for signing. */
export function walletOf(account: PrintedAccount): Wallet {
  const der = Buffer.concat([PKCS8_HEAD, unhex(account.private_key)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { address: account.address, publicKey: account.public_key, key };
}

/** A transfer of `amount` native units. */
export function signedTransfer(
  genesisHash: string,
  from: Wallet,
  to: string,
  amount: bigint,
  terms: Terms,
): SignedBody {
  const payload = { recipient: to, amount: amount.toString() };
  return signed(genesisHash, from, { type: 'transfer', code: TRANSFER }, terms, payload, [
    unhex(to),
    '',
    amount,
  ]);
}

/** A message with bytes of `text/plain`. */
export function signedMessage(
  genesisHash: string,
  from: Wallet,
  to: string,
  bytes: Uint8Array,
  terms: Terms,
): SignedBody {
  const contentType = 'text/plain';
  const payload = { recipient: to, content_type: contentType, body: hex(bytes) };
  return signed(genesisHash, from, { type: 'message', code: MESSAGE }, terms, payload, [
    unhex(to),
    contentType,
    bytes,
  ]);
}

/** Bytes signed: role, a zero byte, the genesis hash, CBOR of the six members before the signature. */
function signed(
  genesisHash: string,
  from: Wallet,
  type: { type: string; code: number },
  terms: Terms,
  payload: Readonly<Record<string, unknown>>,
  encodedPayload: readonly unknown[],
): SignedBody {
  const { nonce, fee = 1_000n, validUntil = 50_000 } = terms;
  const members = [type.code, unhex(from.publicKey), nonce, fee, validUntil, encodedPayload];
  const signature = sign(null, Buffer.concat([TX_ROLE, unhex(genesisHash), encode(members)]), from.key);
  const hash = createHash('sha256').update(encode([...members, new Uint8Array(signature)]));
  return {
    hash: `0x${hash.digest('hex')}`,
    body: {
      type: type.type,
      public_key: from.publicKey,
      nonce,
      fee: fee.toString(),
      valid_until: validUntil,
      payload,
      signature: hex(signature),
    },
  };
}

/** `0x` and lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** Bytes of `0x` and hex. A plain Uint8Array, which cbor2 writes as a byte string. */
export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/** POST of a JSON body. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
}

/** JSON of a GET that must succeed. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${url}: HTTP ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

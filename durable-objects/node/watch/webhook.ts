/**
 * @module Alerts by HTTP to an address of the operator, signed as the Standard Webhooks specification 1.0 says: an HMAC
 * over id, time and body. Tried again for some hours, then given up and said so.
 */
import { errorText } from '../../../shared/observability/log.ts';
import type { Delivery } from './alert-table.ts';

/** How long the receiver may take. */
const WEBHOOK_TIMEOUT_MS = 5_000;
/** Waits after each failed attempt; after the last one the message is given up. */
export const WEBHOOK_WAITS_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000] as const;
/** The receiver wants no more of it. Source: the specification. */
const GONE = 410;
/** A secret in the form of the specification: this and base64. Any other text is taken as its bytes. */
const SECRET_PREFIX = 'whsec_';

/** What came of an attempt. */
export type Attempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed' | 'given_up'; readonly why: string; readonly waitMs: number };

/** Where and with what secret. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** Makes one attempt. The id is the same at each, so that a receiver can tell a repeat. */
export async function deliver(
  target: WebhookTarget,
  delivery: Delivery,
  sender: string,
  nowMs: number,
): Promise<Attempt> {
  const id = `${sender}.${delivery.id}`;
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = await signWebhook(target.secret, id, timestamp, delivery.body);
  let why: string;
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature,
      },
      body: delivery.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: 'delivered' };
    why = `it answers ${response.status}`;
    if (response.status === GONE) return { kind: 'given_up', why, waitMs: 0 };
  } catch (error) {
    why = errorText(error);
  }
  const waitMs = WEBHOOK_WAITS_MS[delivery.attempts];
  return waitMs === undefined ? { kind: 'given_up', why, waitMs: 0 } : { kind: 'failed', why, waitMs };
}

/** `v1,` and the base64 of HMAC-SHA256(secret, `id.timestamp.body`). */
export async function signWebhook(
  secret: string,
  id: string,
  timestamp: string,
  body: string,
): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    secretBytes(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const message = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
  return `v1,${btoa(String.fromCharCode(...mac))}`;
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith(SECRET_PREFIX)) return Uint8Array.from(new TextEncoder().encode(secret));
  return Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (char) => char.charCodeAt(0));
}

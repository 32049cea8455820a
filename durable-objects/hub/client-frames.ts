/** @module Parsing of what clients send. Anything but a valid frame is a problem with a code, never an exception. */
import { z } from 'zod';
import {
  type ClientFrame,
  CREDIT_EVENTS_DEFAULT,
  CREDIT_EVENTS_MAX,
  decodeCursor,
  type Position,
  type SubscribeFrame,
  TOPICS,
} from '../../shared/api/frames.ts';

const idSchema = z.union([z.string().max(64), z.int().min(0)]);
const subSchema = z.string().max(16);
const heightSchema = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER - 1);
const filterSchema = z.strictObject({
  address: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .optional(),
  type: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/)
    .optional(),
  include_tx: z.boolean().optional(),
});

const subscribeSchema = z.strictObject({
  id: idSchema,
  type: z.literal('subscribe'),
  topic: z.enum(TOPICS),
  filter: filterSchema.optional(),
  from_height: heightSchema.optional(),
  cursor: z.string().max(32).optional(),
  credit: z.int().min(1).max(CREDIT_EVENTS_MAX).optional(),
});
const frameSchema = z.discriminatedUnion('type', [
  subscribeSchema,
  z.strictObject({ id: idSchema, type: z.literal('unsubscribe'), sub: subSchema }),
  z.strictObject({ type: z.literal('ack'), sub: subSchema, seq: z.int().min(0) }),
]);

/** A frame, or why it is none. `id` is that of the faulty frame where it can be read. */
export type ParsedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly id: string | number | null; readonly detail: string };

/** Parses a text message. Unknown members are refused: a misspelt filter must not widen a subscription. */
export function parseClientFrame(text: string): ParsedFrame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, id: null, detail: 'not JSON' };
  }
  const parsed = frameSchema.safeParse(json);
  if (parsed.success) return { ok: true, frame: parsed.data as ClientFrame };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'frame' : issue.path.join('.');
  return { ok: false, id: idOf(json), detail: `${where}: ${issue?.message ?? 'invalid'}` };
}

function idOf(json: unknown): string | number | null {
  if (typeof json !== 'object' || json === null || !('id' in json)) return null;
  const id = idSchema.safeParse(json.id);
  return id.success ? id.data : null;
}

/** Filters that mean something for each topic. */
const FILTERS = {
  new_blocks: ['include_tx'],
  new_transactions: ['address', 'type'],
  consensus_events: [],
  messages: ['address'],
} as const satisfies Record<(typeof TOPICS)[number], readonly string[]>;

/** Where and how a subscription starts. `next` null: with the next block. */
export type SubscribeRequest =
  | { readonly ok: true; readonly next: Position | null; readonly credit: number }
  | { readonly ok: false; readonly detail: string };

/** What the members of a subscribe frame mean together. */
export function readSubscribe(frame: SubscribeFrame): SubscribeRequest {
  const allowed: readonly string[] = FILTERS[frame.topic];
  const foreign = Object.keys(frame.filter ?? {}).find((name) => !allowed.includes(name));
  if (foreign !== undefined)
    return { ok: false, detail: `filter.${foreign} does not apply to ${frame.topic}` };
  const credit = frame.credit ?? CREDIT_EVENTS_DEFAULT;
  if (frame.cursor === undefined) {
    const from = frame.from_height;
    return { ok: true, credit, next: from === undefined ? null : { height: Math.max(1, from), index: 0 } };
  }
  if (frame.from_height !== undefined) return { ok: false, detail: 'either cursor or from_height' };
  const position = decodeCursor(frame.cursor);
  if (position === null) return { ok: false, detail: 'cursor: not one of ours' };
  return { ok: true, credit, next: position.height === 0 ? { height: 1, index: 0 } : position };
}

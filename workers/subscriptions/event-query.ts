/** @module What `GET /events` asks for: topics, filters, and where to resume. */
import { z } from 'zod';
import { decodeCursor, type SubscriptionFilter, TOPICS, type Topic } from '../../shared/api/frames.ts';
import { ApiError } from '../../shared/api/problems.ts';

/** One topic of a stream and where it starts. */
export interface TopicRequest {
  readonly topic: Topic;
  readonly filter: SubscriptionFilter;
  readonly from_height?: number;
  readonly cursor?: string;
}

/** Query parameters of `GET /events`. */
export const eventQuerySchema = z.strictObject({
  topics: z.string().max(128),
  from_height: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/)
    .optional(),
  cursor: z.string().max(256).optional(),
  address: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .optional(),
  type: z.string().max(32).optional(),
  include_tx: z.enum(['true', 'false']).optional(),
  chain_id: z.string().max(32).optional(),
});

type EventQuery = z.infer<typeof eventQuerySchema>;

/** Parses the query and `Last-Event-ID`, which a reconnecting browser sends by itself and which wins over the query. */
export function parseEventQuery(url: URL, lastEventId: string | null): readonly TopicRequest[] {
  const parsed = eventQuerySchema.safeParse(Object.fromEntries(url.searchParams));
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      pointer: `/query/${issue.path.join('/')}`,
      detail: issue.message,
    }));
    throw new ApiError('REQUEST_INVALID', 'the query of /events does not match its schema', { errors });
  }
  const topics = parseTopics(parsed.data.topics);
  const cursors = parseEventId(lastEventId ?? parsed.data.cursor ?? '', topics);
  return topics.map((topic) => topicRequest(topic, parsed.data, cursors.get(topic)));
}

function parseTopics(text: string): readonly Topic[] {
  const names = [...new Set(text.split(','))];
  return names.map((name) => {
    const topic = TOPICS.find((known) => known === name);
    if (topic === undefined)
      throw new ApiError('TOPIC_UNKNOWN', `no topic ${name}; there are ${TOPICS.join(', ')}`);
    return topic;
  });
}

function topicRequest(topic: Topic, query: EventQuery, cursor: string | undefined): TopicRequest {
  const filter: SubscriptionFilter = {
    ...(query.address !== undefined && topic !== 'new_blocks' && topic !== 'consensus_events'
      ? { address: query.address }
      : {}),
    ...(query.type !== undefined && topic === 'new_transactions' ? { type: query.type } : {}),
    ...(query.include_tx === 'true' && topic === 'new_blocks' ? { include_tx: true } : {}),
  };
  if (cursor !== undefined) return { topic, filter, cursor };
  return query.from_height === undefined
    ? { topic, filter }
    : { topic, filter, from_height: Number(query.from_height) };
}

/** The id of an event: the cursor of every topic of the stream, so that any event is a place to resume from. */
export function formatEventId(cursors: ReadonlyMap<Topic, string>): string {
  return [...cursors].map(([topic, cursor]) => `${topic}=${cursor}`).join(',');
}

/** Inverse of {@link formatEventId}; empty = from the start of the request. A plain cursor fits a single topic. */
export function parseEventId(text: string, topics: readonly Topic[]): ReadonlyMap<Topic, string> {
  const cursors = new Map<Topic, string>();
  if (text === '') return cursors;
  const [only] = topics;
  const parts =
    !text.includes('=') && only !== undefined && topics.length === 1 ? [`${only}=${text}`] : text.split(',');
  for (const part of parts) {
    const [name = '', cursor = ''] = part.split('=');
    const topic = TOPICS.find((known) => known === name);
    if (topic === undefined || decodeCursor(cursor) === null) {
      throw new ApiError('CURSOR_INVALID', 'Last-Event-ID is not an id of this stream');
    }
    if (topics.includes(topic)) cursors.set(topic, cursor);
  }
  return cursors;
}

/** @module A socket client without the SDK: it keeps every frame and acknowledges only when told. */
import type { EventFrame, ServerFrame, SubscribedFrame } from '../../../shared/api/frames.ts';
import { until } from '../../support/devnet.ts';

/** A connected client. */
export interface RawClient {
  readonly frames: ServerFrame[];
  /** Code of the close, once it came. */
  readonly closed: { code: number | null };
  send(frame: unknown): void;
  /** Subscribes and gives the answer. */
  subscribe(members: object): Promise<SubscribedFrame>;
  /** Events so far. */
  events(): EventFrame[];
  until(what: string, done: () => boolean, ms?: number): Promise<void>;
  close(): void;
}

/** Connects and waits for the hello. */
export async function connect(url: string): Promise<RawClient> {
  const socket = new WebSocket(url);
  const frames: ServerFrame[] = [];
  const closed: { code: number | null } = { code: null };
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data)) as ServerFrame));
  socket.addEventListener('close', ({ code }) => {
    closed.code = code;
  });
  let ids = 0;
  const client: RawClient = {
    frames,
    closed,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    async subscribe(members) {
      ids += 1;
      const id = ids;
      client.send({ id, type: 'subscribe', ...members });
      const find = () =>
        frames.find((frame) => (frame.type === 'subscribed' || frame.type === 'error') && frame.id === id);
      await client.until('an answer to subscribe', () => find() !== undefined);
      const answer = find();
      if (answer?.type !== 'subscribed') throw new Error(JSON.stringify(answer));
      return answer;
    },
    events: () => frames.filter((frame): frame is EventFrame => frame.type === 'event'),
    until: (what, done, ms = 15_000) =>
      until(what, done, ms).catch((error: unknown) => {
        throw new Error(`${String(error)}; last frames: ${JSON.stringify(frames.slice(-3))}, ${closed.code}`);
      }),
    close: () => socket.close(),
  };
  await client.until('a hello', () => frames.length > 0 || closed.code !== null);
  return client;
}

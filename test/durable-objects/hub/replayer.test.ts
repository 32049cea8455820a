/** @module Replays under way: retries with named pauses, and who waits for room goes on in order. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubBlock } from '../../../durable-objects/hub/block-source.ts';
import { CREDIT_BYTES_MIN, SOURCE_RETRY_MS } from '../../../durable-objects/hub/limits.ts';
import { Pace } from '../../../durable-objects/hub/pace.ts';
import { Replayer } from '../../../durable-objects/hub/replayer.ts';
import { NEW_SOCKET, SocketStates } from '../../../durable-objects/hub/socket-state.ts';
import { newSubscription, onAck } from '../../../durable-objects/hub/subscription.ts';
import { type FakeSocket, fakeSocket } from './fake-socket.ts';

const HEAD = 2;
/** More than a subscription may always have. */
const EVENT_BYTES = 2 * CREDIT_BYTES_MIN;

let sockets: FakeSocket[];
let states: SocketStates;
let room: number;
let ended: { sub: string; code: string }[];
let givenUp: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  sockets = [];
  states = new SocketStates(() => sockets);
  room = 0;
  ended = [];
  givenUp = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function aBlock(height: number): HubBlock {
  return { height, bytes: 1, select: () => [0], data: () => `"${'x'.repeat(EVENT_BYTES)}"` };
}

const all = async (from: number) => [1, 2].filter((height) => height >= from).map(aBlock);

function aReplayer(read: (from: number) => Promise<readonly HubBlock[] | null> = all): Replayer {
  return new Replayer({
    source: { read },
    states,
    pace: new Pace(),
    head: () => HEAD,
    now: () => ({ ms: 0, room: room - states.totals.bytes }),
    end: (socket, sub, code) => {
      ended.push({ sub, code });
      states.drop(socket, sub);
    },
    giveUp: (_socket, error) => givenUp.push(error),
  });
}

/** A socket with one subscription that replays from height 1. */
function replaying(): FakeSocket {
  const socket = fakeSocket();
  const asked = { sub: 's1', topic: 'new_blocks', filter: {}, credit: 10 } as const;
  const subscription = newSubscription({ ...asked, next: { height: 1, index: 0 }, mode: 'replay' });
  sockets.push(socket);
  states.write(socket, { ...NEW_SOCKET, subscriptions: [subscription] });
  return socket;
}

function types(socket: FakeSocket): string[] {
  return socket.sent.map((frame) => (JSON.parse(frame) as { type: string }).type);
}

function acknowledge(socket: FakeSocket): void {
  const subscription = states.find(socket, 's1');
  const acked = subscription === undefined ? null : onAck(subscription, subscription.seq);
  if (acked === null) throw new Error('nothing to acknowledge');
  states.put(socket, acked);
}

describe('a replay', () => {
  it('ends its subscription alone with REPLAY_HORIZON where no source has the height', async () => {
    const socket = replaying();
    await aReplayer(async () => null).run(socket);
    expect(ended).toEqual([{ sub: 's1', code: 'REPLAY_HORIZON' }]);
    expect(socket.closed.code).toBeNull();
    expect(givenUp).toEqual([]);
  });

  it('asks again after each pause of the limit, and is given up by the failure after the last', async () => {
    room = 1_000_000;
    let failures = SOURCE_RETRY_MS.length;
    const attempts: number[] = [];
    const read = async (from: number) => {
      attempts.push(from);
      failures -= 1;
      if (failures >= 0) throw new Error('no answer');
      return all(from);
    };
    const socket = replaying();
    const running = aReplayer(read).run(socket);
    for (const pauseMs of SOURCE_RETRY_MS) {
      const before = attempts.length;
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      expect(attempts).toHaveLength(before === 0 ? 1 : before);
      await vi.advanceTimersByTimeAsync(1);
    }
    await running;
    expect(types(socket)).toEqual(['event', 'event', 'caught_up']);
    expect(givenUp).toEqual([]);

    failures = SOURCE_RETRY_MS.length + 1;
    const unlucky = replaying();
    const second = aReplayer(read).run(unlucky);
    await vi.runAllTimersAsync();
    await second;
    expect(givenUp).toEqual([new Error('no answer')]);
    expect(unlucky.sent).toEqual([]);
  });

  it('waits for room and goes on in the order of waiting, as far as the room goes', async () => {
    const replayer = aReplayer();
    const [first, second] = [replaying(), replaying()];
    for (const socket of sockets) await replayer.run(socket);
    expect([types(first), types(second)]).toEqual([[], []]);
    // One event fits, a share of what is left does not hold another.
    room = 1.5 * EVENT_BYTES;
    await replayer.roomCame();
    expect([types(first), types(second)]).toEqual([['event', 'credit'], []]);
    await replayer.roomCame();
    expect(types(second)).toEqual([]);
    acknowledge(first);
    await replayer.roomCame();
    expect([types(first), types(second)]).toEqual([
      ['event', 'credit'],
      ['event', 'credit'],
    ]);
  });
});

/** @module What sockets have under way, in sum: also of ended subscriptions and of sockets that do not go away. */
import { beforeEach, describe, expect, it } from 'vitest';
import { NEW_SOCKET, SocketStates } from '../../../durable-objects/hub/socket-state.ts';
import { newSubscription, onAck, type Subscription } from '../../../durable-objects/hub/subscription.ts';
import { type FakeSocket, fakeSocket } from './fake-socket.ts';

let sockets: FakeSocket[];
let states: SocketStates;

beforeEach(() => {
  sockets = [fakeSocket(), fakeSocket()];
  states = new SocketStates(() => sockets);
});

function socketAt(index: number): FakeSocket {
  const socket = sockets[index];
  if (socket === undefined) throw new Error(`no socket ${index}`);
  return socket;
}

function sending(sub: string, seq: number, bytes: number): Subscription {
  const asked = { sub, topic: 'new_blocks', filter: {}, credit: 100 } as const;
  return { ...newSubscription({ ...asked, next: { height: 1, index: 0 }, mode: 'live' }), seq, bytes };
}

function subscribe(socket: FakeSocket, ...subscriptions: Subscription[]): void {
  states.write(socket, { ...NEW_SOCKET, subscriptions });
}

describe('the states of all sockets', () => {
  it('are summed up by each write as by a count of what is attached', () => {
    expect(states.totals).toEqual({ subscriptions: 0, bytes: 0 });
    subscribe(socketAt(0), sending('s1', 3, 300), sending('s2', 1, 50));
    subscribe(socketAt(1), sending('s1', 2, 200));
    states.put(socketAt(1), sending('s1', 4, 700));
    expect(states.totals).toEqual({ subscriptions: 3, bytes: 1_050 });
    const later = new SocketStates(() => sockets);
    expect(later.totals).toEqual(states.totals);
    expect(later.read(socketAt(0))).toEqual(states.read(socketAt(0)));
    states.recount();
    expect(states.totals).toEqual({ subscriptions: 3, bytes: 1_050 });
  });

  it('keep the bytes of a socket that was closed, until it is gone', () => {
    subscribe(socketAt(0), sending('s1', 3, 300));
    subscribe(socketAt(1), sending('s1', 1, 100));
    states.end(socketAt(0), 4408, 'lagged');
    expect(socketAt(0).closed.code).toBe(4408);
    expect(states.read(socketAt(0)).subscriptions).toEqual([]);
    expect(states.totals).toEqual({ subscriptions: 1, bytes: 400 });
    expect(new SocketStates(() => sockets).totals).toEqual({ subscriptions: 1, bytes: 400 });
    states.gone(socketAt(0));
    states.gone(socketAt(0));
    expect(states.totals).toEqual({ subscriptions: 1, bytes: 100 });
  });

  it('keep the bytes of an ended subscription until an event that was sent after its end is acknowledged', () => {
    const [socket] = [socketAt(0)];
    subscribe(socket, sending('s1', 3, 300), sending('s2', 5, 500));
    states.drop(socket, 's1');
    expect(states.totals).toEqual({ subscriptions: 1, bytes: 800 });
    const ack = (sub: string, seq: number) => {
      const subscription = states.find(socket, sub);
      const acked = subscription === undefined ? null : onAck(subscription, seq);
      if (acked === null) throw new Error('never sent');
      states.put(socket, acked);
    };
    ack('s2', 5);
    expect(states.totals.bytes).toBe(300);
    const two = states.find(socket, 's2');
    if (two === undefined) throw new Error('no s2');
    states.put(socket, { ...two, seq: 6, bytes: 100 });
    expect(states.totals.bytes).toBe(400);
    ack('s2', 6);
    expect(states.totals.bytes).toBe(0);
  });

  it('owe nothing more once a subscription that came later has acknowledged its first event', () => {
    const socket = socketAt(0);
    subscribe(socket, sending('s1', 3, 300));
    states.drop(socket, 's1');
    states.drop(socket, 's1');
    const state = states.read(socket);
    expect(state.owed).toBe(300);
    states.write(socket, { ...state, subscriptions: [{ ...sending('s2', 1, 50), acked: 1, bytes: 0 }] });
    states.put(socket, { ...sending('s2', 1, 0), acked: 1 });
    expect(states.totals.bytes).toBe(0);
  });
});

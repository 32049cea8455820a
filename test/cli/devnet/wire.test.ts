/** @module The wires between nodes: what passes, what a cut keeps back, and what happens when it ends. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Wires } from '../../../cli/devnet/wire.ts';
import { until } from '../../support/devnet.ts';

/** A cut keeps back; this long is enough to see that nothing came. */
const SILENCE_MS = 200;

interface Peer {
  readonly port: number;
  readonly server: Server;
  readonly received: string[];
  readonly sockets: Socket[];
}

const peers = new Map<string, Peer>();
const clients: Socket[] = [];
let wires: Wires;

/** A server that notes what it gets and answers with the same. */
async function echo(): Promise<Peer> {
  const [received, sockets]: [string[], Socket[]] = [[], []];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (data) => {
      received.push(String(data));
      socket.write(data);
    });
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server, received, sockets };
}

function dial(from: string, to: string): { socket: Socket; got: () => string; closed: () => boolean } {
  const socket = connect(Number(new URL(wires.url(from, to)).port), '127.0.0.1');
  clients.push(socket);
  let text = '';
  let closed = false;
  socket.on('data', (data) => (text += String(data)));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  return { socket, got: () => text, closed: () => closed };
}

const peer = (name: string): Peer => {
  const found = peers.get(name);
  if (found === undefined) throw new Error(`no peer ${name}`);
  return found;
};
const silence = () => new Promise((resolve) => setTimeout(resolve, SILENCE_MS));

beforeEach(async () => {
  for (const name of ['a', 'b', 'c']) peers.set(name, await echo());
  wires = new Wires(new Map([...peers].map(([name, { port }]) => [name, port])));
  await wires.listen();
});
afterEach(() => {
  wires.close();
  for (const socket of clients.splice(0)) socket.destroy();
  for (const { server, sockets } of peers.values()) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('bytes pass in both directions, and the end of one side reaches the other', async () => {
  const { socket, got, closed } = dial('a', 'b');
  socket.write('hello');
  await until('the echo', () => got() === 'hello');
  expect(peer('b').received).toEqual(['hello']);
  socket.end();
  await until('the end', closed);
});

test('a cut keeps back what is sent on open connections in both directions, and a heal delivers it', async () => {
  const { socket, got, closed } = dial('a', 'b');
  socket.write('1');
  await until('the echo', () => got() === '1');
  wires.cut('b');
  expect(wires.isCut('b')).toBe(true);
  socket.write('2');
  peer('b').sockets[0]?.write('3');
  await silence();
  expect([peer('b').received, got(), closed()]).toEqual([['1'], '1', false]);
  wires.heal('b');
  await until('what waited', () => got() === '132');
  expect(peer('b').received).toEqual(['1', '2']);
});

test('a connection made during a cut reaches nobody before the heal', async () => {
  wires.cut('a');
  const { socket, got, closed } = dial('a', 'b');
  socket.write('late');
  await silence();
  expect([peer('b').sockets.length, closed()]).toEqual([0, false]);
  wires.heal('a');
  await until('the echo', () => got() === 'late');
});

test('a cut keeps back the news that the other side is gone', async () => {
  const { socket, got, closed } = dial('a', 'b');
  socket.write('1');
  await until('the echo', () => got() === '1');
  wires.cut('b');
  peer('b').sockets[0]?.resetAndDestroy();
  await silence();
  expect(closed()).toBe(false);
  wires.heal('b');
  await until('the news', closed);
});

test('a cut of one node leaves the others joined, and each of two that are cut off stays so until its own heal', async () => {
  wires.cut('a');
  wires.cut('b');
  const between = dial('a', 'b');
  const others = dial('c', 'b');
  between.socket.write('x');
  others.socket.write('y');
  wires.heal('a');
  await silence();
  expect(peer('b').received).toEqual([]);
  const free = dial('a', 'c');
  free.socket.write('z');
  await until('the echo', () => free.got() === 'z');
  wires.heal('b');
  await until('both echoes', () => between.got() === 'x' && others.got() === 'y');
});

test('nobody listens at the other end: the connection ends', async () => {
  peer('b').server.close();
  await once(peer('b').server, 'close');
  const { closed } = dial('a', 'b');
  await until('the end', closed);
});

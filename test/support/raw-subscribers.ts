/**
 * @module Subscribers that never read: bare TCP connections on which an upgrade and a subscribe are written, and whose
 * answers stay where the kernel or the server keeps them. Nothing here drains them by itself.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { until } from './devnet.ts';

/** Connections that are opened at once. */
const CONNECTING = 50;
const TEXT_FRAME = 0x81;
const CLOSE_FRAME = 0x88;
const MASKED = 0x80;
/** A length that is written as two bytes, and as eight. */
const LENGTH_2 = 126;
const LENGTH_8 = 127;
const HEAD_END = '\r\n\r\n';
const ANSWER_MS_MAX = 30_000;

/** What a subscriber that reads at last finds: texts as JSON, and the code of the close. */
export interface Received {
  readonly frames: readonly { readonly type: string; readonly [member: string]: unknown }[];
  readonly closeCode: number | null;
}

export class RawSubscribers {
  readonly #sockets: Socket[] = [];
  readonly #url: URL;

  private constructor(url: URL) {
    this.#url = url;
  }

  /** Opens `count` sockets at `url` (ws://) and waits until each was greeted. */
  static async open(url: string, count: number): Promise<RawSubscribers> {
    const subscribers = new RawSubscribers(new URL(url));
    for (let opened = 0; opened < count; opened += CONNECTING) {
      const some = Math.min(CONNECTING, count - opened);
      await Promise.all(Array.from({ length: some }, () => subscribers.#open()));
    }
    await subscribers.#untilMore('greetings', 0);
    return subscribers;
  }

  /** Writes a frame on each, and waits until each was answered. */
  async send(frame: object): Promise<void> {
    const greeting = Math.max(...(await this.unread()));
    for (const socket of this.#sockets) socket.write(maskedText(JSON.stringify(frame)));
    await this.#untilMore('answers', greeting);
  }

  /** Bytes that the kernel has received for each of them. */
  async unread(): Promise<number[]> {
    return (await this.#queues()).map(({ received }) => received);
  }

  /** Bytes that the kernel holds for each of them, at both ends of its connection. */
  async held(): Promise<number[]> {
    return (await this.#queues()).map(({ received, unsent }) => received + unsent);
  }

  /** One of them reads all that it was sent, to the close. */
  async read(index: number): Promise<Received> {
    const socket = this.#sockets[index];
    if (socket === undefined) throw new Error(`no subscriber ${index}`);
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
    });
    socket.resume();
    await until('the close', () => parseFrames(bytes).closeCode !== null);
    return parseFrames(bytes);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What waits at the two ends of each connection. Bytes on their way between both count at both. */
  async #queues(): Promise<{ received: number; unsent: number }[]> {
    const queues = new Map(this.#sockets.map(({ localPort }) => [localPort, { received: 0, unsent: 0 }]));
    const server = Number(this.#url.port);
    const lines = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n').slice(1);
    for (const line of lines) {
      const [, local = '', remote = '', , bytes = ''] = line.trim().split(/\s+/);
      const [here, there] = [portOf(local), portOf(remote)];
      const [toSend = 0, toRead = 0] = bytes.split(':').map((digits) => Number.parseInt(digits, 16));
      const ours = queues.get(here === server ? there : here);
      if (ours === undefined) continue;
      if (there === server) ours.received = toRead;
      if (here === server) ours.unsent = toSend;
    }
    return [...queues.values()];
  }

  /** Waits until the kernel has received more than so many bytes for each. */
  async #untilMore(what: string, bytes: number): Promise<void> {
    let unread: readonly number[] = [];
    const done = async () => {
      unread = await this.unread();
      return unread.every((held) => held > bytes);
    };
    await until(`the ${what}`, done, ANSWER_MS_MAX).catch((error: Error) => {
      throw new Error(`${error.message}: the least has ${Math.min(...unread)} bytes`);
    });
  }

  #open(): Promise<void> {
    const { hostname, port, pathname, host } = this.#url;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) });
      // Before it is connected: a socket that is paused then is never read from.
      socket.pause();
      socket.once('error', reject);
      socket.once('connect', () => {
        const key = randomBytes(16).toString('base64');
        const head = [
          `GET ${pathname} HTTP/1.1`,
          `Host: ${host}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${key}`,
        ];
        socket.write(`${head.join('\r\n')}${HEAD_END}`);
        resolve();
      });
      this.#sockets.push(socket);
    });
  }
}

/** Port of an address in /proc/net/tcp. */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

/** A text frame as a client has to send it. At most 65,535 bytes. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const isShort = payload.length < LENGTH_2;
  const head = isShort ? [TEXT_FRAME, MASKED | payload.length] : [TEXT_FRAME, MASKED | LENGTH_2];
  const length = Buffer.alloc(isShort ? 0 : 2);
  if (!isShort) length.writeUInt16BE(payload.length);
  const masked = Buffer.from(payload.map((byte: number, at: number) => byte ^ (mask[at % mask.length] ?? 0)));
  return Buffer.concat([Buffer.from(head), length, mask, masked]);
}

/** Whole frames of a server, after the head of its HTTP answer. */
function parseFrames(bytes: Buffer): Received {
  const frames: Received['frames'][number][] = [];
  let at = bytes.indexOf(HEAD_END) + HEAD_END.length;
  if (at < HEAD_END.length) return { frames, closeCode: null };
  while (at + 2 <= bytes.length) {
    const kind = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const start = at + 2 + (short === LENGTH_2 ? 2 : short === LENGTH_8 ? 8 : 0);
    if (start > bytes.length) break;
    const length =
      short === LENGTH_2
        ? bytes.readUInt16BE(at + 2)
        : short === LENGTH_8
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short;
    if (start + length > bytes.length) break;
    const payload = bytes.subarray(start, start + length);
    if (kind === CLOSE_FRAME) return { frames, closeCode: payload.readUInt16BE(0) };
    frames.push(JSON.parse(payload.toString('utf8')) as Received['frames'][number]);
    at = start + length;
  }
  return { frames, closeCode: null };
}

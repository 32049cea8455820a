/**
 * @module A subscriber on a bare TCP connection. Thousands of them share one process and the machine with the node that is
 * measured, so each does no more than find the end of a frame and note the time; a library's WebSocket costs several times
 * what the node spends on it. It acknowledges as the SDK does: at a quarter of its credit and whenever the node tells it
 * another one.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const TEXT_FRAME = 0x81;
const MASKED = 0x80;
/** A length that is written as two bytes, and as eight. */
const LENGTH_2 = 126;
const LENGTH_8 = 127;
const HEAD_END = '\r\n\r\n';
/** The type of a frame is among its first members. */
const TYPE_WITHIN = 64;

/** One subscription to `new_blocks`. */
export class BlockSubscriber {
  readonly #socket: Socket;
  readonly #onSubscribed: () => void;
  readonly #onFailed: (error: Error) => void;
  #received: Buffer = Buffer.alloc(0);
  #isUpgraded = false;
  #onEvent: (atMs: number) => void = () => undefined;
  #creditBytes = Number.POSITIVE_INFINITY;
  #unacked = 0;
  #seq = 0;

  private constructor(socket: Socket, onSubscribed: () => void, onFailed: (error: Error) => void) {
    this.#socket = socket;
    this.#onSubscribed = onSubscribed;
    this.#onFailed = onFailed;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => onFailed(error));
  }

  /** Connects, upgrades and subscribes; resolves when the node has said so. `url` is of http. */
  static open(url: URL): Promise<BlockSubscriber> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      const subscriber = new BlockSubscriber(socket, () => resolve(subscriber), reject);
      socket.once('close', () => reject(new Error('the node closed the connection of a subscriber')));
      const head = [
        `GET ${url.pathname} HTTP/1.1`,
        `Host: ${url.host}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ];
      socket.write(`${head.join('\r\n')}${HEAD_END}`);
    });
  }

  /** When the next event has come whole, by `performance.now()`. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#onEvent = resolve;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (!this.#isUpgraded) this.#upgrade();
    if (this.#isUpgraded)
      for (let frame = this.#frame(); frame !== null; frame = this.#frame()) this.#see(frame);
  }

  #upgrade(): void {
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#onFailed(new Error(`a subscriber was refused: ${head}`));
      return;
    }
    this.#received = this.#received.subarray(end + HEAD_END.length);
    this.#isUpgraded = true;
    this.#socket.write(maskedText(JSON.stringify({ id: 1, type: 'subscribe', topic: 'new_blocks' })));
  }

  /** The payload of the first frame once it is whole. */
  #frame(): Buffer | null {
    const bytes = this.#received;
    if (bytes.length < 2) return null;
    const short = bytes.readUInt8(1);
    const start = short === LENGTH_2 ? 4 : short === LENGTH_8 ? 10 : 2;
    if (bytes.length < start) return null;
    const length =
      short === LENGTH_2
        ? bytes.readUInt16BE(2)
        : short === LENGTH_8
          ? Number(bytes.readBigUInt64BE(2))
          : short;
    if (bytes.length < start + length) return null;
    this.#received = bytes.subarray(start + length);
    return bytes.subarray(start, start + length);
  }

  #see(frame: Buffer): void {
    const text = frame.toString('latin1', 0, TYPE_WITHIN);
    if (text.includes('"type":"event"')) {
      this.#onEvent(performance.now());
      this.#took(Number(/"seq":(\d+)/.exec(text)?.[1]), frame.length);
    } else if (text.includes('"type":"subscribed"') || text.includes('"type":"credit"')) {
      this.#creditBytes = (JSON.parse(frame.toString()) as { credit: { bytes: number } }).credit.bytes;
      this.#onSubscribed();
      this.#acknowledge();
    } else if (!text.includes('"type":"hello"') && !text.includes('"type":"caught_up"')) {
      this.#onFailed(new Error(`a subscriber was told ${frame.toString()}`));
    }
  }

  #took(seq: number, bytes: number): void {
    this.#seq = seq;
    this.#unacked += bytes;
    if (this.#unacked * 4 >= this.#creditBytes) this.#acknowledge();
  }

  #acknowledge(): void {
    if (this.#unacked === 0) return;
    this.#unacked = 0;
    this.#socket.write(maskedText(JSON.stringify({ type: 'ack', sub: 's1', seq: this.#seq })));
  }
}

/** A text frame of fewer than 126 bytes, as a client has to send it. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte: number, at: number) => byte ^ (mask[at % mask.length] as number));
  return Buffer.concat([Buffer.from([TEXT_FRAME, MASKED | payload.length]), mask, masked]);
}

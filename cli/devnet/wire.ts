/**
 * @module The wires between the nodes of a devnet: one TCP relay for each ordered pair, so that a node can be cut off. A
 * cut loses and tells nothing: bytes wait where they are, connections stay open and silent, as on a network whose link
 * is down.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Connections of one wire, also those that wait for the end of a cut. More are refused. */
const CONNECTIONS_MAX = 64;
const LOOPBACK = '127.0.0.1';

/** A connection that goes through a wire. */
class Relay {
  readonly #near: Socket;
  readonly #port: number;
  readonly #onEnd: () => void;
  #far: Socket | null = null;
  #flows = false;
  #broken = false;

  constructor(near: Socket, port: number, onEnd: () => void) {
    this.#near = near;
    this.#port = port;
    this.#onEnd = onEnd;
    this.#watch(near);
  }

  /** Lets bytes through. The first time, this is when the other end is called. */
  flow(): void {
    if (this.#flows) return;
    this.#flows = true;
    if (this.#broken) {
      this.end();
      return;
    }
    this.#far ??= this.#watch(
      connect({ host: LOOPBACK, port: this.#port, allowHalfOpen: true, noDelay: true }),
    );
    this.#near.pipe(this.#far);
    this.#far.pipe(this.#near);
  }

  /** Keeps bytes back, and the news that one side is gone. */
  hold(): void {
    this.#flows = false;
    if (this.#far === null) return;
    this.#near.unpipe(this.#far);
    this.#far.unpipe(this.#near);
  }

  end(): void {
    this.#near.destroy();
    this.#far?.destroy();
    this.#onEnd();
  }

  #watch(socket: Socket): Socket {
    // What goes wrong on one side is told to the other by closing it; there is nobody else to tell.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#broken = true;
      if (this.#flows) this.end();
    });
    return socket;
  }
}

/** One direction between two nodes. */
class Wire {
  readonly #server: Server;
  readonly #relays = new Set<Relay>();
  #isCut = false;

  constructor(port: number) {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
      const relay: Relay = new Relay(socket, port, () => this.#relays.delete(relay));
      this.#relays.add(relay);
      if (!this.#isCut) relay.flow();
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, LOOPBACK, resolve);
    });
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a wire that does not listen');
    return `http://${LOOPBACK}:${address.port}`;
  }

  set isCut(isCut: boolean) {
    if (isCut === this.#isCut) return;
    this.#isCut = isCut;
    for (const relay of [...this.#relays]) {
      if (isCut) relay.hold();
      else relay.flow();
    }
  }

  close(): void {
    this.#server.close();
    for (const relay of [...this.#relays]) relay.end();
  }
}

/** All wires of a devnet. */
export class Wires {
  readonly #wires = new Map<string, Wire>();
  readonly #names: readonly string[];
  readonly #cut = new Set<string>();

  constructor(ports: ReadonlyMap<string, number>) {
    this.#names = [...ports.keys()];
    for (const from of this.#names)
      for (const [to, port] of ports) if (from !== to) this.#wires.set(`${from}>${to}`, new Wire(port));
  }

  /** Starts to listen. Close it also when this fails. */
  async listen(): Promise<void> {
    await Promise.all([...this.#wires.values()].map((wire) => wire.listen()));
  }

  /** Where `from` reaches `to`. */
  url(from: string, to: string): string {
    return this.#wire(from, to).url;
  }

  isCut(name: string): boolean {
    return this.#cut.has(name);
  }

  /** Between this node and all others nothing passes in either direction, until it is healed. */
  cut(name: string): void {
    this.#cut.add(name);
    this.#apply(name);
  }

  /** What waited passes now. Nodes that are still cut off stay so. */
  heal(name: string): void {
    this.#cut.delete(name);
    this.#apply(name);
  }

  close(): void {
    for (const wire of this.#wires.values()) wire.close();
  }

  #apply(name: string): void {
    for (const other of this.#names) {
      if (other === name) continue;
      const isCut = this.#cut.has(name) || this.#cut.has(other);
      this.#wire(name, other).isCut = isCut;
      this.#wire(other, name).isCut = isCut;
    }
  }

  #wire(from: string, to: string): Wire {
    const wire = this.#wires.get(`${from}>${to}`);
    if (wire === undefined) throw new Error(`no wire from ${from} to ${to}`);
    return wire;
  }
}

/**
 * @module Probes around the real objects, at each point where a test lets them die. How they die is the entry's choice.
 * The isolate outlives an aborted object, so the doors are shared by its lives.
 */
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import type { CrashPointName } from './crash-points.ts';

/** Begins what a Worker says when it is struck; no deployed bundle contains it. */
export const DEATH_NOTE = 'test: died at';

type Method = (...args: unknown[]) => unknown;
type Commit = 'admission' | 'block';

export class CrashDoors {
  readonly #strike: (point: CrashPointName) => void;
  #storage: DurableObjectStorage | null = null;
  #armed: CrashPointName | null = null;
  #fired = 0;
  /** While a commit that is to be cut once it is durable is on its way to the disk: never settles, nothing leaves. */
  #shut: Promise<never> | null = null;

  /** `strike` ends the object or the whole process and is called once per arming. */
  constructor(strike: (point: CrashPointName) => void) {
    this.#strike = strike;
  }

  /** How often the armed point was reached, 0 or 1. */
  get fired(): number {
    return this.#fired;
  }

  /** The next time that this point is reached is the end. */
  arm(point: CrashPointName): void {
    this.#armed = point;
    this.#fired = 0;
  }

  /** Strikes within the running turn: what the turn has written is not on disk. */
  reach(point: CrashPointName): void {
    if (this.#armed !== point) return;
    this.#armed = null;
    this.#shut = null; // for the next life; what waits in this one waits for ever
    this.#fired += 1;
    this.#strike(point);
  }

  /** Strikes once everything that was written so far is on disk, as the platform holds back what leaves an object. */
  async pass(point: CrashPointName): Promise<void> {
    if (this.#shut !== null) await this.#shut;
    if (this.#armed !== point) return;
    await this.#storage?.sync();
    this.reach(point);
  }

  /** The bindings through which a chain's object calls the registry and the hubs. */
  stubs({ NODE, HUB }: Pick<Bindings, 'NODE' | 'HUB'>): Pick<Bindings, 'NODE' | 'HUB'> {
    const cut = (namespace: DurableObjectNamespace, method: string, name: 'node' | 'hub') =>
      this.around(
        namespace,
        method,
        () => this.pass(`${name}-before`),
        () => this.reach(`${name}-after`),
      );
    return { NODE: cut(NODE, 'pushSnapshot', 'node'), HUB: cut(HUB, 'publish', 'hub') };
  }

  /** Stubs of this namespace call the doors before a method is sent and after it was answered. */
  around(
    namespace: DurableObjectNamespace,
    method: string,
    before: () => void | Promise<void>,
    after: () => void | Promise<void>,
  ): DurableObjectNamespace {
    return withMethod(
      namespace,
      'get',
      (get) => (id) =>
        withMethod(get(id) as DurableObjectStub, method, (call) => async (...args) => {
          await before();
          const answer = await call(...args);
          await after();
          return answer;
        }),
    );
  }

  /** Requests of this isolate that write blocks into the ledger. */
  watchLedger(): void {
    const realFetch = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      const isWrite =
        request.method === 'POST' && (await request.clone().text()).includes('insert into blocks');
      if (isWrite) await this.pass('ledger-before');
      const response = await realFetch(request);
      if (isWrite) this.reach('ledger-after');
      return response;
    };
  }

  /** A SQLite transaction that adds to the mempool is an admission, one that adds a block makes a block. */
  watchCommits(storage: DurableObjectStorage): void {
    this.#storage = storage;
    const real = storage.transactionSync.bind(storage);
    Object.defineProperty(storage, 'transactionSync', {
      value: <T>(turn: () => T): T => {
        let kind: Commit | null = null;
        const result = real(() => {
          const before = topRows(storage);
          const value = turn();
          kind = addedTo(before, topRows(storage));
          if (kind !== null) this.reach(`${kind}-before-commit`);
          return value;
        });
        if (kind !== null) this.#committed(kind, storage);
        return result;
      },
    });
  }

  #committed(kind: Commit, storage: DurableObjectStorage): void {
    this.reach(`${kind}-after-commit`);
    if (this.#armed !== `${kind}-durable`) return;
    this.#shut = new Promise(() => undefined);
    void storage.sync().then(() => this.reach(`${kind}-durable`));
  }
}

interface TopRows {
  readonly block: number;
  readonly admission: number;
}

function topRows({ sql }: DurableObjectStorage): TopRows {
  const made = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'blocks'").toArray().length > 0;
  if (!made) return { block: 0, admission: 0 };
  const top =
    'SELECT (SELECT max(height) FROM blocks) AS block, (SELECT max(sequence) FROM mempool) AS admission';
  const { block, admission } = sql.exec(top).one();
  return { block: Number(block), admission: Number(admission) };
}

function addedTo(before: TopRows, after: TopRows): Commit | null {
  if (after.block > before.block) return 'block';
  return after.admission > before.admission ? 'admission' : null;
}

/** The same object with one of its methods replaced; the others keep their `this`. */
function withMethod<T extends object>(target: T, method: string, replace: (real: Method) => Method): T {
  return new Proxy(target, {
    get(real, name) {
      const value = Reflect.get(real, name) as unknown;
      if (typeof value !== 'function') return value;
      const call: Method = (...args) => (real as Record<PropertyKey, Method>)[name]?.(...args);
      return name === method ? replace(call) : call;
    },
  });
}

/**
 * @module A Worker with the real objects and no routes, for tests that call object methods directly. The chain object has
 * doors of its own here: looking inside, and dying at a named point of its work. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { jsVerifier } from '../../shared/protocol/crypto/verifier.ts';
import type { CrashPoint } from './crash-points.ts';
import { runVectors, type SignatureVector } from './ed25519-vectors.ts';

export { HubObject } from '../../durable-objects/hub/hub-object.ts';
export { NodeObject } from '../../durable-objects/node/node-object.ts';

export default {
  /**
   * `POST /vectors` decides signature vectors with both verifiers of this runtime.
   * `/inspect/CHAIN` looks inside over plain HTTP: a stub held by a test would keep the object in memory.
   */
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const [, door, chainId] = new URL(request.url).pathname.split('/');
    if (door === 'vectors') return Response.json(decideVectors(await request.json()));
    if (door !== 'inspect' || chainId === undefined) return new Response('ok');
    const stub = env.CHAIN.get(env.CHAIN.idFromName(chainId)) as unknown as Pick<ChainObject, 'inspect'>;
    return Response.json(await stub.inspect());
  },
};

function decideVectors(vectors: SignatureVector[]): Record<string, string[]> {
  return { native: runVectors(nativeVerifier, vectors), javascript: runVectors(jsVerifier, vectors) };
}

/** The isolate outlives an aborted object, so this is shared by its lives. One point fires once. */
const faults: { armed: CrashPoint | null; fired: number; die: (point: CrashPoint) => void } = {
  armed: null,
  fired: 0,
  die: () => undefined,
};

function reach(point: CrashPoint): void {
  if (faults.armed !== point) return;
  faults.armed = null;
  faults.fired += 1;
  faults.die(point);
}

/** Calls of a stub's method die before they are sent or after they were answered. */
function dying(namespace: DurableObjectNamespace, method: string, before: CrashPoint, after: CrashPoint) {
  const wrapStub = (stub: DurableObjectStub): DurableObjectStub =>
    new Proxy(stub, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== method) return typeof value === 'function' ? value.bind(target) : value;
        return async (...args: unknown[]) => {
          reach(before);
          const answer = await (target as unknown as Record<string, (...a: unknown[]) => Promise<unknown>>)[
            method
          ]?.(...args);
          reach(after);
          return answer;
        };
      },
    });
  return new Proxy(namespace, {
    get(target, name) {
      if (name === 'get') return (id: DurableObjectId) => wrapStub(target.get(id));
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const isWrite = request.method === 'POST' && (await request.clone().text()).includes('insert into blocks');
  if (isWrite) reach('ledger-before');
  const response = await realFetch(request);
  if (isWrite) reach('ledger-after');
  return response;
};

export class ChainObject extends RealChainObject {
  readonly #bootId = crypto.randomUUID();
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, {
      ...env,
      NODE: dying(env.NODE, 'pushSnapshot', 'node-before', 'node-after'),
      HUB: dying(env.HUB, 'publish', 'hub-before', 'hub-after'),
    });
    this.#ctx = ctx;
    this.#watchTransactions();
    faults.die = (point) => ctx.abort(`test: died at ${point}`);
  }

  override async submit(
    ...args: Parameters<RealChainObject['submit']>
  ): ReturnType<RealChainObject['submit']> {
    reach('submit');
    const answer = await super.submit(...args);
    reach('answer');
    return answer;
  }

  async arm(point: CrashPoint): Promise<void> {
    faults.armed = point;
    faults.fired = 0;
  }

  /** What no client can see: which life this is, and what is armed. */
  async inspect(): Promise<{
    boot_id: string;
    alarm_ms: number | null;
    fired: number;
    database_bytes: number;
  }> {
    return {
      boot_id: this.#bootId,
      alarm_ms: await this.#ctx.storage.getAlarm(),
      fired: faults.fired,
      database_bytes: this.#ctx.storage.sql.databaseSize,
    };
  }

  /** Rows of a table, for tests that count. */
  async count(table: string): Promise<number> {
    return Number(this.#ctx.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n);
  }

  /** A transaction that writes the mempool is an admission, one that writes blocks makes a block. */
  #watchTransactions(): void {
    const { storage } = this.#ctx;
    const real = storage.transactionSync.bind(storage);
    const head = () => {
      const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'blocks'").toArray().length > 0;
      return made ? Number(storage.sql.exec('SELECT coalesce(max(height), 0) AS n FROM blocks').one().n) : 0;
    };
    Object.defineProperty(storage, 'transactionSync', {
      value: <T>(turn: () => T): T => {
        let kind: 'admission' | 'block' = 'admission';
        const result = real(() => {
          const before = head();
          const value = turn();
          kind = head() > before ? 'block' : 'admission';
          reach(`${kind}-before-commit`);
          return value;
        });
        reach(`${kind}-after-commit`);
        return result;
      },
    });
  }
}

/**
 * @module A Worker with the real objects and no routes, for tests that call object methods directly. The chain object has
 * doors of its own here: looking inside, and dying at a named point of its work. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { jsVerifier } from '../../shared/protocol/crypto/verifier.ts';
import { CrashDoors, DEATH_NOTE } from './crash-doors.ts';
import type { CrashPointName } from './crash-points.ts';
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

let living: DurableObjectState | null = null;
const doors = new CrashDoors((point) => living?.abort(`${DEATH_NOTE} ${point}`));
doors.watchLedger();

export class ChainObject extends RealChainObject {
  readonly #bootId = crypto.randomUUID();
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, {
      ...env,
      ...doors.stubs(env),
    });
    this.#ctx = ctx;
    living = ctx;
    doors.watchCommits(ctx.storage);
  }

  override async submit(
    ...args: Parameters<RealChainObject['submit']>
  ): ReturnType<RealChainObject['submit']> {
    doors.reach('submit');
    const answer = await super.submit(...args);
    await doors.pass('answer');
    return answer;
  }

  async arm(point: CrashPointName): Promise<void> {
    doors.arm(point);
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
      fired: doors.fired,
      database_bytes: this.#ctx.storage.sql.databaseSize,
    };
  }

  /** Rows of a table, for tests that count. */
  async count(table: string): Promise<number> {
    return Number(this.#ctx.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n);
  }
}

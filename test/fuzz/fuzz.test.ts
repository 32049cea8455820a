/** @module Mutated requests: each gets a documented problem or the answer of a read, and nothing changes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isProblemCode, PROBLEMS, type ProblemCode } from '../../shared/api/problems.ts';
import type { RouteSpec } from '../../shared/api/route-spec.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { until } from '../support/devnet.ts';
import { digestAtRest, digestNode } from '../support/node-digest.ts';
import { seeded } from '../support/seeded.ts';
import { getJson } from '../support/stranger.ts';
import { mutateJson } from './mutate.ts';
import { type FuzzNode, startFuzzNode } from './node.ts';
import { type FuzzRequest, REFUSALS } from './refusals.ts';
import { mutatedCall, mutatedJsonRpc } from './requests.ts';

const REQUESTS = 10_000;
const EACH_CODE = 24;
const CODE_MIN = 20;
const AT_ONCE = 16;
const HANG_MS = 20_000;
const FRAMES = 400;
const PASSING_SHARE = 0.3;

/** Envelopes age while the requests wait for their turn. */
const SIGNED =
  'needs a request that a node has signed this moment: test/durable-objects/node/attacks.test.ts';
const EVIDENCE = 'needs signatures of validators; test/workers has a request for each';
const BLOCKS = 'needs final blocks of another node; test/workers/import-block.test.ts has them';
/** Documented codes that no request to this node can meet, and why. */
const ELSEWHERE: Readonly<Partial<Record<ProblemCode, string>>> = {
  TX_TOO_LARGE: 'the members of every type together are smaller; only peers send bytes of a larger one',
  LEDGER_BEHIND: 'needs a ledger that is far behind',
  CHAIN_FULL: 'needs a chain whose storage is nearly full',
  LEDGER_REBUILD_REFUSED: 'needs an object that has dropped blocks',
  LEDGER_NONE: 'needs a node without a ledger',
  CHAIN_LIMIT: 'needs a thousand chains',
  EVIDENCE_MALFORMED: EVIDENCE,
  EVIDENCE_FALSE: EVIDENCE,
  EVIDENCE_FROM_FUTURE: EVIDENCE,
  EVIDENCE_TOO_OLD: EVIDENCE,
  EVIDENCE_NOT_A_VALIDATOR: EVIDENCE,
  EVIDENCE_KNOWN: EVIDENCE,
  EVIDENCE_TOMBSTONED: EVIDENCE,
  EVIDENCE_POOL_FULL: EVIDENCE,
  SIGNING_KEY_NONE: 'needs a node without a validator key',
  SIGNING_MARK_BELOW: 'needs the order of an administrator that moves a mark',
  SIGNING_MARK_TOO_FAR: 'needs the order of an administrator that moves a mark',
  BLOCK_INVALID: BLOCKS,
  BLOCK_CONFLICT: BLOCKS,
  BLOCK_GAP: BLOCKS,
  CHAIN_HALTED: 'needs a chain that has diverged',
  SNAPSHOT_INVALID: 'needs a chain without blocks',
  SNAPSHOT_REFUSED: 'needs the order of an administrator to import',
  NETWORK_DISABLED: 'needs a node without an address',
  PEER_UNREACHABLE: 'needs the order of an administrator to call somebody',
  PEER_UNKNOWN: SIGNED,
  PEER_BANNED: SIGNED,
  PEER_INCOMPATIBLE: SIGNED,
  PEER_RECORD_INVALID: SIGNED,
  PEER_RECORD_STALE: SIGNED,
  PEER_ADDRESS_REFUSED: SIGNED,
  PEERS_FULL: SIGNED,
  NOTICE_INVALID: SIGNED,
  RATE_LIMITED: SIGNED,
};
/** Codes of the outer checks: the request did not reach its handler. */
const OUTER = new Set<string>([
  'REQUEST_INVALID',
  'JSON_INVALID',
  'CONTENT_TYPE_UNSUPPORTED',
  'BODY_TOO_LARGE',
  'ROUTE_UNKNOWN',
  'METHOD_NOT_ALLOWED',
]);
/** Inputs that once broke something, with the code that each gets for ever. */
const FIXED: readonly (FuzzRequest & { readonly expected: ProblemCode })[] = [
  // An unknown param whose own `toString` is no function was turned into text: INTERNAL.
  ...['get_head', 'get_info', 'get_blocks', 'get_chains'].map((method) => ({
    name: 'fixed/params with toString',
    method: 'POST',
    path: '/rpc',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { extra: { toString: 1 } } }),
    expected: 'REQUEST_INVALID' as const,
  })),
];
/** Refusals for a moment, which a node under load may give to any submission. */
const MOMENTARY = new Set<string>(['CHAIN_OVERLOADED']);

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly json: unknown;
}

let fuzz: FuzzNode;

beforeAll(async () => {
  fuzz = await startFuzzNode();
}, 120_000);
afterAll(() => fuzz?.node.stop());

async function ask({ method, path, headers, body }: FuzzRequest): Promise<Reply> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(new Error('no answer: it hangs')), HANG_MS);
  try {
    const init = { method, headers: { ...headers }, redirect: 'manual' as const, signal: end.signal };
    const response = await fetch(fuzz.url + path, body === undefined ? init : { ...init, body });
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream')) {
      await response.body?.cancel();
      return { status: response.status, type, json: null };
    }
    const text = await response.text();
    return {
      status: response.status,
      type,
      json: type.includes('json') ? (JSON.parse(text) as unknown) : null,
    };
  } finally {
    clearTimeout(timer);
  }
}

interface ProblemLike {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly type: string;
}

/** Problems anywhere in an answer: the answer itself, results of a list, errors of JSON-RPC. */
function problemsIn({ status, json }: Reply): ProblemLike[] {
  if (status >= 400) return [json as ProblemLike];
  const replies = Array.isArray(json) ? json : [json];
  return replies.flatMap((reply: unknown) => {
    const { error, results = [] } = (reply ?? {}) as {
      error?: { data?: ProblemLike };
      results?: { error?: ProblemLike }[];
    };
    const inner = results.flatMap(({ error: problem }) => (problem === undefined ? [] : [problem]));
    return typeof error?.data === 'object' ? [error.data, ...inner] : inner;
  });
}

/** Why an answer is not one that the documents allow, or null. */
function faultOf(request: FuzzRequest, reply: Reply): string | null {
  const problems = problemsIn(reply);
  for (const problem of problems) {
    if (!isProblemCode(problem?.code)) return `no documented problem: ${JSON.stringify(reply.json)}`;
    if (problem.code === 'INTERNAL') return 'INTERNAL';
    if (problem.status !== PROBLEMS[problem.code].status) return `status of ${problem.code}`;
    if (problem.type !== `/problems/${problem.code}`) return `type of ${problem.code}`;
  }
  const [first] = problems;
  if (reply.status >= 400) {
    if (!reply.type.startsWith('application/problem+json')) return `${reply.status} as ${reply.type}`;
    if (first?.status !== reply.status) return `HTTP ${reply.status} with a problem of ${first?.status}`;
    if (reply.status >= 500 && first.code !== request.expected && !MOMENTARY.has(first.code))
      return `HTTP ${reply.status} ${first.code}`;
  }
  const codes = problems.map(({ code }) => code);
  if (request.expected !== undefined && !codes.includes(request.expected)) {
    return codes.some((code) => MOMENTARY.has(code))
      ? null
      : `expected ${request.expected}, got ${reply.status} ${JSON.stringify(reply.json).slice(0, 300)}`;
  }
  if (JSON.stringify(reply.json ?? null).includes('"code":-32603')) return 'JSON-RPC internal error';
  const isSubmit = request.name === 'send_tx' || request.name === 'create_chain';
  if (isSubmit && reply.status < 400) return `accepted: ${JSON.stringify(reply.json).slice(0, 300)}`;
  return null;
}

const show = ({ method, path, headers, body }: FuzzRequest): string =>
  `${method} ${path.slice(0, 200)} ${JSON.stringify(headers)} ${
    body === undefined
      ? ''
      : Buffer.from(body as string)
          .toString('latin1')
          .slice(0, 500)
  }`;

function planRequests(seedText: string): FuzzRequest[] {
  const random = seeded(seedText);
  console.log(`fuzz: seed ${random.seed}`);
  const sure = Object.values(REFUSALS).flatMap((make) =>
    Array.from({ length: EACH_CODE }, () => make(fuzz, random)),
  );
  const makers = Object.values(REFUSALS).filter((make) => make !== REFUSALS.MIN_HEIGHT);
  const others = Array.from({ length: REQUESTS - sure.length }, () => {
    const way = random.integer(1, 10);
    if (way <= 3) return random.pick(makers)(fuzz, random);
    return way <= 8 ? mutatedCall(fuzz, random) : mutatedJsonRpc(fuzz, random);
  });
  return [...sure, ...others]
    .map((request) => ({ request, order: random.unit() }))
    .sort((a, b) => a.order - b.order)
    .map(({ request }) => request);
}

async function askAll(requests: readonly FuzzRequest[]) {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  let passed = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const reply = await ask(request).catch((error: Error) => error);
      const fault =
        reply instanceof Error ? `${reply.message} ${String(reply.cause ?? '')}` : faultOf(request, reply);
      if (fault !== null) faults.push(`${fault} <- ${show(request)}`);
      if (reply instanceof Error) continue;
      const codes = problemsIn(reply).map(({ code }) => code);
      for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
      if (codes.length === 0) counts.set('(answered)', (counts.get('(answered)') ?? 0) + 1);
      if (!codes.some((code) => OUTER.has(code))) passed += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { counts, faults, passed };
}

const digest = () => digestNode(fuzz.node.persistDir, fuzz.node.ledger?.primary);
const atRest = () => digestAtRest(fuzz.node.persistDir, fuzz.node.ledger?.primary);
const views = async () => ({
  heads: await Promise.all(
    ['fuzz', 'full'].map((chain) => getJson(`${fuzz.url}/chains/${chain}/rpc/get_head`)),
  ),
  pools: await Promise.all(
    ['fuzz', 'full'].map((chain) => getJson(`${fuzz.url}/chains/${chain}/rpc/mempool?limit=100`)),
  ),
});

describe('the node under mutated requests', () => {
  test.each(FIXED)('$name gets $expected', async (request) => {
    const reply = await ask(request);
    expect(faultOf(request, reply)).toBeNull();
  });

  test(`${REQUESTS} requests get documented answers and change no state, no pool and no row`, async () => {
    await touchHub();
    const before = { rows: await atRest(), views: await views() };
    const requests = planRequests('atoll fuzz 1');
    expect(requests).toHaveLength(REQUESTS);
    const { counts, faults, passed } = await askAll(requests);
    console.table(Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))));
    console.log(
      `fuzz: ${((100 * passed) / REQUESTS).toFixed(1)} % passed the outer schema, ${faults.length} faults`,
    );
    expect(faults.slice(0, 12)).toEqual([]);
    expect(passed / REQUESTS).toBeGreaterThanOrEqual(PASSING_SHARE);

    const documented = new Set((ROUTES as readonly RouteSpec[]).flatMap(({ problems }) => problems));
    const rare = [...documented, ...(Object.keys(REFUSALS) as ProblemCode[])].filter(
      (code) => ELSEWHERE[code] === undefined && (counts.get(code) ?? 0) < CODE_MIN,
    );
    expect(rare).toEqual([]);
    const asked = new Set(requests.map(({ name }) => name));
    expect(ROUTES.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
    await expectUnchanged(before);
  }, 240_000);

  test(`${FRAMES} mutated frames get an error frame or a subscription, and change no row`, async () => {
    await touchHub();
    const before = { rows: await atRest(), views: await views() };
    const random = seeded('atoll frames 1');
    const valid = [
      { id: 1, type: 'subscribe', topic: 'new_blocks', filter: { include_tx: true }, from_height: 2 },
      {
        id: 2,
        type: 'subscribe',
        topic: 'new_transactions',
        filter: { address: fuzz.wallets[0]?.address },
        credit: 5,
      },
      { id: 3, type: 'subscribe', topic: 'messages', cursor: '2.0' },
      { id: 4, type: 'unsubscribe', sub: 's1' },
      { type: 'ack', sub: 's1', seq: 0 },
    ];
    const codes = new Map<string, number>();
    for (let sent = 0; sent < FRAMES; ) {
      const socket = new WebSocket(fuzz.node.wsUrl);
      const frames: { type: string; error?: ProblemLike }[] = [];
      const closed = new Promise<number>((resolve) =>
        socket.addEventListener('close', ({ code }) => resolve(code)),
      );
      socket.addEventListener('message', ({ data }) =>
        frames.push(JSON.parse(String(data)) as { type: string }),
      );
      await until('the hello', () => frames.length > 0);
      for (let left = 20; left > 0 && socket.readyState === WebSocket.OPEN; left -= 1, sent += 1) {
        const frame = mutateJson(random.pick(valid), random);
        socket.send(random.integer(1, 8) === 1 ? String(frame) : (JSON.stringify(frame) ?? ''));
      }
      socket.send('ping');
      const code = await Promise.race([closed, untilHeartbeat(frames)]);
      expect([0, 1000, 4400], `close code ${code}`).toContain(code);
      for (const { type, error } of frames) {
        expect(['hello', 'error', 'subscribed', 'unsubscribed', 'event', 'caught_up', 'heartbeat']).toContain(
          type,
        );
        if (error === undefined) continue;
        expect(isProblemCode(error.code) && error.code !== 'INTERNAL', JSON.stringify(error)).toBe(true);
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
      socket.close();
      await closed;
    }
    console.table(Object.fromEntries(codes));
    expect(codes.get('FRAME_INVALID')).toBeGreaterThan(CODE_MIN);
    await expectUnchanged(before);
  }, 120_000);
});

async function untilHeartbeat(frames: readonly { type: string }[]): Promise<0> {
  await until('the heartbeat', () => frames.some(({ type }) => type === 'heartbeat'));
  return 0;
}

/** The first socket ever makes the hub's one row; from then on it stays. */
async function touchHub(): Promise<void> {
  const socket = new WebSocket(fuzz.node.wsUrl);
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
  const frames: string[] = [];
  socket.addEventListener('message', ({ data }) => frames.push(String(data)));
  await until('the hello', () => frames.length > 0);
  socket.send(JSON.stringify({ id: 1, type: 'subscribe', topic: 'new_blocks' }));
  await until('the subscription', () => frames.length > 1);
  socket.close();
  await closed;
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // until the chain has let go of the hub
}

async function expectUnchanged(before: { rows: unknown; views: unknown }): Promise<void> {
  // Streams and sockets that were just closed are let go of a moment later.
  await until(
    'the same rows',
    async () => JSON.stringify(await digest()) === JSON.stringify(before.rows),
    5_000,
  ).catch(() => undefined);
  expect({ rows: await digest(), views: await views() }).toEqual(before);
}

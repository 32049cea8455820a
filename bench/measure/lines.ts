/** @module The measurements in order, each with its budget. Atoll and anvil take turns, so that both meet the same machine. */
import type { LoadGenerator } from '../load/load.ts';
import type { Anvil } from '../peers/anvil.ts';
import type { Atoll } from '../peers/atoll.ts';
import { ethereumAccount } from '../peers/ethereum-transfer.ts';
import type { Line } from '../report.ts';
import { BATCH_LANES, PER_REQUEST, SENDERS, type Sizes } from '../sizes.ts';
import { median, percentile } from '../statistics.ts';
import { chainStarts } from './chain-start.ts';
import { fanOut } from './fan-out.ts';
import { anvilLatency, atollLatency, LATENCY_BLOCK_TIME_MS } from './latency.ts';
import { rowsPerTransfer } from './rows.ts';
import { type CatchUp, catchUp, signedChain } from './sync.ts';
import { AnvilLoad, AtollLoad, emptyHandler, type Shape } from './throughput.ts';

/** Accounts whose leaves fit into two pages of the state tree. */
const FEW_ACCOUNTS = 10;

/** What all measurements share. */
export interface Run {
  readonly sizes: Sizes;
  readonly samples: Record<string, readonly number[]>;
  readonly note: (line: string) => void;
}

/** Final transfers per second, batched and one by one, and an empty handler beside them. */
export async function throughputLines(
  run: Run,
  generator: LoadGenerator,
  atoll: Atoll,
  anvil: Anvil,
): Promise<Line[]> {
  const accounts = Array.from({ length: SENDERS }, (_, i) => ethereumAccount(i));
  await anvil.fund(accounts);
  const loads = { atoll: new AtollLoad(atoll), anvil: new AnvilLoad(anvil, accounts) };
  const batched = { lanes: BATCH_LANES, perLane: run.sizes.batched, perRequest: PER_REQUEST };
  const single = { lanes: SENDERS, perLane: run.sizes.single, perRequest: 1 };
  const big = await turns(run, generator, loads, batched, 'batched');
  const small = await turns(run, generator, loads, single, 'single');
  const empty: number[] = [];
  for (let i = 0; i < run.sizes.rounds; i++)
    empty.push(await emptyHandler(generator, `${atoll.url}/livez`, SENDERS));
  run.samples.empty_handler = empty;
  return [
    {
      what: `final transfers, ${PER_REQUEST} per request, ${BATCH_LANES} connections`,
      unit: '/s',
      ...big,
      budget: '1.0 x anvil',
      met: big.atoll >= big.anvil,
      note: 'until readable in libSQL, on anvil as a receipt; --block-time 1, gas limit off (it would cap anvil at 1,428 a block)',
    },
    {
      what: `final transfers, 1 per request, ${SENDERS} connections`,
      unit: '/s',
      ...small,
      budget: '0.7 x anvil',
      met: small.atoll >= 0.7 * small.anvil,
    },
    { what: `empty handler (GET /livez), ${SENDERS} connections`, unit: '/s', atoll: median(empty) },
  ];
}

async function turns(
  run: Run,
  generator: LoadGenerator,
  loads: { atoll: AtollLoad; anvil: AnvilLoad },
  shape: Shape,
  name: string,
): Promise<{ atoll: number; anvil: number }> {
  const finals: { atoll: number[]; anvil: number[] } = { atoll: [], anvil: [] };
  // One short round first: both start cold, and neither is used that way.
  const warmUp = { ...shape, perLane: Math.max(shape.perRequest, Math.floor(shape.perLane / 5)) };
  for (const load of Object.values(loads)) await load.round(generator, warmUp);
  for (let i = 1; i <= run.sizes.rounds; i++) {
    for (const peer of ['anvil', 'atoll'] as const) {
      const { final, answered } = await loads[peer].round(generator, shape);
      finals[peer].push(final);
      run.note(
        `${name}, round ${i}, ${peer}: ${Math.round(final)}/s final, ${Math.round(answered)}/s answered`,
      );
    }
  }
  run.samples[`${name}_atoll`] = finals.atoll;
  run.samples[`${name}_anvil`] = finals.anvil;
  return { atoll: median(finals.atoll), anvil: median(finals.anvil) };
}

/** Send to final on an idle chain. */
export async function latencyLines(run: Run, atoll: Atoll, automine: Anvil): Promise<Line[]> {
  const { latencySamples } = run.sizes;
  run.note(`latency, ${latencySamples} samples each`);
  const ours = await atollLatency(atoll, latencySamples);
  const theirs = await anvilLatency(automine, latencySamples);
  run.samples.latency_atoll_ms = ours;
  run.samples.latency_anvil_ms = theirs;
  const line = (name: string, share: number, budgetMs: number): Line => ({
    what: `send to final, idle chain, ${name}`,
    unit: 'ms',
    atoll: percentile(ours, share),
    anvil: percentile(theirs, share),
    budget: `${budgetMs} ms`,
    met: percentile(ours, share) <= budgetMs,
  });
  const note = `anvil here makes a block for each transaction (no --block-time); Atoll's chain has a block time of ${LATENCY_BLOCK_TIME_MS} ms and is idle between two sends`;
  return [{ ...line('p50', 0.5, 20), note }, line('p99', 0.99, 60)];
}

/** From POST /chains to a final block. */
export async function chainStartLines(run: Run, atoll: Atoll): Promise<Line[]> {
  run.note(`${run.sizes.chains} chains`);
  const times = await chainStarts(atoll, run.sizes.chains);
  run.samples.chain_start_ms = times;
  const what = 'chain started by API to first final block';
  const p95 = percentile(times, 0.95);
  return [
    { what: `${what}, p50`, unit: 'ms', atoll: percentile(times, 0.5) },
    { what: `${what}, p95`, unit: 'ms', atoll: p95, budget: '1,000 ms', met: p95 <= 1_000 },
  ];
}

/** A block to all sockets of one hub. */
export async function fanOutLines(run: Run, atoll: Atoll): Promise<Line[]> {
  const { sockets, fanOutBlocks } = run.sizes;
  run.note(`fan-out to ${sockets} sockets`);
  const times = await fanOut(atoll, sockets, fanOutBlocks);
  run.samples.fan_out_ms = times.map((ms) => Math.round(ms));
  const what = `block to ${sockets} sockets of one hub`;
  const note = 'from sending its only transfer, so with making the block';
  const p99 = percentile(times, 0.99);
  return [
    { what: `${what}, p50`, unit: 'ms', atoll: percentile(times, 0.5), note },
    {
      what: `${what}, p99`,
      unit: 'ms',
      atoll: p99,
      ...(sockets >= 5_000 ? { budget: '500 ms', met: p99 <= 500 } : {}),
    },
  ];
}

/** Rows written per transfer of a full block. */
export async function rowLines(run: Run): Promise<Line[]> {
  const { rowTransfers, manyAccounts } = run.sizes;
  const lines: Line[] = [];
  for (const [accounts, budget] of [
    [FEW_ACCOUNTS, 8],
    [manyAccounts, 12],
  ] as const) {
    run.note(`rows per transfer among ${accounts} accounts`);
    const { object, ledger } = await rowsPerTransfer(accounts, rowTransfers);
    const name = accounts.toLocaleString('en-US');
    lines.push({
      what: `rows written per transfer among ${name} accounts`,
      unit: '',
      atoll: object + ledger,
      budget: `${budget}`,
      met: object + ledger <= budget,
      note: `object ${object.toFixed(2)}, libSQL ${ledger.toFixed(2)}, index rows counted; ${rowTransfers} transfers at random in one block`,
    });
  }
  return lines;
}

/** A node that was away takes what it missed: every signature of a transaction and every root verified. */
export async function syncLines(run: Run): Promise<Line[]> {
  const { syncBlocks, syncFullBlocks, rowTransfers, manyAccounts } = run.sizes;
  run.note(`a chain of ${syncBlocks} blocks of one transfer`);
  const small = signedChain(syncBlocks, 1, FEW_ACCOUNTS);
  const plain = await catchUp(small);
  const audited = await catchUp(small, { SYNC_AUDIT: 'true' });
  run.samples.sync_blocks_per_second = [plain.blocksPerSecond];
  run.samples.sync_audited_blocks_per_second = [audited.blocksPerSecond];
  const name = syncBlocks.toLocaleString('en-US');
  const origin =
    'from another node on this machine, with the creation of the chain; four validators, no ledger';
  const seed = 'AITBC, a comparable system, says about 50 blocks/s of itself, without executing them again';
  const lines: Line[] = [
    {
      what: `catching up with ${name} blocks of 1 transfer`,
      unit: 'blocks/s',
      atoll: plain.blocksPerSecond,
      budget: '1,000 blocks/s',
      met: plain.blocksPerSecond >= 1_000,
      note: `${origin}; ${processorNote(plain, syncBlocks, 'blocks')}. ${seed}`,
    },
    {
      what: 'the same with every certificate checked (SYNC_AUDIT)',
      unit: 'blocks/s',
      atoll: audited.blocksPerSecond,
      note: processorNote(audited, syncBlocks, 'blocks'),
    },
  ];
  for (const accounts of [FEW_ACCOUNTS, manyAccounts]) {
    run.note(`a chain of ${syncFullBlocks} blocks of ${rowTransfers} transfers among ${accounts} accounts`);
    const full = await catchUp(signedChain(syncFullBlocks, rowTransfers, accounts));
    run.samples[`sync_transactions_per_second_${accounts}_accounts`] = [full.transactionsPerSecond];
    lines.push({
      what: `catching up with ${syncFullBlocks} full blocks, ${accounts.toLocaleString('en-US')} accounts`,
      unit: 'transfers/s',
      atoll: full.transactionsPerSecond,
      budget: '5,000 transfers/s',
      met: full.transactionsPerSecond >= 5_000,
      note: `${rowTransfers} transfers a block; ${processorNote(full, syncFullBlocks * rowTransfers, 'transfers')}`,
    });
  }
  return lines;
}

/** One object is one thread: what it takes of one core says what is reached where nothing else runs. */
function processorNote({ processorSeconds }: CatchUp, count: number, unit: string): string {
  if (processorSeconds === null) return 'the processor time of the node is not known here';
  const rate = Math.round(count / processorSeconds).toLocaleString('en-US');
  return `the node took ${processorSeconds.toFixed(1)} s of processor time: ${rate} ${unit} for each second of it`;
}

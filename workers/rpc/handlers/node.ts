/** @module Routes over the node: health, probes, metrics. None of them wakes a chain. */
import type { ChainSnapshot } from '../../../shared/api/objects.ts';
import { problemSpec } from '../../../shared/api/problems.ts';
import type { HealthWire, ReadyzWire } from '../../../shared/api/schemas/node.ts';
import type { Settings } from '../../../shared/api/settings.ts';
import { VERSION } from '../../../shared/api/version.ts';
import { createLedgerClient } from '../../../shared/ledger/client-web.ts';
import { ledgerTargets } from '../../../shared/ledger/endpoints.ts';
import { EXPOSITION_TYPE, formatMetrics } from '../../../shared/observability/exposition.ts';
import { createLogger, errorText } from '../../../shared/observability/log.ts';
import type { Answer, NodeContext } from '../../context.ts';
import { nodeStub } from '../../env.ts';
import { metricFamilies } from '../metric-families.ts';
import { callObject } from '../objects.ts';
import { takeDeltas } from '../request-metrics.ts';
import { chainToWire } from './chains.ts';

/** How long the probe of the primary may take. */
export const PROBE_TIMEOUT_MS = 500;
/** Blocks that the ledger may be behind before the node is not ready. */
export const READY_LAG_BLOCKS_MAX = 100;

const log = createLogger('workers.health');

/** GET /livez: no settings, no objects, no storage. */
export function livez(): Answer {
  return { status: 200, body: { status: 'ok', success: 'pong!' } };
}

/** GET /health. */
export async function health(context: NodeContext): Promise<Answer> {
  const chains = await callObject(() => nodeStub(context.env).chains());
  const isSound = chains.every((chain) => chain.status !== 'ERROR' && chain.ledger.status !== 'behind');
  const body: HealthWire = {
    status: isSound ? 'ok' : 'degraded',
    node: context.settings.nodeName,
    version: VERSION,
    supported_chains: chains.map((chain) => chain.chain_id),
    chains: chains.map(chainToWire),
  };
  return { status: 200, body, servedBy: 'node' };
}

type Check = ReadyzWire['checks'][string];

/** GET /readyz. */
export async function readyz(context: NodeContext): Promise<Answer> {
  const [registry, primary] = await Promise.all([checkRegistry(context), probePrimary(context.settings)]);
  const checks: ReadyzWire['checks'] = { settings: { status: 'ok' }, ...registry, ...primary };
  const isReady = Object.values(checks).every((check) => check.status === 'ok');
  const body: ReadyzWire = { status: isReady ? 'ready' : 'not_ready', checks };
  return { status: isReady ? 200 : 503, body, ...(isReady ? {} : { headers: { 'retry-after': '1' } }) };
}

async function checkRegistry(context: NodeContext): Promise<Record<string, Check>> {
  try {
    const chains = await callObject(() => nodeStub(context.env).chains());
    const missing = context.settings.supportedChains.filter(
      (id) => !chains.some((chain) => chain.chain_id === id),
    );
    const failing = missing.map((id) => `${id} does not exist yet`).concat(chains.flatMap(faultsOf));
    return { node: { status: 'ok' }, chains: toCheck(failing) };
  } catch (error) {
    log.error('the node object does not answer', { function: 'checkRegistry', error: errorText(error) });
    return { node: { status: 'failing', detail: 'the node object does not answer' } };
  }
}

function faultsOf(chain: ChainSnapshot): string[] {
  const { status, error, height } = chain.ledger;
  const lag = chain.head.height - height;
  const faults: string[] = [];
  if (chain.status === 'ERROR') faults.push(`${chain.chain_id} is in state ERROR`);
  if (status === 'behind' && (error !== undefined || lag > READY_LAG_BLOCKS_MAX)) {
    faults.push(`the ledger of ${chain.chain_id} is ${lag} blocks behind`);
  }
  return faults;
}

function toCheck(faults: readonly string[]): Check {
  return faults.length === 0 ? { status: 'ok' } : { status: 'failing', detail: faults.join('; ') };
}

/** One `select 1` at the primary, on a client of its own: the readers' memory of failures must not answer for it. */
async function probePrimary(settings: Settings): Promise<Record<string, Check>> {
  const { ledger } = settings;
  if (ledger === undefined) return {};
  const primary = ledgerTargets(ledger, 'default').find((target) => target.kind === 'primary');
  const token = ledger.readToken ?? ledger.authToken;
  const client = createLedgerClient({
    url: primary?.url ?? ledger.url,
    timeoutMs: PROBE_TIMEOUT_MS,
    ...(ledger.namespaced ? { namespace: 'default' } : {}),
    ...(token === undefined ? {} : { authToken: token }),
  });
  try {
    await client.read([{ sql: 'select 1' }]);
    return { ledger: { status: 'ok' } };
  } catch (error) {
    log.warning('the ledger does not answer', { function: 'probePrimary', error: errorText(error) });
    return { ledger: { status: 'failing', detail: problemSpec('LEDGER_UNAVAILABLE').title } };
  } finally {
    client.close();
  }
}

/** GET /metrics. The request counters of this isolate go along, so that a scrape sees what was served just before it. */
export async function metrics(context: NodeContext): Promise<Answer> {
  const node = nodeStub(context.env);
  const deltas = takeDeltas();
  if (deltas !== null) await callObject(() => node.addMetrics(deltas));
  const state = await callObject(() => nodeStub(context.env).metrics());
  return { status: 200, body: formatMetrics(metricFamilies(state, context.settings)), type: EXPOSITION_TYPE };
}

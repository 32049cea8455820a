/** @module The routes for a node's administrator, by plain HTTP: the SDK is for users of a chain. */
import type { z } from 'zod';
import { NetworkError } from '../sdk/index.ts';
import type { SigningWire } from '../shared/api/schemas/consensus.ts';
import type { ChainWire, InfoWire, rebuildSchema } from '../shared/api/schemas/node.ts';
import { genesisToJson } from '../shared/protocol/genesis/document.ts';
import type { Genesis } from '../shared/protocol/genesis/genesis.ts';
import { type CliError, fromNode, toCliError } from './errors.ts';

/** Creating a chain writes a first snapshot and waits for it; a busy machine needs a while. */
const ADMIN_TIMEOUT_MS = 30_000;

type RebuildWire = z.infer<typeof rebuildSchema>;

/** Where the node is, and its ADMIN_TOKEN. */
export interface AdminTarget {
  readonly url: string;
  readonly adminToken: string;
}

/** Creates the chain on the node. Idempotent for the same genesis. @throws CliError conflict for another one. */
export async function createChain(target: AdminTarget & { genesis: Genesis }): Promise<ChainWire> {
  return await nodeRequest(target, 'POST', '/chains', genesisToJson(target.genesis));
}

/** Chains of the node. */
export async function listChains(url: string): Promise<ChainWire[]> {
  return (await nodeRequest<{ chains: ChainWire[] }>({ url }, 'GET', '/chains')).chains;
}

/** Drops the chain's ledger and has the chain fill it again from height 1. No id means the node's default chain. */
export async function rebuildLedger(
  target: AdminTarget & { chainId: string | undefined },
): Promise<RebuildWire> {
  return await nodeRequest(target, 'POST', `${await chainPath(target)}/ledger/rebuild`, {});
}

/** Has the chain's validator key sign above this position only; without a round the whole height counts as signed. */
export async function setSigningMark(
  target: AdminTarget & { chainId: string | undefined; mark: { height: number; round?: number } },
): Promise<SigningWire> {
  return await nodeRequest(target, 'POST', `${await chainPath(target)}/validator/mark`, target.mark);
}

/** Holds the chain's validator key until its mark is set. */
export async function guardSigning(
  target: AdminTarget & { chainId: string | undefined },
): Promise<SigningWire> {
  return await nodeRequest(target, 'POST', `${await chainPath(target)}/validator/guard`, {});
}

async function chainPath(target: AdminTarget & { chainId: string | undefined }): Promise<string> {
  const chainId = target.chainId ?? (await nodeRequest<InfoWire>(target, 'GET', '/rpc/info')).chain_id;
  return `/chains/${encodeURIComponent(chainId)}`;
}

/** One request of an administrator, or of anybody where no token is given. @throws CliError. */
export async function nodeRequest<T>(
  target: Partial<AdminTarget> & { url: string },
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<T> {
  const { url, adminToken } = target;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ADMIN_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw toCliError(
      new NetworkError('NETWORK_ERROR', `${method} ${url}${path}: no answer`, { cause: error }),
    );
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw failureOf(response.status, text);
}

function failureOf(status: number, text: string): CliError {
  let problem: { title?: string; detail?: string; code?: string } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    problem = { detail: text.slice(0, 300) }; // a proxy in between answers in its own words
  }
  const { detail, title, code = 'ANSWER_INVALID' } = problem;
  return fromNode(code, status, detail ?? title ?? `HTTP ${status}`);
}

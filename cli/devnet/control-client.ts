/** @module Gives orders to a devnet that runs in another process. */
import { CliError, type FailureKind } from '../errors.ts';
import type { DevnetState, NodeAction, NodeState } from './control.ts';
import { findControl } from './control-file.ts';

/** A node that is started again may have to recover first. */
const ORDER_TIMEOUT_MS = 120_000;

/** State of the devnet on a folder, or of the one that was started last. */
export async function devnetStatus(stateDir: string | undefined): Promise<DevnetState> {
  return await request<DevnetState>(stateDir, 'GET', '/status');
}

/** Gives an order; resolves once it is carried out. @throws CliError as the devnet gives it. */
export async function orderNode(
  stateDir: string | undefined,
  name: string,
  action: NodeAction,
): Promise<NodeState> {
  return await request<NodeState>(stateDir, 'POST', `/nodes/${encodeURIComponent(name)}/${action}`);
}

async function request<T>(stateDir: string | undefined, method: string, path: string): Promise<T> {
  const { url, token, pid } = await findControl(stateDir);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ORDER_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new CliError('network', `the devnet (process ${pid}) does not answer`, {
      cause: error,
      hint: 'has it ended? Start it again with "atoll devnet"',
    });
  });
  const body = (await response.json()) as T & {
    error?: { kind: FailureKind; message: string; hint?: string };
  };
  if (response.ok) return body;
  const { kind = 'runtime', message = `HTTP ${response.status}`, hint } = body.error ?? {};
  throw new CliError(kind, message, typeof hint === 'string' ? { hint } : {});
}

/** @module Routes over consensus: the open height from the chain's object, sets and commits from the ledger where it has them. */

import type { ValidatorView } from '../../../shared/api/consensus-views.ts';
import { blockSummaryToWire, timeToWire } from '../../../shared/api/convert.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import type {
  CommitWire,
  ConsensusWire,
  ValidatorListWire,
  ValidatorWire,
} from '../../../shared/api/schemas/consensus.ts';
import { PAGE_LIMIT_DEFAULT } from '../../../shared/api/schemas/scalars.ts';
import type { BlockBytes } from '../../../shared/ledger/ledger-block.ts';
import { readBlock } from '../../../shared/ledger/read-blocks.ts';
import { readValidators, type ValidatorSetRows } from '../../../shared/ledger/read-validators.ts';
import { decodeBody, encodeHeader } from '../../../shared/protocol/block/encode.ts';
import { smallestThird } from '../../../shared/protocol/state/validator-views.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { decodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import {
  type Answer,
  type ChainContext,
  chainAnswer,
  type RouteInput,
  type ServedBy,
} from '../../context.ts';
import { chainStub } from '../../env.ts';
import { awaitHeight, headSnapshot } from '../head.ts';
import { servedByLedger, tryLedger } from '../ledger.ts';
import { callResult } from '../objects.ts';
import { signingToWire } from './signing.ts';

/** GET /rpc/consensus. */
export async function getConsensus(context: ChainContext): Promise<Answer> {
  const { view, head } = await callResult(() => chainStub(context.env, context.chain.chain_id).consensus());
  const height = await awaitHeight(context, head.height);
  const body: ConsensusWire = {
    height: view.height,
    round: view.round,
    step: view.step,
    proposer: view.proposer,
    since: timeToWire(view.since_ms),
    validators_total: view.validators_total,
    voted: { prevotes: [...view.prevotes], precommits: [...view.precommits] },
    missing: [...view.missing],
    locked: view.locked,
    valid: view.valid,
    peers: [...view.peers],
    signing: signingToWire(view.signing),
  };
  return chainAnswer(body, height, 'chain');
}

interface FoundSet {
  readonly height: number;
  readonly hash: string;
  readonly validators: readonly ValidatorWire[];
  readonly others: readonly ValidatorWire[];
  readonly next: number | null;
  /** Head of the chain, or of the ledger that has answered. */
  readonly head: number;
  readonly servedBy: ServedBy;
}

/** GET /rpc/validators. */
export async function getValidators(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const limit = (query.limit as number | undefined) ?? PAGE_LIMIT_DEFAULT;
  const from = registrationOf(query.cursor as string | undefined);
  const height = query.height as number | undefined;
  const set = await findSet(context, { height, from, limit }, await signedHash(context, height));
  const { validators, others, next } = set;
  const body: ValidatorListWire = {
    height: set.height,
    validators_hash: set.hash,
    validators: [...validators],
    others: [...others],
    next_cursor: next === null ? null : String(next),
    total_power: powerOf(validators),
    nakamoto: smallestThird(
      validators.map(({ power }) => power),
      powerOf(validators),
    ),
  };
  return chainAnswer(body, set.head, set.servedBy);
}

/** What the header of a height says of its set, where the ledger has the block: a rebuilt ledger may lack old sets. */
async function signedHash(context: ChainContext, height: number | undefined): Promise<string | undefined> {
  if (height === undefined) return undefined;
  const read = await tryLedger(context, () => readBlock({ height }));
  return read?.value == null
    ? undefined
    : decodeBody(read.value.body, nodeTransactions).header.validatorsHash;
}

/** The cursor of `others` is a number of registration. */
function registrationOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^(0|[1-9]\d{0,14})$/.test(cursor))
    throw new ApiError('CURSOR_INVALID', 'the cursor is not one of ours');
  return Number(cursor);
}

/** GET /rpc/commit/{height}. */
export async function getCommit(context: ChainContext, { params }: RouteInput): Promise<Answer> {
  const height = await heightOf(context, String(params.height));
  const found = await findBlock(context, height);
  const { header, transactions } = decodeBody(found.block.body, nodeTransactions);
  const set = await findSet(context, { height }, header.validatorsHash);
  const certificate = decodeCertificate(found.block.certificate);
  const members = set.validators.map(({ consensus_key, name, power }) => ({ consensus_key, name, power }));
  const hasSigned = (_: unknown, index: number) =>
    ((certificate.bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
  const signers = members.filter(hasSigned);
  const { certificate: wire, ...summary } = blockSummaryToWire({
    hash: found.block.hash,
    header: encodeHeader(header),
    certificate: found.block.certificate,
    txCount: transactions.length,
    sizeBytes: found.block.body.length,
  });
  const body: CommitWire = {
    height,
    hash: found.block.hash,
    header: summary,
    certificate: wire as CommitWire['certificate'],
    signers,
    missing: members.filter((member, index) => !hasSigned(member, index)),
    power: powerOf(signers),
    total_power: powerOf(members),
  };
  return chainAnswer(body, found.head, found.servedBy);
}

async function heightOf(context: ChainContext, text: string): Promise<number> {
  if (text !== 'latest') return Number(text);
  return (await headSnapshot(context)).snapshot.head.height;
}

async function findBlock(
  context: ChainContext,
  height: number,
): Promise<{ block: BlockBytes; head: number; servedBy: ServedBy }> {
  const read = await tryLedger(context, () => readBlock({ height }));
  if (read?.value != null) {
    return { block: read.value, head: Math.max(read.height, height), servedBy: servedByLedger(read) };
  }
  const { blocks, head } = await callResult(() =>
    chainStub(context.env, context.chain.chain_id).blocks({ from: Math.max(1, height), limit: 1 }),
  );
  const reached = await awaitHeight(context, head.height);
  const [block] = blocks;
  if (block === undefined || block.height !== height) throw unknown(height, head.height);
  return { block, head: reached, servedBy: 'chain' };
}

/**
 * The set that signs a height: of the past from the ledger, where it is the one of the header (`hash`, if known), else from
 * the chain. Without a height it is that of the block after the head.
 */
async function findSet(
  context: ChainContext,
  asked: { height: number | undefined; from?: number; limit?: number },
  hash: string | undefined,
): Promise<FoundSet> {
  const { height, ...page } = asked;
  if (height !== undefined) {
    const read = await tryLedger(context, () => readValidators(height));
    const rows = read?.value ?? null;
    const isIt = rows !== null && (hash === undefined || rows.validatorsHash === hash);
    if (read !== null && isIt && read.height >= height) {
      return { ...setOfRows(height, rows), head: read.height, servedBy: servedByLedger(read) };
    }
  }
  const at = height === undefined ? page : { height };
  const { view, head } = await callResult(() =>
    chainStub(context.env, context.chain.chain_id).validators(at),
  );
  const reached = await awaitHeight(context, head.height);
  const { set, others, next } = view;
  if (set === null) throw unknown(height ?? 0, head.height);
  return {
    height: set.height,
    hash: set.validators_hash,
    validators: set.validators.map(validatorToWire),
    others: others.map(validatorToWire),
    next,
    head: reached,
    servedBy: 'chain',
  };
}

function setOfRows(height: number, rows: ValidatorSetRows): Omit<FoundSet, 'head' | 'servedBy'> {
  const validators = rows.validators.map(({ consensusKey, operator, name, power }) => ({
    consensus_key: consensusKey,
    operator,
    name,
    power,
    priority: null,
    status: 'active' as const,
  }));
  return { height, hash: rows.validatorsHash, validators, others: [], next: null };
}

function validatorToWire({ record, ...validator }: ValidatorView): ValidatorWire {
  if (record === undefined) return validator;
  const { stake, unpaid_rewards, jailed_until_ms, ...rest } = record;
  return {
    ...validator,
    ...rest,
    stake: stake.toString(),
    unpaid_rewards: unpaid_rewards.toString(),
    ...(jailed_until_ms === null ? {} : { jailed_until: timeToWire(jailed_until_ms) }),
  };
}

function powerOf(validators: readonly { readonly power: number }[]): number {
  return validators.reduce((sum, { power }) => sum + power, 0);
}

function unknown(height: number, head: number): ApiError {
  return new ApiError('BLOCK_UNKNOWN', `this node knows nothing of height ${height}; the head is ${head}`);
}

/**
 * @module Votes of the authorities: namespace 'authority-votes'. 'open' lists the open ones with their expiry, and under
 * CBOR([kind, subject]) stands each of them. A change takes strictly more than half of the authorities in force.
 */
import {
  bytesUpTo,
  type Codec,
  CodecError,
  choice,
  consensusKeyCodec,
  encode,
  list,
  tuple,
  uint,
} from '../codec/codec.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import { equalBytes } from '../primitives/bytes.ts';
import { VALIDATORS_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { VOTE_SUBJECT_BYTES_MAX, VOTE_VALUE_BYTES_MAX } from '../transaction/limits.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import type { AuthorityBallot, VoteStanding } from '../transaction/validator-actions.ts';
import { VOTE_KINDS, type VoteKind } from '../transaction/vote-kinds.ts';
import { EXECUTED_KINDS } from './authority-changes.ts';
import { readAuthorities } from './claims.ts';
import type { ActionScope } from './sender-actions.ts';
import { OPEN_VOTES_MAX } from './staking-limits.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';
import { validatorOf } from './validator-record.ts';

/** Namespace of the votes. */
export const AUTHORITY_VOTES_NAMESPACE = 'authority-votes';

/** What a vote is about. */
export interface VoteId {
  readonly kind: VoteKind;
  readonly subject: Uint8Array;
}

interface VoteRecord {
  readonly value: Uint8Array;
  readonly openedHeight: number;
  /** Block time from which on it is closed. */
  readonly expiresMs: number;
  /** Authorities that approve, in the order of their ballots. */
  readonly approvals: readonly ConsensusKey[];
}

/** A vote that is open. */
export interface OpenVote extends VoteId, VoteRecord {
  /** Approvals that it takes with the authorities in force now. */
  readonly required: number;
}

const idCodec: Codec<VoteId> = tuple({
  kind: choice(VOTE_KINDS),
  subject: bytesUpTo(VOTE_SUBJECT_BYTES_MAX),
});
const voteCodec: Codec<VoteRecord> = tuple({
  value: bytesUpTo(VOTE_VALUE_BYTES_MAX),
  openedHeight: uint(),
  expiresMs: uint(),
  approvals: list(consensusKeyCodec, VALIDATORS_MAX),
});
const OPEN = nameKey('open');
const open = recordKind(AUTHORITY_VOTES_NAMESPACE, list(idCodec, OPEN_VOTES_MAX));
const votes = recordKind(AUTHORITY_VOTES_NAMESPACE, voteCodec);

/** Counts the ballot of every authority that the sender operates; makes the change once enough approve. */
export function castBallot(scope: ActionScope, ballot: AuthorityBallot): VoteStanding {
  const { store, sender } = scope;
  const voices = authoritiesOf(store, sender);
  if (voices.length === 0) throw new TransactionFailure('NOT_AN_AUTHORITY');
  const change = EXECUTED_KINDS[ballot.kind];
  if (change === undefined) throw new TransactionFailure('INACTIVE');
  if (!ballot.approve) return takeBack(store, ballot, voices);
  const vote = voteOf(scope, ballot);
  const approvals = [...new Set([...vote.approvals, ...voices])];
  const standing = countApprovals(store, approvals);
  if (!standing.isPassed) {
    votes.write(store, encode(idCodec, ballot), { ...vote, approvals });
    return standing;
  }
  closeVote(store, ballot);
  change.apply(scope, ballot.subject, ballot.value);
  forgetRemovedVoices(store);
  return standing;
}

/** Every open vote, in the order of opening. */
export function openVotes(reader: StateReader): OpenVote[] {
  const required = Math.floor(readAuthorities(reader).length / 2) + 1;
  return readOpen(reader).flatMap((id) => {
    const vote = votes.read(reader, encode(idCodec, id));
    return vote === null ? [] : [{ ...id, ...vote, required }];
  });
}

/** Closes up to `limit` votes whose time is over; how many. */
export function expireVotes(store: StateStore, timeMs: number, limit: number): number {
  const due = expiredVotes(store, timeMs).slice(0, limit);
  for (const id of due) closeVote(store, id);
  return due.length;
}

/** True if the time of a vote is over. */
export function isVoteDue(reader: StateReader, timeMs: number): boolean {
  return expiredVotes(reader, timeMs).length > 0;
}

function expiredVotes(reader: StateReader, timeMs: number): VoteId[] {
  return readOpen(reader).filter((id) => {
    const vote = votes.read(reader, encode(idCodec, id));
    return vote === null || vote.expiresMs <= timeMs;
  });
}

function readOpen(reader: StateReader): readonly VoteId[] {
  return open.read(reader, OPEN) ?? [];
}

function closeVote(store: StateStore, id: VoteId): void {
  const others = readOpen(store).filter((other) => !isSameVote(other, id));
  open.write(store, OPEN, others.length === 0 ? null : others);
  votes.write(store, encode(idCodec, id), null);
}

function isSameVote(left: VoteId, right: VoteId): boolean {
  return left.kind === right.kind && equalBytes(left.subject, right.subject);
}

/** The open vote that a ballot is for, or a new one. Fails with VOTE_INVALID, VOTE_OPEN or LIMIT_REACHED. */
function voteOf({ store, block }: ActionScope, ballot: AuthorityBallot): VoteRecord {
  const { kind, subject, value } = ballot;
  const known = votes.read(store, encode(idCodec, ballot));
  if (known !== null && known.expiresMs > block.timeMs) {
    if (!equalBytes(known.value, value)) throw new TransactionFailure('VOTE_OPEN');
    return known;
  }
  if (known !== null) closeVote(store, ballot);
  if (!isPossible(store, block.params, ballot)) throw new TransactionFailure('VOTE_INVALID');
  const others = readOpen(store);
  if (others.length >= OPEN_VOTES_MAX) throw new TransactionFailure('LIMIT_REACHED');
  open.write(store, OPEN, [...others, { kind, subject }]);
  const expiresMs = block.timeMs + block.params.voteExpiryMs;
  return { value, openedHeight: block.height, expiresMs, approvals: [] };
}

function isPossible(
  store: StateStore,
  params: ActionScope['block']['params'],
  { kind, subject, value }: AuthorityBallot,
): boolean {
  try {
    return EXECUTED_KINDS[kind]?.isPossible(store, params, subject, value) ?? false;
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return false;
  }
}

function takeBack(store: StateStore, id: VoteId, voices: readonly ConsensusKey[]): VoteStanding {
  const key = encode(idCodec, id);
  const vote = votes.read(store, key);
  const approvals = vote?.approvals.filter((approval) => !voices.includes(approval)) ?? [];
  if (vote === null || approvals.length === vote.approvals.length) {
    throw new TransactionFailure('VOTE_UNKNOWN');
  }
  if (approvals.length === 0) closeVote(store, id);
  else votes.write(store, key, { ...vote, approvals });
  return { ...countApprovals(store, approvals), isPassed: false };
}

/** Only voices of authorities in force count; jailed ones are in the base. */
function countApprovals(store: StateStore, approvals: readonly ConsensusKey[]): VoteStanding {
  const authorities = readAuthorities(store);
  const count = approvals.filter((approval) => authorities.includes(approval)).length;
  return { approvals: count, authorities: authorities.length, isPassed: 2 * count > authorities.length };
}

/** Voices of who is no authority any more vanish, also for the case that it becomes one again. */
export function forgetRemovedVoices(store: StateStore): void {
  for (const id of readOpen(store)) forgetVoices(store, id);
}

function forgetVoices(store: StateStore, id: VoteId): void {
  const key = encode(idCodec, id);
  const vote = votes.read(store, key);
  if (vote === null) return;
  const authorities = readAuthorities(store);
  const approvals = vote.approvals.filter((approval) => authorities.includes(approval));
  if (approvals.length === vote.approvals.length) return;
  if (approvals.length === 0) closeVote(store, id);
  else votes.write(store, key, { ...vote, approvals });
}

function authoritiesOf(reader: StateReader, sender: Address): ConsensusKey[] {
  return readAuthorities(reader).filter((key) => validatorOf(reader, key).operator === sender);
}

/** @module Faults in the memory that keeps a key from signing twice: rows, and the mark that only rises. */
import { type Mutant, mutant, patch } from '../mutant.ts';

const LOG = 'durable-objects/chain/sign-log.ts';

export const SIGNING_MUTANTS: readonly Mutant[] = [
  mutant(
    'sign log',
    'a signature stands for any message at its position',
    patch(
      LOG,
      'if (compareBytes(new Uint8Array(stored.message), message) === 0)',
      'if (compareBytes(message, message) === 0)',
    ),
  ),
  mutant(
    'sign log',
    'a signed position is signed again',
    patch(LOG, '> (sign_mark.height, sign_mark.round,', '>= (sign_mark.height, sign_mark.round,'),
    patch(LOG, 'INSERT INTO sign_log', 'INSERT OR REPLACE INTO sign_log'),
  ),
  mutant(
    'sign log',
    'positions below the mark are signed',
    patch(LOG, '> (sign_mark.height, sign_mark.round,', '!= (sign_mark.height, sign_mark.round,'),
  ),
  mutant(
    'sign log',
    'the mark knows no rounds',
    patch(LOG, '> (sign_mark.height, sign_mark.round,', '> (sign_mark.height, 0,'),
    patch(LOG, 'INSERT INTO sign_log', 'INSERT OR REPLACE INTO sign_log'),
  ),
  mutant(
    'sign log',
    'the mark goes back',
    patch(
      LOG,
      '         WHERE (excluded.height, excluded.round, excluded.step) >',
      '         WHERE (9e15, 0, 0) >',
    ),
    patch(LOG, 'INSERT INTO sign_log', 'INSERT OR REPLACE INTO sign_log'),
  ),
  mutant(
    'sign log',
    'the rows of another key answer',
    patch(LOG, 'sign_log WHERE consensus_key = ? AND', 'sign_log WHERE consensus_key != ? AND'),
  ),
  mutant(
    'sign log',
    'young rows are dropped',
    patch(LOG, 'headHeight - SIGN_LOG_HEIGHTS', 'headHeight + SIGN_LOG_HEIGHTS'),
  ),
  mutant(
    'signature',
    'a guarded key signs',
    patch('turn.ts', ' || signer.firstRound(height) === null) return null;', ') return null;'),
  ),
  mutant(
    'signature',
    'a key signs below the round that it may',
    patch(
      'rounds.ts',
      'Math.max(wanted, context.signer?.firstRound(state.height) ?? 0)',
      'Math.max(wanted, 0)',
    ),
    patch('rounds.ts', '(context.signer?.firstRound(state.height) ?? 0) > round', 'state.height < 0'),
  ),
];

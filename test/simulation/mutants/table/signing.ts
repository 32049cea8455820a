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
    patch(LOG, '    return false;\n  }\n}', '    return true;\n  }\n}'),
    patch(LOG, 'INSERT INTO sign_log', 'INSERT OR REPLACE INTO sign_log'),
  ),
  mutant(
    'sign log',
    'positions below the mark are signed',
    patch(LOG, 'if (value !== marked) return value > marked;', 'if (value !== marked) return true;'),
  ),
  mutant(
    'sign log',
    'the mark knows no rounds',
    patch(LOG, '[mark.height, mark.round, mark.step] as const', '[mark.height, 0, mark.step] as const'),
    patch(LOG, 'INSERT INTO sign_log', 'INSERT OR REPLACE INTO sign_log'),
  ),
  mutant(
    'sign log',
    'the mark goes back',
    patch(
      LOG,
      'if (this.#isAboveMark(key, [height, round, SIGN_STEPS[step]])) this.#writeMark(key, position);',
      'if (SIGN_STEPS[step] + height + round >= 0) this.#writeMark(key, position);',
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

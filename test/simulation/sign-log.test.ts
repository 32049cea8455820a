import { describe, expect, it } from 'vitest';
import { CREATE_TABLES } from '../../durable-objects/chain/schema.ts';
import {
  DoubleSignPrevented,
  SIGN_LOG_HEIGHTS,
  SignLog,
  type SignPosition,
} from '../../durable-objects/chain/sign-log.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { MemorySql } from './sql-storage.ts';
import { aSigner } from './world.ts';

const signer = aSigner('validator 0');
const key = consensusKeyFromBytes(signer.publicKey);
const message = (text: string) => new TextEncoder().encode(text);
const at = (height: number, round: number, step: SignPosition['step']): SignPosition => ({
  height,
  round,
  step,
});

function aLog() {
  const connection = new MemorySql().connect();
  connection.exec(CREATE_TABLES);
  const log = new SignLog(connection.asStorage);
  return {
    log,
    sign: (position: SignPosition, text: string) => log.sign(key, signer, position, message(text)),
  };
}

describe('the sign log of an object', () => {
  it('gives back the stored signature of the same message, also below the mark', () => {
    const { sign } = aLog();
    const first = sign(at(3, 1, 'prevote'), 'a');
    sign(at(3, 1, 'precommit'), 'b');
    expect(sign(at(3, 1, 'prevote'), 'a')).toEqual(first);
  });

  it.each([
    ['another message for a position that was signed', at(3, 1, 'precommit')],
    ['an earlier step of the round', at(3, 1, 'proposal')],
    ['an earlier round', at(3, 0, 'precommit')],
    ['an earlier height', at(2, 9, 'precommit')],
  ])('refuses %s', (_what, position) => {
    const { sign } = aLog();
    sign(at(3, 1, 'prevote'), 'a');
    sign(at(3, 1, 'precommit'), 'b');
    expect(() => sign(position, 'c')).toThrow(DoubleSignPrevented);
  });

  it.each([
    ['a later step', at(3, 1, 'precommit')],
    ['a later round', at(3, 2, 'proposal')],
    ['a later height', at(4, 0, 'proposal')],
  ])('signs %s', (_what, position) => {
    const { sign } = aLog();
    sign(at(3, 1, 'prevote'), 'a');
    expect(sign(position, 'b')).toHaveLength(64);
  });

  it('keeps the mark of rows that were dropped', () => {
    const { log, sign } = aLog();
    sign(at(3, 1, 'prevote'), 'a');
    log.prune(3 + SIGN_LOG_HEIGHTS + 1);
    expect(() => sign(at(3, 1, 'prevote'), 'a')).toThrow(DoubleSignPrevented);
  });
});

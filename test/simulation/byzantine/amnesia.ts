/** @module Forgets its locks before every step. */
import type { MakeBehaviour } from '../behaviour.ts';

export const amnesia: MakeBehaviour = () => ({
  name: 'amnesia',
  tamper: (_node, state) => ({ ...state, locked: null, valid: null }),
});

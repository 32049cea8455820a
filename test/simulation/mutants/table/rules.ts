/** @module Faults in the rules, by their lines. */
import { type Mutant, mutant, patch } from '../mutant.ts';

export const RULE_MUTANTS: readonly Mutant[] = [
  mutant(
    'L49',
    'L49 counts prevotes',
    patch(
      'rules.ts',
      "    const row = votesOf(state.votes, round, 'precommit');\n    const sample",
      "    const row = votesOf(state.votes, round, 'prevote');\n    const sample",
    ),
  ),
  mutant(
    'L49',
    'L49 follows any precommit',
    patch(
      'rules.ts',
      '    const sample = quorumVote(state.validators, row);\n    if (sample !== null && sample.blockHash !== null)\n',
      '    const sample = row.find((vote) => vote !== null) ?? null;\n    if (sample !== null && sample.blockHash !== null)\n',
    ),
    patch('shared/protocol/votes/certificate.ts', '  requireQuorum(power, validators);\n', ''),
  ),
  mutant(
    'L55',
    'L55 follows a single validator',
    patch(
      'vote-keeper.ts',
      'if (hasThird(power, total)) return vote.round;',
      'if (power > 0 && total > 0) return vote.round;',
    ),
  ),
  mutant(
    'L55',
    'L55 follows nobody',
    patch(
      'vote-keeper.ts',
      'if (hasThird(power, total)) return vote.round;',
      'if (power > total) return vote.round;',
    ),
  ),
  mutant('L36', 'L36 does not lock', patch('rules.ts', '    state.locked = { round, hash };\n', '')),
  mutant(
    'L36',
    'L36 precommits after the prevote step, too',
    patch(
      'rules.ts',
      "  if (step === 'prevote') {\n",
      "  if (step === 'prevote' || step === 'precommit') {\n",
    ),
  ),
  mutant(
    'L36',
    'L36 follows a polka for an invalid block',
    patch(
      'rules.ts',
      'return block.valid && roundsAgree(known.proposal, block);',
      'return roundsAgree(known.proposal, block);',
    ),
    patch(
      'rules.ts',
      'block.valid && fits && isFree ? proposal.blockHash : null, null);',
      'fits && isFree ? proposal.blockHash : null, null);',
    ),
  ),
  mutant(
    'L36+',
    'L36+ moves the lock, too',
    patch(
      'rules.ts',
      '    state.valid = { round, hash: polka.blockHash };\n',
      '    state.valid = { round, hash: polka.blockHash };\n    state.locked = state.valid;\n',
    ),
  ),
  mutant(
    'L36+',
    'L36+ does not look back',
    patch(
      'rules.ts',
      'for (let round = state.round - 1; round >= lowest; round--) {',
      'for (let round = state.round - 1; round >= lowest + state.round; round--) {',
    ),
  ),
  mutant(
    'L44',
    'L44 frees the lock',
    patch(
      'rules.ts',
      "  castVote(turn, 'precommit', null, null);\n  return true;",
      "  state.locked = null;\n  castVote(turn, 'precommit', null, null);\n  return true;",
    ),
  ),
  mutant(
    'L44',
    'L44 precommits the proposal',
    patch(
      'rules.ts',
      "  castVote(turn, 'precommit', null, null);\n  return true;",
      "  castVote(turn, 'precommit', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);\n  return true;",
    ),
  ),
  mutant(
    'L28',
    'L28 forgets the lock',
    patch(
      'rules.ts',
      'const isFree = locked === null || locked.round <= polRound || locked.hash === blockHash;',
      'const isFree = locked === null || locked.round >= 0;',
    ),
  ),
  mutant(
    'L28',
    'L28 takes any polka',
    patch(
      'rules.ts',
      'polkaAt(turn, polRound)?.blockHash !== blockHash) return false;',
      'polkaAt(turn, polRound)?.blockHash === null) return false;',
    ),
  ),
  mutant(
    'L28',
    'L28 accepts only locks of earlier rounds',
    patch(
      'rules.ts',
      'locked === null || locked.round <= polRound || locked.hash === blockHash;',
      'locked === null || locked.round > polRound;',
    ),
  ),
  mutant(
    'L22',
    'L22 votes for invalid blocks',
    patch(
      'rules.ts',
      'block.valid && fits && isFree ? proposal.blockHash : null, null);',
      'fits && isFree ? proposal.blockHash : null, null);',
    ),
  ),
  mutant(
    'L22',
    'L22 forgets the lock',
    patch(
      'rules.ts',
      'const isFree = locked === null || locked.hash === proposal.blockHash;',
      'const isFree = locked === null || locked.hash !== null;',
    ),
  ),
  mutant(
    'L22',
    'L22 ignores the time of a block',
    patch(
      'rules.ts',
      'known !== undefined && isTimely(params, known, block);',
      'known !== undefined && (isTimely(params, known, block) || true);',
    ),
  ),
  mutant(
    'L22',
    'a block of the future is timely',
    patch('proposal.ts', 'block.timeMs <= receivedMs + precisionMs && block.timeMs', 'block.timeMs'),
  ),
  mutant(
    'L34',
    'L34 arms no timer',
    patch(
      'rules.ts',
      "  turn.schedule('prevote', voteTimeoutMs(state.params, state.round));\n",
      '  voteTimeoutMs(state.params, state.round);\n',
    ),
  ),
  mutant(
    'L47',
    'L47 arms no timer',
    patch(
      'rules.ts',
      "  turn.schedule('precommit', voteTimeoutMs(state.params, state.round));\n",
      '  voteTimeoutMs(state.params, state.round);\n',
    ),
  ),
  mutant(
    'L57',
    'no timer waits for a proposal',
    patch(
      'rounds.ts',
      "if (state.step === 'propose') turn.schedule('propose', proposeTimeoutMs(state.params, state.round));",
      "if (state.step === 'idle') turn.schedule('propose', proposeTimeoutMs(state.params, state.round));",
    ),
  ),
  mutant(
    'L57',
    'L57 prevotes the proposal',
    patch(
      'step.ts',
      "castVote(turn, 'prevote', null, null);",
      "castVote(turn, 'prevote', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);",
    ),
  ),
  mutant(
    'L61',
    'L61 precommits the proposal',
    patch(
      'step.ts',
      "castVote(turn, 'precommit', null, null);",
      "castVote(turn, 'precommit', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);",
    ),
  ),
  mutant(
    'L65',
    'L65 stays in its round',
    patch('step.ts', 'startRound(turn, state.round + 1);', 'startRound(turn, state.round);'),
  ),
  mutant(
    'L65',
    'L65 skips a round',
    patch('step.ts', 'startRound(turn, state.round + 1);', 'startRound(turn, state.round + 2);'),
  ),
];

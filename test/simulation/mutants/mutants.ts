/**
 * @module Faults seeded into the source of the machine, one per rule line, quorum, lock and persist boundary. Each is a
 * replacement of text that occurs once in its file.
 */

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const CONSENSUS = 'shared/protocol/consensus';

function mutant(name: string, file: string, find: string, replace: string): Mutant {
  return { name, file: file.includes('/') ? file : `${CONSENSUS}/${file}`, find, replace };
}

const QUORUM = 'shared/protocol/votes/quorum.ts';

export const MUTANTS: readonly Mutant[] = [
  // Quorums
  mutant('a quorum is more than half', QUORUM, '3 * power > 2 * total', '2 * power > total'),
  mutant('a quorum is more than a third', QUORUM, '3 * power > 2 * total', '3 * power > total'),
  mutant('a third is anyone', QUORUM, '3 * power > total;', 'power > 0 && total > 0;'),
  mutant(
    'a content counts every vote',
    'vote-keeper.ts',
    'powerOf(validators, row, (vote) => sameContent(vote, content))',
    'powerOf(validators, row, () => content !== null)',
  ),
  mutant(
    'a certificate takes every vote',
    'vote-keeper.ts',
    'vote !== null && sameContent(vote, sample));',
    'vote !== null && sample !== null);',
  ),
  // Filter
  mutant(
    'votes are not verified',
    'receive.ts',
    'if (!isVoteSigned(turn, state.validators, vote)) {',
    'if (!isVoteSigned(turn, state.validators, vote) && state.height < 0) {',
  ),
  mutant(
    'proposals are not verified',
    'receive.ts',
    'if (!context.verifier.verify(consensusKeyToBytes(key), message, signature)) {',
    'if (!context.verifier.verify(consensusKeyToBytes(key), message, signature) && round < 0) {',
  ),
  mutant(
    'polkas are not verified',
    'receive.ts',
    'if (!isPolkaValid(certificate, state.validators, context.genesisHash, context.verifier)) {',
    'if (!isPolkaValid(certificate, state.validators, context.genesisHash, context.verifier) && round < 0) {',
  ),
  mutant(
    'a polka needs no power',
    'certificates.ts',
    'if (!hasQuorum(totalPower(signers), totalPower(validators))) return false;',
    'if (!hasQuorum(totalPower(validators), totalPower(validators))) return false;',
  ),
  mutant(
    'commit certificates are not verified',
    'receive.ts',
    'if (!isCommitValid(certificate, height, validators, context.genesisHash, context.verifier)) {',
    'if (!isCommitValid(certificate, height, validators, context.genesisHash, context.verifier) && height < 0) {',
  ),
  mutant(
    'votes of any height count',
    'receive.ts',
    "if (height === state.height) return state.step !== 'decided';",
    "if (height <= state.height + 1) return state.step !== 'decided';",
  ),
  mutant(
    'a second vote replaces the first',
    'vote-keeper.ts',
    'if (standing !== null && !sameContent(standing, vote)) return { keeper, conflict: standing, added: false };',
    'if (standing !== null && !sameContent(standing, vote)) return { keeper: { rounds: withVote(keeper, vote), latest: keeper.latest }, conflict: null, added: true };',
  ),
  mutant(
    'late precommits may be for another block',
    'receive.ts',
    'vote.blockHash === commit.blockHash',
    'vote.blockHash !== undefined',
  ),
  mutant(
    'late precommits are not verified',
    'receive.ts',
    'if (isVoteSigned(turn, state.lastCommit.validators, vote)) state.lastCommit = added;',
    'state.lastCommit = added;',
  ),
  // L22, L28
  mutant(
    'L22 votes for invalid blocks',
    'rules.ts',
    'block.valid && fits && isFree ? proposal.blockHash : null, null);',
    'fits && isFree ? proposal.blockHash : null, null);',
  ),
  mutant(
    'L22 forgets the lock',
    'rules.ts',
    'const isFree = locked === null || locked.hash === proposal.blockHash;',
    'const isFree = locked === null || locked.hash !== null;',
  ),
  mutant(
    'L22 ignores the time of a block',
    'rules.ts',
    'known !== undefined && isTimely(params, known, block);',
    'known !== undefined && (isTimely(params, known, block) || true);',
  ),
  mutant(
    'a block of the future is timely',
    'proposal.ts',
    'block.timeMs <= receivedMs + precisionMs && block.timeMs',
    'block.timeMs',
  ),
  mutant(
    'L28 forgets the lock',
    'rules.ts',
    'const isFree = locked === null || locked.round <= polRound || locked.hash === blockHash;',
    'const isFree = locked === null || locked.round >= 0;',
  ),
  mutant(
    'L28 takes any polka',
    'rules.ts',
    'polkaAt(turn, polRound)?.blockHash !== blockHash) return false;',
    'polkaAt(turn, polRound)?.blockHash === null) return false;',
  ),
  mutant(
    'L28 accepts only locks of earlier rounds',
    'rules.ts',
    'locked === null || locked.round <= polRound || locked.hash === blockHash;',
    'locked === null || locked.round > polRound;',
  ),
  // L36, L44
  mutant('L36 does not lock', 'rules.ts', '    state.locked = { round, hash };\n', ''),
  mutant(
    'L36 precommits after the prevote step, too',
    'rules.ts',
    "  if (step === 'prevote') {\n",
    "  if (step === 'prevote' || step === 'precommit') {\n",
  ),
  mutant(
    'L44 frees the lock',
    'rules.ts',
    "  castVote(turn, 'precommit', null, null);\n  return true;",
    "  state.locked = null;\n  castVote(turn, 'precommit', null, null);\n  return true;",
  ),
  mutant(
    'L44 precommits the proposal',
    'rules.ts',
    "  castVote(turn, 'precommit', null, null);\n  return true;",
    "  castVote(turn, 'precommit', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);\n  return true;",
  ),
  // L34, L47, L57, L61, L65, L55
  mutant(
    'L34 arms no timer',
    'rules.ts',
    "  turn.schedule('prevote', voteTimeoutMs(state.params, state.round));\n",
    '  voteTimeoutMs(state.params, state.round);\n',
  ),
  mutant(
    'L47 arms no timer',
    'rules.ts',
    "  turn.schedule('precommit', voteTimeoutMs(state.params, state.round));\n",
    '  voteTimeoutMs(state.params, state.round);\n',
  ),
  mutant(
    'no timer waits for a proposal',
    'rounds.ts',
    "if (state.step === 'propose') turn.schedule('propose', proposeTimeoutMs(state.params, state.round));",
    "if (state.step === 'idle') turn.schedule('propose', proposeTimeoutMs(state.params, state.round));",
  ),
  mutant(
    'L57 prevotes the proposal',
    'step.ts',
    "castVote(turn, 'prevote', null, null);",
    "castVote(turn, 'prevote', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);",
  ),
  mutant(
    'L61 precommits the proposal',
    'step.ts',
    "castVote(turn, 'precommit', null, null);",
    "castVote(turn, 'precommit', state.proposals.get(state.round)?.proposal.blockHash ?? null, null);",
  ),
  mutant(
    'L65 stays in its round',
    'step.ts',
    'startRound(turn, state.round + 1);',
    'startRound(turn, state.round);',
  ),
  mutant(
    'L55 follows a single validator',
    'vote-keeper.ts',
    'if (hasThird(power, total)) return vote.round;',
    'if (power > 0 && total > 0) return vote.round;',
  ),
  // L49
  mutant(
    'L49 counts prevotes',
    'rules.ts',
    "    const row = votesOf(state.votes, round, 'precommit');\n    const sample",
    "    const row = votesOf(state.votes, round, 'prevote');\n    const sample",
  ),
  mutant(
    'L49 follows any precommit',
    'rules.ts',
    '    const sample = quorumVote(state.validators, row);\n    if (sample !== null && sample.blockHash !== null)\n',
    '    const sample = row.find((vote) => vote !== null) ?? null;\n    if (sample !== null && sample.blockHash !== null)\n',
  ),
  // Rounds and heights
  mutant(
    'locks end with their round',
    'rounds.ts',
    '  state.ownProposal = null;\n',
    '  state.ownProposal = null;\n  state.locked = null;\n',
  ),
  mutant(
    'a valid block is not proposed again',
    'rounds.ts',
    '  if (state.valid !== null) {\n    const polka',
    '  if (state.valid !== null && state.round < 0) {\n    const polka',
  ),
  mutant(
    'a repeated block names no polka',
    'rounds.ts',
    'makeProposal(turn, state.valid.hash, state.valid.round);',
    'makeProposal(turn, state.valid.hash, null);',
  ),
  mutant(
    'one vote wakes an idle chain',
    'rounds.ts',
    'isCertified || hasThird(power, totalPower(state.validators));',
    'isCertified || (power > 0 && hasThird(power, power) && totalPower(state.validators) > 0);',
  ),
  mutant(
    'work does not open a height',
    'rounds.ts',
    '  else startRound(turn, 0);\n',
    '  else turn.persist();\n',
  ),
  mutant(
    'locks outlive their height',
    'heights.ts',
    '    locked: null,\n',
    '    locked: before?.locked ?? null,\n',
  ),
  // Persistence
  mutant(
    'locks are not in the record',
    'turn.ts',
    '    step,\n    locked,\n',
    '    step,\n    locked: null,\n',
  ),
  mutant(
    'the record is not written',
    'turn.ts',
    '    this.#mustPersist = true;\n',
    '    this.#mustPersist = false;\n',
  ),
  mutant(
    'locks are not read back',
    'heights.ts',
    'Object.assign(state, { round, step, locked, valid, ownVotes: votes, ownProposal: proposal });',
    'Object.assign(state, { round, step, locked: locked === null ? null : null, valid, ownVotes: votes, ownProposal: proposal });',
  ),
  mutant(
    'own votes are not in the record',
    'turn.ts',
    '    votes: ownVotes,\n',
    '    votes: ownVotes.slice(0, 0),\n',
  ),
  // Messages
  mutant(
    'precommits are signed as prevotes',
    'voting.ts',
    ': precommitSignBytes(context.genesisHash, content);',
    ": prevoteSignBytes(context.genesisHash, { ...content, polRound });\n  if (type !== 'prevote') precommitSignBytes(context.genesisHash, content);",
  ),
  mutant(
    'own votes are not counted',
    'voting.ts',
    '  state.votes = addVote(state.votes, vote, roundMax(turn)).keeper;\n',
    '  addVote(state.votes, vote, roundMax(turn));\n',
  ),
  mutant(
    'nothing is repeated',
    'peer-state.ts',
    '  } else repeatOwn(turn);\n',
    '  } else if (state.round < 0) repeatOwn(turn);\n',
  ),
  // Evidence
  mutant(
    'evidence is reported for equal votes',
    'vote-keeper.ts',
    'if (standing !== null && !sameContent(standing, vote)) return',
    'if (standing !== null) return',
  ),
  mutant(
    'evidence accuses the next validator',
    'evidence.ts',
    'validator: turn.keyOf(validator) };',
    'validator: turn.keyOf((validator + 1) % state.validators.length) };',
  ),
];

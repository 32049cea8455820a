/** @module Faults in counting: thresholds, votes of one content, certificates. */
import { type Mutant, mutant, patch } from '../mutant.ts';

const QUORUM = 'shared/protocol/votes/quorum.ts';
const CERTIFICATE = 'shared/protocol/votes/certificate.ts';
/** A certificate is not made of less than two thirds: the check behind every count. */
const UNCHECKED = patch(CERTIFICATE, '  requireQuorum(power, validators);\n', '');

export const QUORUM_MUTANTS: readonly Mutant[] = [
  mutant('quorum', 'a quorum is more than half', patch(QUORUM, '3 * power > 2 * total', '2 * power > total')),
  mutant(
    'quorum',
    'a quorum is more than a third',
    patch(QUORUM, '3 * power > 2 * total', '3 * power > total'),
  ),
  mutant('quorum', 'a third is anyone', patch(QUORUM, '3 * power > total;', 'power > 0 && total > 0;')),
  mutant(
    'quorum',
    'a content counts every vote',
    patch(
      'vote-keeper.ts',
      'powerOf(validators, row, (vote) => sameContent(vote, content))',
      'powerOf(validators, row, () => content !== null)',
    ),
    UNCHECKED,
  ),
  mutant(
    'quorum',
    'a certificate takes votes for any block',
    patch(
      'vote-keeper.ts',
      'vote !== null && sameContent(vote, sample));',
      'vote !== null && (sameContent(vote, sample) || vote.blockHash !== null));',
    ),
  ),
  mutant(
    'quorum',
    'a polka needs no power',
    patch(
      'certificates.ts',
      'if (!hasQuorum(totalPower(signers), totalPower(validators))) return false;',
      'if (!hasQuorum(totalPower(validators), totalPower(validators))) return false;',
    ),
  ),
  mutant(
    'quorum',
    'a commit certificate needs no power',
    patch(
      CERTIFICATE,
      'requireQuorum(totalPower(signers), validators);',
      'requireQuorum(totalPower(validators), validators);',
    ),
  ),
];

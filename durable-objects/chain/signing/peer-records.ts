/** @module How far the other validators say that they are, as the consensus machine has heard them in this life. */
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import { totalPower } from '../../../shared/protocol/validators/validator-set.ts';
import { hasQuorum, hasThird } from '../../../shared/protocol/votes/quorum.ts';
import type { PeerRecords } from './guard-verdict.ts';

/** A validator is heard once it has told its height or voted at this one. */
export function peerRecords({ validators, self, tips, votes, height }: ConsensusState): PeerRecords {
  const total = totalPower(validators);
  const heard = validators.flatMap(({ power }, index) => {
    const open = Math.max(tips[index] ?? 0, (votes.latest[index] ?? null) === null ? 0 : height);
    return index === self || open === 0 ? [] : [{ power, head: open - 1 }];
  });
  const own = self === null ? 0 : (validators[self]?.power ?? 0);
  heard.sort((left, right) => right.head - left.head);
  let claiming = 0;
  const claimed = heard.find(({ power }) => {
    claiming += power;
    return hasThird(claiming, total);
  });
  return { areHeard: hasQuorum(own + totalPower(heard), total), height: claimed?.head ?? 0 };
}

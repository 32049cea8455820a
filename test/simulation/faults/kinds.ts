/** @module Every kind of fault. Timer faults are in `simulation.ts`, where timers are. */
import type { LinkFaultKind } from '../network.ts';
import { asymmetricPartition } from './asymmetric-partition.ts';
import { clog } from './clog.ts';
import { corruptByte } from './corrupt-byte.ts';
import { delay } from './delay.ts';
import { drop } from './drop.ts';
import { duplicate } from './duplicate.ts';
import { halfOpen } from './half-open.ts';
import { reorder } from './reorder.ts';
import { ringPartition } from './ring-partition.ts';
import { slowPeer } from './slow-peer.ts';
import { split } from './split.ts';
import { staleReplay } from './stale-replay.ts';
import { truncate } from './truncate.ts';

export { NODE_FAULTS } from './node-faults.ts';

export const LINK_FAULTS: readonly LinkFaultKind[] = [
  drop,
  delay,
  reorder,
  duplicate,
  staleReplay,
  corruptByte,
  truncate,
  split,
  asymmetricPartition,
  ringPartition,
  clog,
  slowPeer,
  halfOpen,
];

/** Timers that fire late, only when the watchdog looks, or twice. */
export const TIMER_FAULTS = ['alarm_late', 'alarm_lost', 'alarm_twice'] as const;
export type TimerFault = (typeof TIMER_FAULTS)[number];

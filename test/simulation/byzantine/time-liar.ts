/** @module Dates its blocks seconds into the future or the past. */
import type { MakeBehaviour } from '../behaviour.ts';
import { rebuilt } from './rebuilding.ts';

export const timeLiar: MakeBehaviour = (random) => ({
  name: 'time_liar',
  forge: (node, honest) => rebuilt(node, honest, random.pick([-9_000, -2_500, 400, 2_000, 10_000])),
});

/** @module Says nothing at all. */
import type { MakeBehaviour } from '../behaviour.ts';

export const silent: MakeBehaviour = () => ({ name: 'silent', outgoing: () => [] });

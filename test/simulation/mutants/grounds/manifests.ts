/** @module Validators of which some run twice, under manifests by chance: what splits honest ones breaks agreement. */
import { Committee } from '../../twins/committee.ts';
import { FOUR, someManifest } from '../../twins/manifest.ts';
import { play } from '../../twins/play.ts';
import { drill } from './drill.ts';

const MANIFESTS = 100;

export const manifests = drill((random) => {
  const committee = new Committee(FOUR);
  for (let number = 0; number < MANIFESTS; number++)
    play(committee, someManifest(random, FOUR, committee.someLeaders(random, random.between(3, 6))));
});

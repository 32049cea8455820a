/** @module Builds the Worker once before the tests that run it; every test process then loads it from `.atoll/`. */
import { loadBundle } from '../../cli/devnet/bundle.ts';

/** A Worker that does not build fails the tests that start it, each with this reason; others still run. */
export default async function setup(): Promise<void> {
  await loadBundle().catch((error: Error) => console.error(`No bundle: ${error.message}`));
}

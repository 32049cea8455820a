/** @module Builds the Worker once before the tests that run it; every test process then loads it from `.atoll/`. */
import { loadBundle } from '../../cli/devnet/bundle.ts';

export default async function setup(): Promise<void> {
  await loadBundle();
}

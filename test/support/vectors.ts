/** @module Reads the frozen vectors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parsed content of test/vectors/<name>.json; the caller names its shape. */
export function readVectors<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', `${name}.json`), 'utf8')) as Shape;
}

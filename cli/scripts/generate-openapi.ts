/** @module Writes docs/openapi.json, or with --check says whether it is what the route table makes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openApiDocument } from '../../workers/rpc/openapi-document.ts';

const FILE = join(import.meta.dirname, '../../docs/openapi.json');
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const committed = await readFile(FILE, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error('docs/openapi.json is not what the route table makes: run npm run generate');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
}

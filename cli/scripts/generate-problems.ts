/** @module Writes docs/problems.md from the problem table, or with --check says whether it is what the table makes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROBLEM_HELP } from '../../shared/api/problem-help.ts';
import { PROBLEMS, type ProblemCode, problemSpec } from '../../shared/api/problems.ts';

const FILE = join(import.meta.dirname, '../../docs/problems.md');

const HEAD = `<!-- Generated from shared/api/problems.ts and problem-help.ts by cli/scripts/generate-problems.ts: do not edit. -->
# Problems

Every error answer is \`application/problem+json\` (RFC 9457) with a stable \`code\`. Its \`type\` is \`/problems/CODE\`, an
address of the node that shows the entry below. A code is never renamed or given another meaning. \`retryable: true\`
means that the same request may succeed later without a change. Members such as \`expected\` or \`bytes_max\` belong to
single codes; \`errors\` lists faults with RFC 6901 pointers whose first token is \`body\`, \`query\`, \`path\` or \`header\`.
The shape of a problem is described in [spec/api.md](spec/api.md#problems).
`;

/** The whole page, one section for each code. */
export function problemsMarkdown(): string {
  const sections = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const { status, title, retryable } = problemSpec(code);
    const { why, fix } = PROBLEM_HELP[code];
    const facts = `**${title}.** HTTP ${status}${retryable === true ? ', retryable' : ''}.`;
    return `## ${code}\n\n${facts}\n\n- Why: ${why}\n- What to do: ${fix}\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

if (import.meta.main) {
  const text = problemsMarkdown();
  if (!process.argv.includes('--check')) await writeFile(FILE, text);
  else if ((await readFile(FILE, 'utf8').catch(() => '')) !== text) {
    console.error('docs/problems.md is not what the problem table makes: run npm run generate');
    process.exitCode = 1;
  }
}

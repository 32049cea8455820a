/** @module The table of rules in docs/spec/consensus.md against the machine, its unit tests, its model and the seeded faults. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../../shared/protocol/consensus/turn.ts';
import { readCatches } from '../../../simulation/mutants/catches.ts';
import { EXCEPTION } from '../../../simulation/mutants/ground.ts';
import { MUTANTS } from '../../../simulation/mutants/mutants.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const CONSENSUS = join(ROOT, 'shared/protocol/consensus');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const code = readdirSync(CONSENSUS).map((file) => readFileSync(join(CONSENSUS, file), 'utf8'));

interface Row {
  readonly rule: string;
  readonly functions: string[];
  readonly faults: string[];
}

/** The rows of the table, by its last two columns. */
function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| (L\d+\+?) \|.*\| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, rule = '', cell = '', faults = '']) => ({
      rule,
      functions: [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''),
      faults: faults.trim().split('; '),
    }),
  );
}

const rows = rowsOf(read('docs/spec/consensus.md'));

/** Rules of the list that have no row, and the other way round. */
function unmatched(rules: readonly string[], table: readonly Row[]): string[] {
  const named = table.map(({ rule }) => rule);
  return [...rules.filter((rule) => !named.includes(rule)), ...named.filter((rule) => !rules.includes(rule))];
}

describe('the table of rules', () => {
  it('has one row for each rule of the machine, in their order', () => {
    expect(rows.map(({ rule }) => rule)).toEqual([...RULES]);
  });

  it('would miss a rule without a row, and a row without a rule', () => {
    expect(unmatched([...RULES, 'L99'], rows)).toEqual(['L99']);
    expect(unmatched(RULES, rows.slice(1))).toEqual([RULES[0]]);
    expect(unmatched(RULES.slice(1), rows)).toEqual([RULES[0]]);
  });

  it.each(rows)('$rule names functions that are there, and that report it', ({ rule, functions }) => {
    expect(functions.length).toBeGreaterThan(0);
    for (const name of functions) expect(code.some((text) => text.includes(`function ${name}(`))).toBe(true);
    const [first = ''] = functions;
    const isTried = code.some((text) => text.includes(`['${rule}', ${first}],`));
    const isReported = code.some((text) => {
      const body = text.split(`function ${first}(`)[1]?.split('\n}\n')[0] ?? '';
      return body.includes(`report(turn, timer, '${rule}')`);
    });
    expect(isTried !== isReported).toBe(true);
  });

  it.each(rows)('$rule lists the faults that are seeded into it', ({ rule, faults }) => {
    const seeded = MUTANTS.filter(({ target }) => target === rule).map(({ name }) => name);
    expect(seeded.length).toBeGreaterThan(0);
    expect(faults).toEqual(seeded);
  });

  it.each([...RULES])('%s is in the title of a unit test and in the model', (rule) => {
    const tests = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts'));
    const titles = tests.flatMap((file) => {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8');
      return [...text.matchAll(/\bit(?:\.each\([^`]*?\))?\(\s*'((?:L\d+\+?(?:, )?)+):/g)].map(
        (match) => match[1] ?? '',
      );
    });
    expect(titles.flatMap((title) => title.split(', '))).toContain(rule);
    const comments = (read('test/model/machine.qnt').match(/^ *(?:\/\*\*|\*|\/\/).*$/gm) ?? []).join('\n');
    expect(comments.match(/L\d+\+?/g)).toContain(rule);
  });
});

describe('the seeded faults', () => {
  const catches = readCatches();

  it('are at least forty, each under its own name, and each has one place where it is caught', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(40);
    expect(new Set(names).size).toBe(names.length);
    expect([...catches.keys()].sort()).toEqual(names.toSorted());
  });

  it('are caught by invariants, not by exceptions', () => {
    expect([...catches.values()].filter(({ invariant }) => invariant === EXCEPTION)).toEqual([]);
  });
});

/** @module The pages against the code: links resolve, and settings, metrics, codes, routes and commands are those that exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemsMarkdown } from '../cli/scripts/generate-problems.ts';
import packageJson from '../package.json' with { type: 'json' };
import { CLOSE_CODES, TOPICS } from '../shared/api/frames.ts';
import { PROBLEMS } from '../shared/api/problems.ts';
import type { RouteSpec } from '../shared/api/route-spec.ts';
import { ROUTES } from '../shared/api/routes.ts';
import { settingsSchema } from '../shared/api/settings.ts';
import { LEDGER_TABLES } from '../shared/ledger/schema.ts';
import { DEFAULT_PARAMS } from '../shared/protocol/block/params.ts';
import { MEMPOOL_LIMITS } from '../shared/protocol/mempool/limits.ts';
import { RECEIPT_STATUS } from '../shared/protocol/transaction/receipt-status.ts';
import { builtInTransactions } from '../shared/protocol/transaction/registry.ts';
import { ARROWS } from './support/crash-points.ts';

const ROOT = join(import.meta.dirname, '..');
const LINE_MAX = 120;
const PAGES = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const spec = (name: string): string => read(`docs/spec/${name}.md`);
/** First cells of a page's tables that are one code span. */
const tableNames = (text: string): string[] =>
  [...text.matchAll(/^\| `([^`]+)`[^|]*\|/gm)].map((match) => match[1] ?? '');
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');
const fences = (text: string): string[] =>
  [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

/** The anchor that a heading gets: lower case, punctuation dropped, spaces to hyphens. */
function anchorsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function brokenLinks(page: string, text: string): string[] {
  const targets = [
    ...prose(text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map((match) => match[1] ?? '');
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
  });
}

describe('the pages', () => {
  it.each(PAGES)('%s links to files and headings that exist', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  it('notice a link to a file or a heading that is not there', () => {
    const text = '# One\n[a](nowhere.md) [b](README.md#no-such-heading) [c](#one) [d](README.md#map)';
    expect(brokenLinks('README.md', text)).toEqual(['nowhere.md', 'README.md#no-such-heading', '#one']);
  });

  it.each(PAGES.filter((page) => !page.startsWith('bench/results/')))(
    '%s has lines of at most 120 characters outside tables and code',
    (page) => {
      const long = prose(read(page))
        .split('\n')
        .filter((line) => !line.startsWith('|') && [...line].length > LINE_MAX);
      expect(long).toEqual([]);
    },
  );

  it.each(PAGES)('%s names npm scripts and atoll commands that exist', async (page) => {
    const text = read(page);
    const scripts = [...text.matchAll(/npm run (?:-s )?([a-z][\w:]*)/g)].map((match) => match[1] ?? '');
    expect(scripts.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
    const commands = [
      ...fences(text)
        .join('\n')
        .matchAll(/npx --no atoll ([a-z]+)/g),
    ].map((match) => match[1] ?? '');
    const known = readdirSync(join(ROOT, 'cli/commands'))
      .map((file) => read(`cli/commands/${file}`))
      .join('\n');
    expect(commands.filter((name) => !known.includes(`.command('${name}')`))).toEqual([]);
  });
});

describe('the specification', () => {
  it('lists every setting of the schema, and no other', () => {
    const names = tableNames(spec('config'));
    expect([...names].sort()).toEqual(Object.keys(settingsSchema.shape).sort());
  });

  it('names every var of wrangler.toml among the settings', () => {
    const vars = read('wrangler.toml').split('[vars]')[1]?.split('\n#')[0] ?? '';
    const names = [...vars.matchAll(/^([A-Z_]+) =/gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !tableNames(spec('config')).includes(name))).toEqual([]);
  });

  it('lists every metric of the code, and no other', () => {
    const sources = readdirSync(join(ROOT, 'workers/rpc'))
      .filter((file) => file.endsWith('-families.ts') || file === 'request-metrics.ts')
      .map((file) => read(`workers/rpc/${file}`))
      .join('\n');
    const inCode = [...sources.matchAll(/name: '(blockchain_\w+)'/g)].map((match) => match[1] ?? '');
    const documented = tableNames(spec('metrics'));
    expect(new Set(documented).size).toBe(documented.length);
    expect([...documented].sort()).toEqual([...inCode].sort());
  });

  it('lists every route with all its aliases', () => {
    const table = spec('api');
    const rows = (ROUTES as readonly RouteSpec[]).map(({ method, path, aliases }) => {
      const row = table.split('\n').find((line) => line.startsWith(`| \`${method} ${path}\` |`)) ?? '';
      return {
        path,
        missing: row === '' ? [path] : aliases.filter((alias) => !row.includes(`\`${alias}\``)),
      };
    });
    expect(rows.filter(({ missing }) => missing.length > 0)).toEqual([]);
    const documented = tableNames(table).filter((name) => /^(GET|POST|PUT) /.test(name));
    expect(documented).toHaveLength(ROUTES.length);
  });

  it('lists every JSON-RPC method', () => {
    const methods = (ROUTES as readonly RouteSpec[]).filter(({ restOnly }) => restOnly !== true);
    const section = spec('api').split('## JSON-RPC')[1] ?? '';
    expect(methods.filter(({ name }) => !section.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists every transaction type with its code and whether it is executed', () => {
    const rows = [...spec('transactions').matchAll(/^\| (\d+) \| `(\w+)` \| `\[[^|]*\]` \| (yes|no) \|$/gm)];
    const documented = rows.map(([, type, name, active]) => ({
      type: Number(type),
      name,
      active: active === 'yes',
    }));
    expect(documented).toEqual(
      builtInTransactions.types.map(({ type, name, active }) => ({ type, name, active })),
    );
  });

  it('lists every receipt status and the limits of the mempool', () => {
    const text = spec('transactions');
    for (const [name, code] of Object.entries(RECEIPT_STATUS))
      expect(text).toContain(`| ${code} | \`${name}\` |`);
    const { transactionsMax, bytesMax, senderTransactionsMax, nonceGapMax } = MEMPOOL_LIMITS;
    for (const limit of [transactionsMax, bytesMax, senderTransactionsMax, nonceGapMax]) {
      expect(text).toContain(`| ${limit.toLocaleString('en')} |`);
    }
  });

  it('lists every parameter of a chain in encoding order', () => {
    const section = spec('blocks').split('### Parameters')[1]?.split('## Header')[0] ?? '';
    const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(tableNames(section)).toEqual(Object.keys(DEFAULT_PARAMS).map(snake));
  });

  it('names every table of the ledger, every topic and every close code', () => {
    const ledger = spec('ledger');
    const tables = LEDGER_TABLES.map((table) => String(Reflect.get(table, Symbol.for('drizzle:Name'))));
    expect(tables.filter((name) => !ledger.includes(`**${name}**`))).toEqual([]);
    const socket = spec('socket');
    expect(TOPICS.filter((topic) => !socket.includes(`| \`${topic}\` |`))).toEqual([]);
    expect(Object.values(CLOSE_CODES).filter((code) => !socket.includes(String(code)))).toEqual([]);
  });

  it('is listed page by page in its README', () => {
    const pages = readdirSync(join(ROOT, 'docs/spec')).filter((file) => file !== 'README.md');
    const index = spec('README');
    expect(pages.filter((file) => !index.includes(`](${file})`))).toEqual([]);
  });
});

describe('docs/problems.md', () => {
  it('is what the problem table makes, with a place for each code', () => {
    const text = read('docs/problems.md');
    expect(text).toBe(problemsMarkdown());
    expect([...text.matchAll(/^## (\w+)$/gm)].map((match) => match[1])).toEqual(Object.keys(PROBLEMS));
  });

  it('has every code that another page mentions', () => {
    const pattern = /\b(?:TX|CHAIN|LEDGER|GENESIS|MEMPOOL|REQUEST|CONFIG|SOCKET|REPLAY)_[A-Z_]+\b/g;
    const spans = PAGES.filter((page) => page.startsWith('docs/spec/') && !page.endsWith('consensus.md'));
    const mentioned = spans.flatMap(
      (page) =>
        read(page)
          .replace(/`[A-Z_]+`/g, '')
          .match(pattern) ?? [],
    );
    expect(mentioned.length).toBeGreaterThan(5);
    expect([...new Set(mentioned)].filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  it('tells the arrows that are cut by tests, in their order', () => {
    const life = read('ARCHITECTURE.md').split('## Life of a transaction')[1]?.split('\n## ')[0] ?? '';
    const told = [...life.matchAll(/^\d+\. `([^`]+ -> [^`]+)`/gm)].map((match) => match[1] ?? '');
    expect(told).toEqual(ARROWS);
    expect(told.length).toBeGreaterThan(5);
  });
});

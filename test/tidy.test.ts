/** @module The architecture as a test: who may import whom, and the size of things. Each rule has a case that breaks it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** A file longer than this holds two nouns. */
const FILE_LINES_MAX = 400;
/** The files of the repository that are sources of the product. */
const SOURCES = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && !path.endsWith('.d.ts') && existsSync(join(ROOT, path)));

/** Folders of the protocol; one imports only those before it. */
const PROTOCOL_ORDER = [
  'primitives',
  'codec',
  'crypto',
  'merkle',
  'validators',
  'votes',
  'transaction',
  'block',
  'state',
  'light-client',
  'transfer',
  'execution',
  'mempool',
  'consensus',
  'genesis',
] as const;

interface Rule {
  readonly from: string;
  /** What files below `from` may import: folders of ours (ending in /) and packages. */
  readonly allowed: readonly string[];
  readonly why: string;
}

/** The most specific rule wins. Files without a rule may import anything but tests and benches. */
const RULES: readonly Rule[] = [
  {
    from: 'shared/protocol/consensus/',
    allowed: [
      'shared/protocol/primitives/',
      'shared/protocol/codec/',
      'shared/protocol/crypto/',
      'shared/protocol/validators/',
      'shared/protocol/votes/',
      'shared/protocol/consensus/',
    ],
    why: 'a block is only a hash to consensus',
  },
  {
    from: 'shared/protocol/',
    allowed: ['shared/protocol/', '@noble/', 'cborg'],
    why: 'the protocol runs anywhere and never waits',
  },
  {
    from: 'shared/native/',
    allowed: ['shared/protocol/', 'node:crypto', 'node:buffer'],
    why: 'native speed behind the ports of the protocol',
  },
  {
    from: 'shared/api/',
    allowed: ['shared/api/', 'shared/protocol/', 'zod', '@hono/zod-openapi'],
    why: 'the wire contract knows no storage',
  },
  {
    from: 'shared/ledger/',
    allowed: ['shared/ledger/', 'shared/protocol/', 'drizzle-orm', '@libsql/client'],
    why: 'the read model knows no wire form',
  },
  {
    from: 'shared/observability/',
    allowed: ['shared/observability/', '@logtape/logtape'],
    why: 'logs and metrics are told, they do not look',
  },
  {
    from: 'durable-objects/chain/',
    allowed: ['durable-objects/chain/', 'durable-objects/runtime/', 'shared/', 'cloudflare:workers'],
    why: 'objects meet through shared/api/objects.ts only',
  },
  {
    from: 'durable-objects/node/',
    allowed: ['durable-objects/node/', 'durable-objects/runtime/', 'shared/', 'cloudflare:workers'],
    why: 'objects meet through shared/api/objects.ts only',
  },
  {
    from: 'durable-objects/hub/',
    allowed: ['durable-objects/hub/', 'durable-objects/runtime/', 'shared/', 'cloudflare:workers', 'zod'],
    why: 'objects meet through shared/api/objects.ts only',
  },
  {
    from: 'durable-objects/',
    allowed: ['durable-objects/', 'shared/', 'cloudflare:workers'],
    why: 'objects know no routes',
  },
  {
    from: 'workers/main.ts',
    allowed: ['workers/', 'durable-objects/index.ts'],
    why: 'the entry only joins the parts',
  },
  {
    from: 'workers/',
    allowed: [
      'workers/',
      'shared/',
      'hono',
      '@hono/zod-openapi',
      'zod',
      'swagger-ui-dist',
      'cloudflare:workers',
    ],
    why: 'the edge holds no state of a chain',
  },
  {
    from: 'sdk/',
    allowed: ['sdk/', 'shared/protocol/', 'shared/api/', 'partysocket'],
    why: 'the SDK runs in browsers',
  },
  {
    from: 'cli/',
    allowed: [
      'cli/',
      'sdk/',
      'shared/',
      'node:',
      'miniflare',
      'commander',
      '@libsql/client',
      'zod',
      'wrangler',
      'workers/',
      'package.json',
    ],
    why: 'the command line is a client',
  },
];

/** Files that write the ledger; the edge reads only. */
const LEDGER_WRITERS = [
  'shared/ledger/write-blocks.ts',
  'shared/ledger/migrate.ts',
  'shared/ledger/admin.ts',
];
/** What a pure core never touches. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|console\.|process\.|globalThis\.|await |async |fetch\()/;

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
    ),
  ];
  return specifiers.map((match) => resolveImport(path, match[1] ?? match[2] ?? match[3] ?? ''));
}

function resolveImport(path: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
}

function ruleFor(path: string): Rule | undefined {
  return RULES.filter((rule) => path.startsWith(rule.from)).sort((a, b) => b.from.length - a.from.length)[0];
}

/** Why `path` may not import `target`; null when it may. */
function violation(path: string, target: string): string | null {
  if (/^(test|bench)\//.test(target) && !/^(test|bench)\//.test(path))
    return 'nobody imports tests or benches';
  const rule = ruleFor(path);
  if (rule !== undefined && !rule.allowed.some((allowed) => target.startsWith(allowed))) return rule.why;
  if (path.startsWith('workers/') && LEDGER_WRITERS.includes(target))
    return 'only the drain writes the ledger';
  const [, from] = /^shared\/protocol\/([^/]+)\//.exec(path) ?? [];
  const [, to] = /^shared\/protocol\/([^/]+)\//.exec(target) ?? [];
  if (from === undefined || to === undefined || from === to) return null;
  const order = PROTOCOL_ORDER as readonly string[];
  return order.indexOf(to) < order.indexOf(from) ? null : `${from} comes before ${to}`;
}

describe('the tree', () => {
  it('imports only what each folder is allowed to', () => {
    const found = SOURCES.flatMap((path) =>
      importsOf(path).flatMap((target) => {
        const why = violation(path, target);
        return why === null ? [] : [`${path} imports ${target}: ${why}`];
      }),
    );
    expect(found).toEqual([]);
  });

  it.for([
    ['shared/protocol/codec/codec.ts', 'shared/protocol/crypto/keys.ts'],
    ['shared/protocol/merkle/tree.ts', 'node:crypto'],
    ['shared/protocol/consensus/step.ts', 'shared/protocol/block/block.ts'],
    ['shared/api/routes.ts', 'shared/ledger/reader.ts'],
    ['shared/ledger/reader.ts', 'zod'],
    ['shared/observability/log.ts', 'shared/protocol/primitives/bytes.ts'],
    ['durable-objects/chain/chain.ts', 'durable-objects/node/registry.ts'],
    ['durable-objects/hub/hub-object.ts', 'workers/app.ts'],
    ['workers/rpc/ledger.ts', 'shared/ledger/write-blocks.ts'],
    ['workers/app.ts', 'durable-objects/chain/chain.ts'],
    ['sdk/client.ts', 'node:fs'],
    ['cli/main.ts', 'durable-objects/chain/chain.ts'],
    ['sdk/client.ts', 'test/support/node.ts'],
  ])('would catch %s importing %s', ([path, target]) => {
    expect(violation(path ?? '', target ?? '')).not.toBeNull();
  });

  it('keeps the protocol pure: no clock, randomness, environment, console or waiting', () => {
    const found = SOURCES.filter((path) => path.startsWith('shared/protocol/')).flatMap((path) =>
      readFileSync(join(ROOT, path), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && IMPURE.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it('opens every source file by saying what it is', () => {
    const silent = SOURCES.filter(
      (path) => !/^(#!.*\n)?\/\*\*[\s\S]*?@module/.test(readFileSync(join(ROOT, path), 'utf8')),
    );
    expect(silent.filter((path) => !path.endsWith('.test.ts') && path !== 'vitest.config.ts')).toEqual([]);
  });

  it('keeps files short enough to hold one noun', () => {
    const long = SOURCES.filter((path) => !path.startsWith('test/') && path !== 'shared/ledger/migrations.ts')
      .map((path) => ({ path, lines: readFileSync(join(ROOT, path), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  it('names files in kebab-case and none of them utils, helpers or common', () => {
    const odd = SOURCES.filter(
      (path) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(path.split('/').at(-1) ?? ''),
    );
    const vague = SOURCES.filter((path) => /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(path));
    expect([...odd, ...vague]).toEqual([]);
  });

  it('leaves no marker of unfinished work', () => {
    const marked = SOURCES.filter((path) => path !== 'test/tidy.test.ts').filter((path) =>
      /\b(TODO|FIXME|HACK|XXX)\b|\.(only|skip|todo)\(|@ts-(ignore|nocheck|expect-error)|\bas any\b/.test(
        readFileSync(join(ROOT, path), 'utf8'),
      ),
    );
    expect(marked).toEqual([]);
  });
});

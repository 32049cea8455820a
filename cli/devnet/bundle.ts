/**
 * @module The Worker's bundle for local nodes: exactly what `wrangler deploy` would upload, kept in `.atoll/` under a
 * hash of its sources so that a second start does not build again.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, matchesGlob, relative, resolve } from 'node:path';

/** Root of the repository, absolute. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** Everything that can change the bundle. */
const SOURCES = ['shared', 'durable-objects', 'workers', 'wrangler.toml', 'package-lock.json'];
const DEFAULT_ENTRY = 'workers/main.ts';
/** Bundles kept beside the newest: those of all test entries, and branches switched back and forth stay fast. */
const BUNDLES_KEPT = 16;
/** wrangler needs about 2 s; ten times that on a busy machine, and then it hangs rather than works. */
const BUILD_TIMEOUT_MS = 60_000;

/** One module of the bundle, in the form that Miniflare takes. */
export interface BundleModule {
  readonly type: 'esm' | 'text' | 'data' | 'wasm' | 'json';
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

/** A Worker ready to run: its modules, and what `wrangler.toml` says of the runtime and the objects. */
export interface Bundle {
  /** Hash of the sources, hex. */
  readonly id: string;
  readonly mainModule: string;
  readonly modules: Readonly<Record<string, BundleModule>>;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Binding name -> exported class, all with SQLite storage. */
  readonly objects: Readonly<Record<string, string>>;
}

/** wrangler names a module that is no part of the main one `<SHA-1>-<name of the file>`. */
const EXTRA_MODULE = /^[0-9a-f]{40}-(.+)$/;
/** Types that wrangler knows without a rule, by extension. */
const DEFAULT_TYPES: Readonly<Record<string, BundleModule['type']>> = {
  wasm: 'wasm',
  txt: 'text',
  html: 'text',
  sql: 'text',
  bin: 'data',
};
/** `type` of a `[[rules]]` of wrangler.toml. */
const RULE_TYPES: Readonly<Record<string, BundleModule['type']>> = {
  Data: 'data',
  Text: 'text',
  CompiledWasm: 'wasm',
};

/**
 * Builds the Worker, or loads the bundle of the same sources from `.atoll/`. Several processes may do this at once.
 * @throws Error with wrangler's own output when the sources do not build.
 */
export async function loadBundle(entry: string = DEFAULT_ENTRY): Promise<Bundle> {
  const id = await sourcesHash(entry);
  const cache = join(ROOT, '.atoll');
  const directory = join(cache, `bundle-${id}`);
  if (!existsSync(directory)) await build(entry, cache, directory);
  const now = new Date();
  await utimes(directory, now, now).catch(() => undefined); // only orders the pruning; another process may have pruned
  return await read(id, directory);
}

/**
 * Loads a bundle that exists, whatever the sources are by now: nodes of one devnet run the same code, also
 * the one that is started again. @throws Error when it has been removed.
 */
export async function openBundle(id: string): Promise<Bundle> {
  const directory = join(ROOT, '.atoll', `bundle-${id}`);
  if (!existsSync(directory)) throw new Error(`${directory} has been removed: start the devnet again`);
  return await read(id, directory);
}

async function sourcesHash(entry: string): Promise<string> {
  const hash = createHash('sha256').update(`${entry}\n`);
  const files: string[] = [];
  for (const source of SOURCES) await collect(resolve(ROOT, source), files);
  await collectImports(resolve(ROOT, entry), files);
  for (const file of [...new Set(files)].sort()) {
    hash.update(`${relative(ROOT, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function collect(path: string, into: string[]): Promise<void> {
  if (!(await stat(path)).isDirectory()) {
    into.push(path);
    return;
  }
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) into.push(join(entry.parentPath, entry.name));
  }
}

/** A module and what it imports from files of ours: an entry of a test may lie outside of the sources. */
async function collectImports(path: string, into: string[]): Promise<void> {
  if (into.includes(path)) return;
  into.push(path);
  for (const [, specifier = ''] of (await readFile(path, 'utf8')).matchAll(/ from '(\.[^']+\.ts)';$/gm))
    await collectImports(resolve(dirname(path), specifier), into);
}

async function build(entry: string, cache: string, directory: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, 'building-'));
  try {
    await wrangler(entry, temporary);
    // Whoever renames first wins; the loser's build has the same content.
    await rename(temporary, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
    await prune(cache);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function wrangler(entry: string, outdir: string): Promise<void> {
  const script = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const args = [
    script,
    'deploy',
    entry,
    '--dry-run',
    '--outdir',
    outdir,
    '--config',
    join(ROOT, 'wrangler.toml'),
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CI: 'true',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(ROOT, '.atoll/logs'),
    },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), BUILD_TIMEOUT_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((closed, failed) => {
    child.once('error', failed);
    child.once('close', closed);
  }).finally(() => clearTimeout(timer));
  if (code !== 0)
    throw new Error(`the Worker does not build (wrangler ended with ${code}):\n${output.trim()}`);
}

async function prune(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith('bundle-'));
  const aged = await Promise.all(
    names.map(async (name) => ({
      name,
      mtime: (await stat(join(cache, name)).catch(() => null))?.mtimeMs ?? 0,
    })),
  );
  aged.sort((a, b) => b.mtime - a.mtime);
  for (const { name } of aged.slice(BUNDLES_KEPT))
    await rm(join(cache, name), { recursive: true, force: true });
}

async function read(id: string, directory: string): Promise<Bundle> {
  const toml = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  const names = await readdir(directory);
  const mainModule = names.find((name) => name.endsWith('.js') && !EXTRA_MODULE.test(name));
  if (mainModule === undefined)
    throw new Error(`the bundle in ${directory} has no script: remove the folder`);
  const modules: Record<string, BundleModule> = {};
  for (const name of names) {
    const type = name === mainModule ? 'esm' : moduleType(name, toml);
    if (type === null) continue; // README.md and source maps
    const bytes = await readFile(join(directory, name));
    const binary = type === 'data' || type === 'wasm';
    modules[name] = { type, contents: binary ? new Uint8Array(bytes) : bytes.toString('utf8') };
  }
  return { id, mainModule, modules, ...runtimeSettings(toml) };
}

function moduleType(name: string, toml: string): BundleModule['type'] | null {
  const file = EXTRA_MODULE.exec(name)?.[1];
  if (file === undefined) return null;
  for (const [, type = '', globs = ''] of toml.matchAll(
    /^\[\[rules\]\]\s+type = "(\w+)"\s+globs = \[(.*)\]$/gm,
  )) {
    const matches = [...globs.matchAll(/"([^"]+)"/g)].some(([, glob = '']) => matchesGlob(file, glob));
    if (matches && RULE_TYPES[type] !== undefined) return RULE_TYPES[type];
  }
  return DEFAULT_TYPES[file.replace(/^.*\./, '')] ?? null;
}

/** The few settings that a local node shares with the deployed one, read from the file that deploys it. */
function runtimeSettings(toml: string): Pick<Bundle, 'compatibilityDate' | 'compatibilityFlags' | 'objects'> {
  const compatibilityDate = /^compatibility_date = "([\d-]+)"$/m.exec(toml)?.[1];
  const flags = /^compatibility_flags = \[(.*)\]$/m.exec(toml)?.[1];
  // The default environment only: others repeat the same bindings.
  const bindings = toml.matchAll(
    /^\[\[durable_objects\.bindings\]\]\s+name = "(\w+)"\s+class_name = "(\w+)"/gm,
  );
  const objects = Object.fromEntries([...bindings].map(([, name, type]) => [name, type]));
  if (compatibilityDate === undefined || flags === undefined || Object.keys(objects).length === 0) {
    throw new Error(
      'wrangler.toml must set compatibility_date, compatibility_flags and durable_objects.bindings',
    );
  }
  return {
    compatibilityDate,
    compatibilityFlags: [...flags.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ''),
    objects,
  };
}

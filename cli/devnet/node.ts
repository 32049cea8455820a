/** @module One node on this machine: the real bundle in real workerd, driven by Miniflare. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import type { Bundle } from './bundle.ts';
import { freePort } from './ports.ts';

const WORKER = 'atoll';

/** What a local node is told. */
export interface NodeOptions {
  readonly bundle: Bundle;
  /** Port of 127.0.0.1 for RPC; 0 chooses a free one. */
  readonly port: number;
  /** Folder of the objects' databases. */
  readonly persistDir: string;
  /** Vars and secrets, all as text. */
  readonly env: Readonly<Record<string, string>>;
  /** A line that the Worker wrote with `console`. */
  readonly onLog?: (line: string) => void;
  /** Port of 127.0.0.1 for the inspector of workerd; 0 chooses a free one. None unless given. */
  readonly inspectorPort?: number;
}

/** A running node. */
export interface LocalNode {
  /** `http://127.0.0.1:PORT`, straight to the Worker without Miniflare's entry worker. */
  readonly url: string;
  readonly port: number;
  readonly mf: Miniflare;
  stop(): Promise<void>;
}

/** Starts workerd with the bundle; resolves when its socket answers. */
export async function startNode(options: NodeOptions): Promise<LocalNode> {
  useDyingWorkerd();
  const port = options.port === 0 ? await freePort() : options.port;
  const mf = new Miniflare(miniflareOptions(options, port));
  try {
    await mf.ready;
  } catch (error) {
    await mf.dispose().catch(() => undefined); // the first error is the one that matters
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, port, mf, stop: () => mf.dispose() };
}

/** Makes Miniflare start workerd through a launcher that ties its life to this process. */
function useDyingWorkerd(): void {
  const launcher = join(import.meta.dirname, 'workerd.sh');
  if (process.platform === 'win32' || process.env.MINIFLARE_WORKERD_PATH === launcher) return;
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  process.env.ATOLL_WORKERD = process.env.MINIFLARE_WORKERD_PATH ?? String(require('workerd').default);
  process.env.MINIFLARE_WORKERD_PATH = launcher;
}

function miniflareOptions(options: NodeOptions, port: number): ConstructorParameters<typeof Miniflare>[0] {
  const { bundle, onLog, inspectorPort } = options;
  const objects = Object.entries(bundle.objects);
  return {
    host: '127.0.0.1',
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.ERROR),
    resourcePersistencePath: options.persistDir,
    handleStructuredLogs: ({ message }) => onLog?.(message),
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
    workers: [
      {
        config: {
          name: WORKER,
          compatibilityDate: bundle.compatibilityDate,
          compatibilityFlags: [...bundle.compatibilityFlags],
          manifest: { mainModule: bundle.mainModule, modulesRoot: '/', modules: { ...bundle.modules } },
          env: {
            ...Object.fromEntries(
              Object.entries(options.env).map(([key, value]) => [key, { type: 'text' as const, value }]),
            ),
            ...Object.fromEntries(
              objects.map(([binding, exportName]) => [
                binding,
                { type: 'durable-object' as const, worker: WORKER, exportName },
              ]),
            ),
          },
          exports: Object.fromEntries(
            objects.map(([, name]) => [
              name,
              { type: 'durable-object' as const, storage: 'sqlite' as const },
            ]),
          ),
        },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port }] },
      },
    ],
  };
}

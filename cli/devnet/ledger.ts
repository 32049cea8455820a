/** @module The ledger of a local node: a libSQL primary and its replicas, and the settings that point the Worker at them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Sqld, type SqldOptions, startSqld } from './sqld.ts';

/** Pause before a server that ended by itself is started again; doubles up to the second value. */
const RESTART_FIRST_MS = 250;
const RESTART_LAST_MS = 5_000;

/** Ports of one server. */
export type LedgerPorts = Pick<SqldOptions, 'httpPort' | 'grpcPort' | 'adminPort'>;

/** What a local ledger is made of. */
export interface LedgerOptions {
  /** Folder of all its servers. */
  readonly directory: string;
  /** One replica per region. */
  readonly regions: readonly string[];
  /** Ports of an earlier run, by name, to be used again. A server without them gets free ones. */
  readonly ports?: Readonly<Record<string, LedgerPorts>>;
  /** Told of a server that ended by itself, which is then started again. Undefined: it stays down. */
  readonly onRestart?: (message: string) => void;
}

/** Running servers. */
export interface LocalLedger {
  /** `http://localhost:PORT`: by this host name, without a header, a server shows its namespace `default`. */
  readonly primary: string;
  readonly replicas: Readonly<Record<string, string>>;
  /** DATABASE_ settings for the Worker. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports by name: for the next run on the same folder. */
  readonly ports: Readonly<Record<string, LedgerPorts>>;
  /** Process ids by name: `primary` and the regions. */
  pids(): Readonly<Record<string, number>>;
  /** Stops one server until `startServer`. */
  stopServer(name: string): Promise<void>;
  /** Starts a stopped server again, on the same port and data. */
  startServer(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the primary, then all replicas at once. On failure nothing is left running. */
export async function startLedger(options: LedgerOptions): Promise<LocalLedger> {
  const adminToken = randomBytes(24).toString('base64url');
  const servers = new Map<string, Sqld>();
  const wanted = new Set<string>();
  let stopped = false;

  const run = async (name: string, sqldOptions: SqldOptions): Promise<Sqld> => {
    const server = await startSqld(sqldOptions);
    servers.set(name, server);
    wanted.add(name);
    void server.exited.then(() => restart(name, server));
    return server;
  };
  const restart = async (name: string, server: Sqld): Promise<void> => {
    for (let pause = RESTART_FIRST_MS; ; pause = Math.min(2 * pause, RESTART_LAST_MS)) {
      if (stopped || options.onRestart === undefined || !wanted.has(name) || servers.get(name) !== server)
        return;
      options.onRestart(`sqld ${name} (process ${server.pid}) ended; starting it again`);
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (stopped) return;
      try {
        await run(name, server.options);
        if (stopped) await servers.get(name)?.stop();
        return;
      } catch (error) {
        options.onRestart(`sqld ${name} does not start: ${(error as Error).message}`);
      }
    }
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    await Promise.all([...servers.values()].map((server) => server.stop()));
  };
  try {
    const primary = await run('primary', {
      dir: join(options.directory, 'primary'),
      role: 'primary',
      adminToken,
      ...options.ports?.primary,
    });
    const { grpcUrl = '', adminUrl = '' } = primary;
    await Promise.all(
      options.regions.map((region) =>
        run(region, {
          dir: join(options.directory, `replica-${region}`),
          role: 'replica',
          primaryGrpcUrl: grpcUrl,
          ...options.ports?.[region],
        }),
      ),
    );
    const byRegion = (host: string) =>
      Object.fromEntries(
        options.regions.map((region) => [region, onHost(servers.get(region)?.url ?? '', host)]),
      );
    return {
      primary: onHost(primary.url, 'localhost'),
      replicas: byRegion('localhost'),
      env: {
        DATABASE_URL: primary.url,
        DATABASE_NAMESPACE: 'header',
        DATABASE_ADMIN: 'sqld',
        DATABASE_ADMIN_URL: adminUrl,
        DATABASE_ADMIN_TOKEN: adminToken,
        ...(options.regions.length === 0 ? {} : { DATABASE_REPLICAS: JSON.stringify(byRegion('127.0.0.1')) }),
      },
      ports: Object.fromEntries([...servers].map(([name, server]) => [name, portsOf(server)])),
      pids: () => Object.fromEntries([...servers].map(([name, { pid }]) => [name, pid])),
      stopServer: async (name) => {
        wanted.delete(name);
        await servers.get(name)?.stop();
      },
      startServer: async (name) => {
        const server = servers.get(name);
        if (server !== undefined) await run(name, server.options);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portsOf({ options }: Sqld): LedgerPorts {
  const { httpPort, grpcPort, adminPort } = options;
  return {
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(grpcPort === undefined ? {} : { grpcPort }),
    ...(adminPort === undefined ? {} : { adminPort }),
  };
}

function onHost(url: string, host: string): string {
  const { port } = new URL(url);
  return `http://${host}:${port}`;
}

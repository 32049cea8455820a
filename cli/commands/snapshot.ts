/** @module `atoll snapshot`: the state of a chain as a file, and a chain from such a file. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { SnapshotImportWire, SnapshotListWire } from '../../shared/api/schemas/snapshot.ts';
import { fromHex, toHex } from '../../shared/protocol/primitives/bytes.ts';
import { nodeRequest } from '../admin.ts';
import { adminTokenOf, chainIdOf, type GlobalOptions, optionsOf, outputOf, rpcUrlOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { fields } from '../output.ts';
import { decodeSnapshotFile, encodeSnapshotFile } from '../snapshot-file.ts';

/** Adds `snapshot list`, `snapshot export` and `snapshot import`. */
export function snapshotCommands(program: Command): void {
  const snapshot = program.command('snapshot').description('the state of a chain, proved, as a file');
  snapshot
    .command('list')
    .description('list the snapshots that a node has')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf(command);
      const list = await listOf(options);
      const lines = list.snapshots.map(
        (one) => `height ${one.height}  ${one.chunks} chunks  ${one.bytes} bytes`,
      );
      outputOf(options).result(list, lines.length > 0 ? lines : ['No snapshot yet.']);
    });
  snapshot
    .command('export')
    .description('write a snapshot of a node to a file')
    .argument('<file>')
    .option('--height <height>', 'of the snapshot; the newest unless given')
    .action(async (file: string, _: unknown, command: Command) => await exportTo(file, command));
  snapshot
    .command('import')
    .description('start a chain without blocks from a file (needs ATOLL_ADMIN_TOKEN)')
    .argument('<file>')
    .action(async (file: string, _: unknown, command: Command) => await importFrom(file, command));
}

async function exportTo(file: string, command: Command): Promise<void> {
  const options = optionsOf<{ height?: string }>(command);
  const output = outputOf(options);
  const { snapshots } = await listOf(options);
  const chosen =
    options.height === undefined
      ? snapshots[0]
      : snapshots.find(({ height }) => `${height}` === options.height);
  if (chosen === undefined) {
    throw new CliError('not_found', 'the node has no such snapshot', {
      hint: 'see "atoll snapshot list"; a node makes them where SNAPSHOT_INTERVAL is above 0',
    });
  }
  const { height, chunks } = chosen;
  const get = <T>(path: string) => request<T>(options, 'GET', `/${height}${path}`);
  const { manifest } = await get<{ manifest: string }>('');
  const parts: Uint8Array[] = [];
  for (let position = 0; position < chunks; position += 1) {
    parts.push(fromHex((await get<{ bytes: string }>(`/chunks/${position}`)).bytes));
    output.note(`chunk ${position + 1} of ${chunks}`);
  }
  const bytes = encodeSnapshotFile({ manifest: fromHex(manifest), chunks: parts });
  await writeFile(file, bytes);
  output.result(
    { file, height, chunks, bytes: bytes.length },
    fields([
      ['file', file],
      ['height', String(height)],
      ['bytes', String(bytes.length)],
    ]),
  );
}

async function importFrom(file: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const output = outputOf(options);
  const token = adminTokenOf();
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CliError('usage', `${file} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
  const { manifest, chunks } = decodeSnapshotFile(content, file);
  const post = (path: string, body: unknown) =>
    request<SnapshotImportWire>(options, 'POST', path, body, token);
  let progress = await post('', { manifest: toHex(manifest) });
  for (const [position, chunk] of chunks.entries()) {
    progress = await post('/chunks', { position, bytes: toHex(chunk) });
    output.note(`chunk ${position + 1} of ${chunks.length}`);
  }
  if (progress.missing.length > 0) {
    throw new CliError('runtime', `${file} lacks chunks: ${progress.missing.slice(0, 10).join(', ')}`);
  }
  const { height } = progress;
  output.result({ height, chunks: progress.chunks }, [`The chain starts from height ${height}.`]);
}

async function listOf(options: GlobalOptions): Promise<SnapshotListWire> {
  return await request(options, 'GET', '');
}

async function request<T>(
  options: GlobalOptions,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  adminToken?: string,
): Promise<T> {
  const chainId = chainIdOf(options);
  const prefix = chainId === undefined ? '' : `/chains/${encodeURIComponent(chainId)}`;
  const target = { url: rpcUrlOf(options), ...(adminToken === undefined ? {} : { adminToken }) };
  return await nodeRequest<T>(target, method, `${prefix}/rpc/snapshots${path}`, body);
}

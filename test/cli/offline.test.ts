/** @module The parts of the command that need no node: usage, keys, init, doctor. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/devnet/bundle.ts';
import { freePort } from '../../cli/devnet/ports.ts';
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { checkGenesis } from '../../shared/protocol/genesis/check.ts';
import { genesisFromJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { runCli } from '../support/cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-cli-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('atoll', () => {
  test('prints its help on stdout with exit code 0, and lists every command', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of [
      'devnet',
      'sample',
      'init',
      'keys',
      'tx',
      'balance',
      'block',
      'head',
      'validators',
      'consensus',
      'watch',
      'message',
      'chain',
      'ledger',
      'doctor',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
  });

  test.each([
    ['an unknown command', ['blok']],
    ['an unknown option', ['head', '--fast']],
    ['a missing argument', ['tx', 'get']],
    ['a missing option', ['tx', 'send', '--amount', '1']],
    ['an address of the wrong length', ['balance', '0x12']],
    ['an amount with a fraction', ['tx', 'send', '--to', `0x${'1'.repeat(40)}`, '--amount', '1.5']],
    ['a negative amount', ['tx', 'send', '--to', `0x${'1'.repeat(40)}`, '--amount=-1']],
    ['an RPC URL that is none', ['head', '--rpc-url', 'localhost:9080']],
    ['a port above 65535', ['devnet', '--port', '65536']],
    ['a duration without a unit', ['devnet', '--block-time', '5']],
    ['a block that is neither height, hash nor latest', ['block', 'newest']],
    ['an unknown topic', ['watch', 'blocks']],
    ['neither text nor file of a message', ['message', 'send', '--to', `0x${'1'.repeat(40)}`]],
  ])('refuses %s with exit code 2 and no data', async (_, args) => {
    const { code, stdout, stderr } = await runCli(args, { ATOLL_PRIVATE_KEY: `0x${'1'.repeat(64)}` });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test('ends with exit code 4 where a command signs and no key was given', async () => {
    const { code, stderr } = await runCli(['tx', 'send', '--to', `0x${'1'.repeat(40)}`, '--amount', '1']);
    expect(code).toBe(4);
    expect(stderr).toContain('ATOLL_PRIVATE_KEY');
  });

  test('never repeats a private key that has the wrong form', async () => {
    const secret = '12'.repeat(31);
    const { code, stdout, stderr } = await runCli(
      ['tx', 'send', '--to', `0x${'1'.repeat(40)}`, '--amount', '1'],
      {
        ATOLL_PRIVATE_KEY: secret,
      },
    );
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(secret);
  });

  test('ends with exit code 6 and says how to start a node where none answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await runCli(['sample'], { ATOLL_RPC_URL: url });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain(url);
    expect(stderr).toContain('npm run devnet');
  });

  test('without dependencies it asks for npm ci, with exit code 2, on any Node', async () => {
    const bare = join(folder, 'bare');
    await cp(join(ROOT, 'cli/atoll.js'), join(bare, 'cli/atoll.js'), { recursive: true });
    await writeFile(join(bare, 'package.json'), '{"type":"module"}');
    const run = promisify(execFile)(process.execPath, [join(bare, 'cli/atoll.js')]);
    await expect(run).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('npm ci'),
    });
  });

  test('started through a link it still finds its files', async () => {
    const link = join(folder, 'atoll');
    await symlink(join(ROOT, 'cli/atoll.js'), link);
    const { stdout } = await promisify(execFile)(process.execPath, [link, '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('atoll keys new', () => {
  test('prints a new key each time', async () => {
    const [first, second] = await Promise.all([
      runCli(['keys', 'new', '--json']),
      runCli(['keys', 'new', '--json']),
    ]);
    const keys = [first, second].map(({ stdout }) => JSON.parse(stdout) as Record<string, string>);
    for (const key of keys) {
      expect(key).toEqual({
        address: expect.stringMatching(/^0x[0-9a-f]{40}$/),
        public_key: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        private_key: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      });
    }
    expect(keys[0]?.private_key).not.toBe(keys[1]?.private_key);
  });

  test('with --out writes the secret only to a file of mode 600, and never over another', async () => {
    const out = join(folder, 'key.json');
    const { code, stdout } = await runCli(['keys', 'new', '--out', out, '--json']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('private_key');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const before = await readFile(out, 'utf8');
    expect((await runCli(['keys', 'new', '--out', out])).code).toBe(5);
    expect(await readFile(out, 'utf8')).toBe(before);
  });
});

describe('atoll init', () => {
  test('writes a genesis that a chain can start from, its keys with mode 600, and prints the commands for secrets', async () => {
    const dir = join(folder, 'chain');
    const allocation = `0x${'ab'.repeat(20)}=77`;
    const { code, stdout } = await runCli([
      'init',
      '--chain-id',
      'my-chain',
      '--dir',
      dir,
      '--block-time',
      '250ms',
      '--allocate',
      allocation,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('wrangler secret put VALIDATOR_KEY');
    expect(stdout).toContain('wrangler secret put ADMIN_TOKEN');
    const genesis = genesisFromJson(JSON.parse(await readFile(join(dir, 'genesis.json'), 'utf8')));
    checkGenesis(genesis, nativeVerifier);
    expect(stdout).toContain(hashGenesis(genesis));
    expect(genesis.chainId).toBe('my-chain');
    expect(genesis.params.blockTimeMs).toBe(250);
    expect(genesis.allocations.map(({ amount }) => amount)).toEqual([1_000_000_000_000n, 77n]);
    for (const file of ['validator-key', 'operator-key', 'admin-token']) {
      expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
      expect(stdout).not.toContain((await readFile(join(dir, file), 'utf8')).trim());
    }
  });

  test('refuses a reserved chain id as a usage error', async () => {
    const { code, stderr } = await runCli(['init', '--chain-id', 'rpc', '--dir', join(folder, 'reserved')]);
    expect(code).toBe(2);
    expect(stderr).toContain('reserved');
  });
});

describe('atoll doctor', () => {
  test('accepts the settings of wrangler.toml', async () => {
    const { code, stdout } = await runCli(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });

  test('names every wrong setting at once, and fails', async () => {
    const vars = join(folder, 'vars');
    await writeFile(vars, 'LOG_LEVEL=loud\nDATABASE_URL=nowhere\nADMIN_TOKEN=short\n');
    const { code, stdout } = await runCli(['doctor', '--vars', vars]);
    expect(code).toBe(1);
    for (const name of ['LOG_LEVEL', 'DATABASE_URL', 'ADMIN_TOKEN']) expect(stdout).toContain(name);
    expect(stdout).not.toContain('short');
  });
});

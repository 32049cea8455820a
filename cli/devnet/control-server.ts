/** @module The devnet's ear: orders over HTTP on 127.0.0.1, for whoever holds the token. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { toCliError } from '../errors.ts';
import { type DevnetControl, NODE_ACTIONS, type NodeAction } from './control.ts';
import type { ControlAddress } from './control-file.ts';

const ORDER_PATH = /^\/nodes\/([^/]{1,64})\/([a-z-]{1,32})$/;
/** A failure's kind is in the body; the status only says that it is one. */
const FAILED = 409;

/** A listening server. */
export interface ControlServer {
  readonly address: ControlAddress;
  close(): void;
}

/** Starts to listen on a free port. */
export async function listenForControl(control: DevnetControl): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => void answer(control, token, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: { url: `http://127.0.0.1:${portOf(server)}`, token, pid: process.pid },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  control: DevnetControl,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume(); // orders have no body
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
    return reply(401, { error: { kind: 'auth', message: 'the control token is missing or wrong' } });
  }
  const [, name, action] = ORDER_PATH.exec(request.url ?? '') ?? [];
  try {
    if (request.method === 'GET' && request.url === '/status') return reply(200, await control.status());
    if (request.method === 'POST' && name !== undefined && isAction(action))
      return reply(200, await control.act(name, action));
    reply(404, { error: { kind: 'usage', message: `there is no ${request.method} ${request.url}` } });
  } catch (error) {
    const { kind, message, hint } = toCliError(error);
    reply(FAILED, { error: { kind, message, hint } });
  }
}

function isAction(text: string | undefined): text is NodeAction {
  return (NODE_ACTIONS as readonly (string | undefined)[]).includes(text);
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the control server does not listen');
  return address.port;
}

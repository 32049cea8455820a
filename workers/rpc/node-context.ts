/** @module From an HTTP request to what handlers see of it. */
import type { Context } from 'hono';
import { ApiError } from '../../shared/api/problems.ts';
import type { Settings } from '../../shared/api/settings.ts';
import type { Place } from '../../shared/ledger/replicas.ts';
import type { NodeContext } from '../context.ts';
import type { Env } from '../env.ts';
import { sourceOf } from '../p2p/node-calls.ts';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** The client's `X-Request-Id` where it has a plain form, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

/** Throws REQUEST_INVALID for a bad X-Min-Height. */
export function nodeContext(
  c: Context<{ Bindings: Env }>,
  settings: Settings,
  requestId: string,
): NodeContext {
  const request = c.req.raw;
  const prefix = /^\/chains\/[a-z0-9-]+(?=\/)/.exec(c.req.path)?.[0] ?? '';
  return {
    env: c.env,
    settings,
    requestId,
    minHeight: minHeightOf(request),
    place: placeOf(request, settings),
    bearer: /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? null,
    source: sourceOf(request),
    pathPrefix: prefix,
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
  };
}

function minHeightOf(request: Request): number {
  const text = request.headers.get('x-min-height');
  if (text === null) return 0;
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  const errors = [{ pointer: '/header/x-min-height', detail: 'expected a decimal height' }];
  throw new ApiError('REQUEST_INVALID', 'X-Min-Height is not a height', { errors });
}

/** Where the reader is, as the platform says; the node's own region where it says nothing. */
export function placeOf(request: Request, settings: Settings): Place {
  const cf = request.cf as Partial<Record<'colo' | 'country' | 'continent', string>> | undefined;
  const place: { -readonly [Name in keyof Place]: Place[Name] } = {};
  if (typeof cf?.colo === 'string') place.colo = cf.colo;
  if (typeof cf?.country === 'string') place.country = cf.country;
  if (typeof cf?.continent === 'string') place.continent = cf.continent;
  if (settings.nodeRegion !== undefined) place.region = settings.nodeRegion;
  return place;
}

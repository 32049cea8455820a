/**
 * @module Cross-origin rules: any page may read and submit, since requests carry no cookies and signatures are the only
 * authority. Admin routes answer without these headers, so no page can use them.
 */

const EXPOSED = [
  'ETag',
  'Location',
  'Retry-After',
  'X-Chain-Height',
  'X-Chain-Id',
  'X-Genesis-Hash',
  'X-Request-Id',
  'X-Served-By',
].join(', ');
const ALLOWED = [
  'Content-Type',
  'If-None-Match',
  'Last-Event-ID',
  'X-Chain-Id',
  'X-Min-Height',
  'X-Request-Id',
].join(', ');
/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 86_400;

/** Headers of every public answer. */
export function corsHeaders(): Record<string, string> {
  return { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED };
}

/** The answer to a preflight. */
export function preflightResponse(requestId: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(),
      'access-control-allow-methods': 'GET, POST, PUT, OPTIONS',
      'access-control-allow-headers': ALLOWED,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
      'x-request-id': requestId,
    },
  });
}

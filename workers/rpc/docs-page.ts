/** @module The try-it page at /docs: everything from this origin, no inline script, works offline. */
import styles from 'swagger-ui-dist/swagger-ui.css';
import script from 'swagger-ui-dist/swagger-ui-bundle.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // the page's library sets style attributes
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Atoll API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/initializer.js"></script>
</body>
</html>
`;

const INITIALIZER = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** How long browsers keep the library; it changes with the node's version alone. */
const ASSET_SECONDS = 3_600;

/** Path -> response of everything the page consists of. */
export const DOCS_FILES: Readonly<Record<string, () => Response>> = {
  '/docs': page,
  '/api/v1/docs': page,
  '/docs/swagger-ui.css': () => asset(styles, 'text/css; charset=utf-8'),
  '/docs/swagger-ui-bundle.js': () => asset(script, 'text/javascript; charset=utf-8'),
  '/docs/initializer.js': () => asset(INITIALIZER, 'text/javascript; charset=utf-8'),
};

function page(): Response {
  return new Response(PAGE, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  });
}

function asset(body: ArrayBuffer | string, type: string): Response {
  return new Response(body, {
    headers: {
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'cache-control': `public, max-age=${ASSET_SECONDS}`,
    },
  });
}

/** Files of the try-it page, which the rules of wrangler.toml put into the bundle as bytes. */
declare module 'swagger-ui-dist/swagger-ui.css' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const bytes: ArrayBuffer;
  export default bytes;
}

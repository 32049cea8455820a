/** @module What this build is. */

/** Version of the node's software; the package has the same (tested). */
export const VERSION = '0.1.0';
/** Version of the protocol: of genesis and headers. */
export const PROTOCOL_VERSION = 1;

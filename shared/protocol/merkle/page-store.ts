/** @module The port through which the state tree reads its stored pages. Pages never enter the root. */

/** Page ids are the path prefix of the page as a string of hex digits; the root page is ''. */
export interface PageReader {
  getPage(id: string): Uint8Array | null;
}

/** A page after a block; null deletes it. */
export interface PageWrite {
  readonly id: string;
  readonly bytes: Uint8Array | null;
}

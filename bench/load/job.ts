/** @module What the measuring process and the load generator tell each other. */

/** Requests of one round: `lanes` are connections, each sends its requests one after the other. */
export interface LoadJob {
  readonly type: 'load';
  readonly url: string;
  /** JSON file: bodies of each lane. Null: GET requests without a body, `repeat` on each lane. */
  readonly bodiesFile: string | null;
  readonly lanes: number;
  readonly repeat: number;
}

/** Everything is in memory and every connection is open. */
export interface LoadReady {
  readonly type: 'loaded';
}

/** The last answer has come. */
export interface LoadDone {
  readonly type: 'done';
  /** From the first byte sent to the last answer. */
  readonly ms: number;
  readonly requests: number;
}

/** A request was refused: a round counts only if all of it was taken. */
export interface LoadFailed {
  readonly type: 'failed';
  readonly message: string;
}

export type FromGenerator = LoadReady | LoadDone | LoadFailed;
export type ToGenerator = LoadJob | { readonly type: 'go' };

/**
 * @module Fetches a snapshot from peers over their public routes. Nothing of it is taken on their word: a part that does
 * not hold ends the work with that peer, and what it gave before stays, since each part was checked by itself.
 */
import type { ChainPeer, PeerOffence } from '../../../shared/api/objects.ts';
import {
  snapshotChunkSchema,
  snapshotListSchema,
  snapshotSchema,
} from '../../../shared/api/schemas/snapshot.ts';
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../../shared/protocol/light-client/snapshot-chunk.ts';
import { SNAPSHOT_MANIFEST_BYTES_MAX } from '../../../shared/protocol/light-client/snapshot-manifest.ts';
import { fromHex } from '../../../shared/protocol/primitives/bytes.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { OutgoingRequests } from '../links/outgoing-requests.ts';
import type { SnapshotImport } from './snapshot-import.ts';

/** A peer that does not answer within this time is left. */
const REQUEST_MS_MAX = 15_000;
/** Chunks that are asked for at once: half of what the object may ask, so that links can be opened meanwhile. */
const CHUNKS_AT_ONCE = 2;
/** Text around the hex of a part. */
const TEXT_BYTES = 512;

/** What an answer has to look like. */
interface Form<T> {
  parse(value: unknown): T;
}

export interface SnapshotSourceDeps {
  readonly chainId: string;
  /** The chain's few outgoing requests. */
  readonly requests: Pick<OutgoingRequests, 'read'>;
  readonly report: (peer: ChainPeer, offence: PeerOffence, detail: string) => void;
  readonly log: Logger;
}

export class SnapshotSource {
  readonly #deps: SnapshotSourceDeps;

  constructor(deps: SnapshotSourceDeps) {
    this.#deps = deps;
  }

  /**
   * Brings the import to its end, from one peer after the other, best first. True once no chunk is missing; false when no
   * peer had a snapshot, or none that holds.
   */
  async fill(target: SnapshotImport, peers: readonly ChainPeer[]): Promise<boolean> {
    for (const peer of peers) {
      try {
        if (await this.#fillFrom(target, peer)) return true;
      } catch (error) {
        const isLie = error instanceof ProtocolError;
        this.#deps.report(peer, isLie ? 'wrong_state' : 'timeout', errorText(error));
        this.#deps.log.warning('a peer did not give a snapshot', {
          function: 'fill',
          peer: peer.url,
          error: errorText(error),
        });
      }
    }
    return false;
  }

  async #fillFrom(target: SnapshotImport, peer: ChainPeer): Promise<boolean> {
    const { snapshots } = await this.#get(peer, '', snapshotListSchema, 65_536);
    // A snapshot that was begun is ended with whoever still has it.
    const begun = snapshots.find(({ height }) => height === target.progress?.height);
    const chosen = begun ?? snapshots[0];
    if (chosen === undefined) return false;
    const path = `/${chosen.height}`;
    const { manifest } = await this.#get(peer, path, snapshotSchema, 2 * SNAPSHOT_MANIFEST_BYTES_MAX);
    let { missing } = target.begin(fromHex(manifest));
    while (missing.length > 0) {
      const wanted = missing.slice(0, CHUNKS_AT_ONCE);
      const parts = await Promise.all(
        wanted.map((position) =>
          this.#get(peer, `${path}/chunks/${position}`, snapshotChunkSchema, 2 * SNAPSHOT_CHUNK_BYTES_MAX),
        ),
      );
      for (const [index, { bytes }] of parts.entries()) target.add(wanted[index] ?? 0, fromHex(bytes));
      missing = target.progress?.missing ?? [];
    }
    return true;
  }

  /** A 200 with JSON of this form, its size checked while it is read. */
  async #get<T>(peer: ChainPeer, path: string, schema: Form<T>, bytesMax: number): Promise<T> {
    const url = `${peer.url}/chains/${this.#deps.chainId}/rpc/snapshots${path}`;
    return this.#deps.requests.read(url, async (send) => {
      const response = await send(AbortSignal.timeout(REQUEST_MS_MAX));
      const text = await readText(response, bytesMax + TEXT_BYTES);
      if (response.status !== 200) throw new Error(`GET ${url}: HTTP ${response.status}`);
      return schema.parse(JSON.parse(text));
    });
  }
}

async function readText(response: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new Error(`an answer of more than ${bytesMax} bytes`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

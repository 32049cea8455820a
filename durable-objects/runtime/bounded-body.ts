/** @module Bodies of answers from others: read no further than a limit. */
import { concatBytes } from '../../shared/protocol/primitives/bytes.ts';

/**
 * The bytes of an answer, or null as soon as they are known to be more than `bytesMax`; the rest is not read then. `onBytes` is
 * told how many have come, each time that some do.
 */
export async function boundedBody(
  response: Response,
  bytesMax: number,
  onBytes: (count: number) => void = () => undefined,
): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    size += value.length;
    onBytes(value.length);
    if (size > bytesMax) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
}

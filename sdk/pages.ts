/** @module Lists as async iterators over opaque cursors. */
import type { Transport } from './transport.ts';
import type { ListOptions } from './types.ts';

/** Yields the items of all pages; `name` is the member of the answer that holds them. */
export async function* pages<Item>(
  transport: Transport,
  path: string,
  name: string,
  query: Readonly<Record<string, string | undefined>>,
  options: ListOptions,
): AsyncGenerator<Item, void, undefined> {
  let cursor = options.cursor;
  do {
    const page = await transport.get<Record<string, unknown>>(path, {
      query: { ...query, limit: options.pageSize, cursor },
      signal: options.signal,
    });
    yield* page[name] as Item[];
    cursor = (page.next_cursor as string | null) ?? undefined;
  } while (cursor !== undefined);
}

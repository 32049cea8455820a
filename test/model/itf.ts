/** @module Reading traces in the Informal Trace Format, as Quint writes them, into plain values. */

export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** An input of the model: its name and what came with it. */
export interface TraceInput {
  readonly tag: string;
  readonly value: Plain;
}

export interface TraceState {
  readonly input: TraceInput;
  /** By validator, honest ones only. */
  readonly nodes: Readonly<Record<string, Plain>>;
}

/**
 * Sets become lists in the order of their JSON, and maps objects, so that equal values have equal JSON but for the order
 * of keys. Throws on what the model does not use.
 */
export function plainValue(value: unknown): Plain {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) throw new Error(`no value of a trace: ${value}`);
  if ('#bigint' in value) return Number(value['#bigint']);
  if ('#set' in value) return sorted((value['#set'] as unknown[]).map(plainValue));
  if ('#tup' in value) return (value['#tup'] as unknown[]).map(plainValue);
  const entries = '#map' in value ? (value['#map'] as [unknown, unknown][]) : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [String(plainValue(key)), plainValue(item)]));
}

/** In the order of their JSON. */
export function sorted(values: readonly Plain[]): Plain[] {
  return values.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

/** The states of one trace. Names of variables lose the modules before them. */
export function readTrace(text: string): TraceState[] {
  const { states } = JSON.parse(text) as { states: Record<string, unknown>[] };
  return states.map((state) => {
    const variable = (name: string): unknown => {
      const key = Object.keys(state).find((each) => each.split('::').at(-1) === name);
      if (key === undefined) throw new Error(`a trace without ${name}`);
      return state[key];
    };
    const { tag, value } = variable('input') as { tag: string; value: unknown };
    const nodes = plainValue(variable('nodes')) as TraceState['nodes'];
    return { input: { tag, value: plainValue(value) }, nodes };
  });
}

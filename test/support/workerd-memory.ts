/** @module The memory of a test node's workerd: resident bytes from /proc, the heap of its objects through the inspector. */
import { readFile } from 'node:fs/promises';
import { descendants } from './devnet.ts';
import type { TestNode } from './node.ts';

/** Isolate that holds the Worker and all objects of a node. */
const NODE_ISOLATE = 'core:user:';
const ANSWER_MS_MAX = 30_000;
/** Between two requests that keep the isolate going, so that it comes to collect. */
const STIR_MS = 20;
/** A second collection frees what finalizers of the first let go of, a third what is left of that. */
const COLLECTIONS = 3;

/** What V8 says of the isolate, in bytes. */
export interface HeapUsage {
  /** Objects on the heap. */
  readonly usedSize: number;
  /** Contents of array buffers. */
  readonly backingStorageSize: number;
  /** The runtime's own objects that belong to JavaScript ones. */
  readonly embedderHeapUsedSize: number;
}

/** Heap, array buffers and the runtime's part together, in bytes. */
export function heapBytes(usage: HeapUsage): number {
  return usage.usedSize + usage.backingStorageSize + usage.embedderHeapUsedSize;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A node's workerd under observation. Linux only. */
export class WorkerdMemory {
  readonly #node: TestNode;
  readonly #pid: number;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(node: TestNode, pid: number, socket: WebSocket) {
    this.#node = node;
    this.#pid = pid;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      this.#waiting.get(answer.id ?? 0)?.(answer);
    });
  }

  /** Attaches to a node that was started with `inspector: true` by this process, which must have started no other. */
  static async of(node: TestNode): Promise<WorkerdMemory> {
    const inspector = await node.mf.getInspectorURL();
    const list = await fetch(`http://${inspector.host}/json`);
    const targets = (await list.json()) as { id: string; webSocketDebuggerUrl: string }[];
    const target = targets.find(({ id }) => id.startsWith(NODE_ISOLATE));
    if (target === undefined) throw new Error(`no isolate of a Worker among ${JSON.stringify(targets)}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')));
    });
    return new WorkerdMemory(node, await workerdPid(), socket);
  }

  /** Bytes of the process in memory, after its garbage was collected. */
  async resident(): Promise<number> {
    await this.collect();
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    return 1_024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  }

  /** What is on the heap after its garbage was collected. */
  async heap(): Promise<HeapUsage> {
    await this.collect();
    return (await this.#call('Runtime.getHeapUsage')) as HeapUsage;
  }

  /** Collects all garbage. The isolate does it in its next turn, so requests give it turns. */
  async collect(): Promise<void> {
    for (let done = 0; done < COLLECTIONS; done += 1) {
      let collected = false;
      const collecting = this.#call('HeapProfiler.collectGarbage').then(() => {
        collected = true;
      });
      while (!collected) {
        await (await fetch(`${this.#node.url}/livez`)).arrayBuffer();
        await Promise.race([collecting, new Promise((resolve) => setTimeout(resolve, STIR_MS))]);
      }
    }
  }

  close(): void {
    this.#socket.close();
  }

  async #call(method: string): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to ${method}`)), ANSWER_MS_MAX);
      this.#waiting.set(id, (message) => {
        clearTimeout(late);
        resolve(message);
      });
      this.#socket.send(JSON.stringify({ id, method }));
    });
    this.#waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }
}

async function workerdPid(): Promise<number> {
  const found: number[] = [];
  for (const pid of await descendants(process.pid)) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'workerd') found.push(pid);
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} workerd below this process`);
  return pid;
}

/** @module What has to be undone, newest first, also when it came about after the end was asked for. */
import { CliError } from '../errors.ts';

export class Cleanups {
  readonly #todo: (() => Promise<unknown> | unknown)[] = [];
  #ended: Promise<void> | undefined;

  /** Remembers an undoing. @throws CliError interrupted, with it done, when the end has begun. */
  async add(undo: () => Promise<unknown> | unknown): Promise<void> {
    if (this.#ended === undefined) {
      this.#todo.push(undo);
      return;
    }
    await undo();
    throw new CliError('interrupted', 'the devnet ends');
  }

  /** Undoes everything, once. */
  run(): Promise<void> {
    this.#ended ??= this.#run();
    return this.#ended;
  }

  async #run(): Promise<void> {
    for (let undo = this.#todo.pop(); undo !== undefined; undo = this.#todo.pop()) await undo();
  }
}

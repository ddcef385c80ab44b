/** Carries out what it is given one after the other, also when one of it brings more: that comes behind the rest. */
export class InOrder {
  readonly #todo: (() => void)[] = [];
  #running = false;

  push(job: () => void): void {
    this.#todo.push(job);
  }

  /** One that throws must not keep the rest from happening; its fault is not hidden either. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#todo.shift(); job; job = this.#todo.shift()) {
      try {
        job();
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
    this.#running = false;
  }
}

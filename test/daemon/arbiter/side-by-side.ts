import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Explored } from "./exploration.ts";

let running = 0;
const waiting: (() => void)[] = [];

/** Explores a scenario in a thread, at most as many at once as there are processors (and four). */
export async function exploreAside(name: string, limit: number): Promise<Explored> {
  if (running >= Math.min(4, availableParallelism())) await new Promise<void>((start) => waiting.push(start));
  running += 1;
  try {
    return await inThread({ name, limit });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function inThread(workerData: { name: string; limit: number }): Promise<Explored> {
  const { promise, resolve, reject } = Promise.withResolvers<Explored>();
  const worker = new Worker(new URL("./exploration-worker.ts", import.meta.url), {
    workerData,
    execArgv: ["--conditions=mtui-source"],
  });
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.once("exit", (code) => reject(new Error(`the thread ended with ${code}`)));
  return promise;
}

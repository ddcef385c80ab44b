import { availableParallelism } from "node:os";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Explored } from "./exploration.ts";

let running = 0;
const waiting: (() => void)[] = [];

/** Explores a scenario in a thread, at most as many at once as there are processors (and four). */
export async function exploreAside(name: string, limit: number): Promise<Explored> {
  if (running >= Math.min(4, availableParallelism())) await new Promise<void>((start) => waiting.push(start));
  running += 1;
  try {
    return await inThread(name, limit);
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function inThread(name: string, limit: number): Promise<Explored> {
  const { promise, resolve, reject } = Promise.withResolvers<Explored>();
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("./exploration-worker.ts", import.meta.url), {
    workerData: { name, limit, port: port2 },
    transferList: [port2],
    execArgv: ["--conditions=mtui-source"],
    // States are made and forgotten by the million.
    resourceLimits: { maxYoungGenerationSizeMb: 128 },
  });
  port1.once("message", resolve);
  worker.once("error", reject);
  worker.once("exit", (code) => code !== 0 && reject(new Error(`the thread ended with ${code}`)));
  return promise.finally(() => port1.close());
}

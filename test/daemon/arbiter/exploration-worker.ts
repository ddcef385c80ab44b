import { parentPort, workerData } from "node:worker_threads";
import { explore } from "./exploration.ts";
import { scenarios } from "./scenarios.ts";

/** Explores one scenario in a thread of its own: `workerData` = `{name, limit}`, the answer is what was seen. */
const { name, limit } = workerData;
const found = scenarios.find((entry) => entry.name === name);
if (!found) throw new Error(`no scenario ${name}`);
parentPort?.postMessage(explore(found.scenario, { limit }));

import { workerData } from "node:worker_threads";
import { explore } from "./exploration.ts";
import { scenarios } from "./scenarios.ts";

/** Explores one scenario in a thread of its own: `workerData` = `{name, limit, port}`; the port gets what was seen. */
const { name, limit, port } = workerData;
const found = scenarios.find((entry) => entry.name === name);
if (!found) throw new Error(`no scenario ${name}`);
const answer = explore(found.scenario, { limit });
port.postMessage(answer);

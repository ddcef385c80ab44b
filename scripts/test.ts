/**
 * `npm test` and `npm run test:long`: the unit tests everywhere, the tests on real hosts where this
 * machine can have them. What is left out is said, never silently skipped. Ends with the test
 * runner's own summary.
 */
import { spawnSync } from "node:child_process";
import { ensureLabTools } from "../test/lab/install.ts";

const long = process.argv.includes("--long");
const filters = process.argv.slice(2).filter((argument) => argument !== "--long");

const missing = await ensureLabTools({ say: (text: string) => process.stderr.write(`${text}\n`) });
if (missing.length > 0) {
  process.stderr.write(`SKIPPED: the tests on real hosts; this machine lacks: ${missing.join(", ")}\n`);
}
const run = spawnSync("vitest", ["run", ...filters], {
  stdio: "inherit",
  env: {
    ...process.env,
    ...(long ? { MTUI_LONG: "1" } : {}),
    ...(missing.length > 0 ? { MTUI_NO_LAB: missing.join(", ") } : {}),
  },
});
process.exit(run.status ?? 1);

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopDaemon } from "@mtui/core/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBridge } from "./support/bridge.ts";
import { bundleServer } from "./support/bundled.ts";
import { HOLD, NEED_FIXTURES, REVISIONS, type Revision } from "./support/scenarios.ts";
import { type Checks, runSuite } from "./support/suite.ts";
import type { WebServer } from "./support/web-server.ts";

const DAEMON = join(import.meta.dirname, "../../packages/daemon/src/main.ts");

let folder: string;
let env: Record<string, string>;
let bridge: WebServer;

/** A daemon without hosts is started by whichever server asks it first. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mtui-conformance-"));
  env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, "run"),
    XDG_STATE_HOME: join(folder, "state"),
    MTUID: DAEMON,
    NODE_OPTIONS: "--conditions=mtui-source",
  };
  await mkdir(join(folder, "run"), { mode: 0o700 });
  bridge = await startBridge({ command: process.execPath, args: [await bundleServer(folder)], env });
});

afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]();
  await stopDaemon({ client: { kind: "script", name: "test" }, env, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** A warning is what the protocol says one should do: no less for us. */
function missed(checks: Checks): string[] {
  const ids = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING").map(({ id }) => id);
  return [...new Set(ids)].toSorted();
}

function expected(revision: Revision): Record<string, readonly string[]> {
  const hold = HOLD[revision].map((name) => [name, []] as const);
  const need = Object.entries(NEED_FIXTURES[revision]).map(([name, { checks }]) => [name, checks] as const);
  return Object.fromEntries([...hold, ...need]);
}

describe.concurrent.each(REVISIONS)("the official suite's scenarios for servers, %s", (revision) => {
  test("hold, but for checks that call the suite's own fixtures", { timeout: 120_000 }, async () => {
    const results = await runSuite(bridge.url, { revision, folder: join(folder, revision) });
    const seen = [...results].map(([scenario, checks]) => [scenario, missed(checks)] as const);
    const why = [...results.values()].flat().filter(({ status }) => status === "FAILURE");
    // A scenario that is new, or one that suddenly holds, shows as well as one that does not hold any more.
    expect(Object.fromEntries(seen), JSON.stringify(why, ["id", "errorMessage"], 1)).toEqual(
      expected(revision),
    );
    // Nothing is said of a scenario that made no check.
    expect(seen.filter(([name]) => results.get(name)?.length === 0)).toEqual([]);
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeInstance } from "../../../packages/daemon/src/store/instance.ts";

function stateDir() {
  const dir = mkdtempSync(join(tmpdir(), "mtui-state-"));
  return { dir: join(dir, "mtui"), [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test("one holder for a state directory; the id stays, another directory has another", () => {
  using at = stateDir();
  using elsewhere = stateDir();
  const first = takeInstance(at.dir);
  expect(first?.daemonId).toMatch(/^[0-9a-f]{12}$/);
  expect(takeInstance(at.dir)).toBeNull();
  using other = takeInstance(elsewhere.dir);
  expect(other?.daemonId).not.toBe(first?.daemonId);
  first?.[Symbol.dispose]();
  using second = takeInstance(at.dir);
  expect(second?.daemonId).toBe(first?.daemonId);
});

test("the lock of a process that was killed is free at once", async () => {
  using at = stateDir();
  const module = join(import.meta.dirname, "../../../packages/daemon/src/store/instance.ts");
  const script = `import { takeInstance } from ${JSON.stringify(module)};
    console.log(takeInstance(${JSON.stringify(at.dir)}) === null ? "beaten" : "taken"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--conditions=mtui-source", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout, "data");
  expect(String(said)).toBe("taken\n");
  expect(takeInstance(at.dir)).toBeNull();
  child.kill("SIGKILL");
  await once(child, "exit");
  using mine = takeInstance(at.dir);
  expect(mine).not.toBeNull();
});

test("a state directory that others may enter, or a broken database, is an error and no 'taken'", () => {
  using at = stateDir();
  mkdirSync(at.dir, { mode: 0o700 });
  writeFileSync(join(at.dir, "instance.db"), "no database, but long enough to be looked at. ".repeat(50));
  expect(() => takeInstance(at.dir)).toThrow(expect.objectContaining({ kind: "operation.failed" }));
  chmodSync(at.dir, 0o755);
  expect(() => takeInstance(at.dir)).toThrow(
    expect.objectContaining({ hint: `Close it: chmod 700 ${at.dir}` }),
  );
});

test("what is published goes with the holder", () => {
  using at = stateDir();
  const holder = takeInstance(at.dir);
  holder?.publish({ version: "1", build: "b", socket: "/s", log: "/l", started_at: 1 });
  const file = join(at.dir, "mtuid.pid.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  holder?.[Symbol.dispose]();
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
});

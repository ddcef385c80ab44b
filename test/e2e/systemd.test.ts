import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "@mtui/core/registry";
import { expect, test } from "vitest";
import { startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { runs } from "./support/left-behind.ts";
import { managerMissing, startUserManager } from "./support/user-manager.ts";

const UNITS = join(import.meta.dirname, "../../packages/daemon/systemd");
const missing = withoutLab ? "a lab" : managerMissing();
const title = missing === null ? "as a systemd user service" : `as a systemd user service (needs ${missing})`;
const LOOP = "sh -c echo begun; until [ -e /go ]; do sleep 0.05; done; echo done";

/** What the user guide says to do. */
function install(home: TesterHome, config: string): void {
  const { XDG_CONFIG_HOME = "", PATH } = home.env;
  mkdirSync(join(XDG_CONFIG_HOME, "mtui"));
  cpSync(config, join(XDG_CONFIG_HOME, "mtui/mtui.yaml"));
  cpSync(UNITS, join(XDG_CONFIG_HOME, "systemd/user"), { recursive: true });
  mkdirSync(join(XDG_CONFIG_HOME, "environment.d"));
  writeFileSync(join(XDG_CONFIG_HOME, "environment.d/zz-mtui.conf"), `PATH=${PATH}\n`);
}

test.skipIf(missing !== null)(title, async () => {
  await using lab = await startLab({ hosts: [{ name: "ant" }] });
  await using home = new TesterHome({ config: "", env: { MTUI_CONF: undefined } });
  const [ant] = lab.hosts;
  if (ant === undefined) throw new Error("no host");
  install(home, lab.files.mtuiYaml);
  await using systemd = await startUserManager(home);
  const service = async () => ({
    state: await systemd.show("mtuid.service", "ActiveState"),
    pid: Number(await systemd.show("mtuid.service", "MainPID")),
    result: await systemd.show("mtuid.service", "Result"),
    restarts: Number(await systemd.show("mtuid.service", "NRestarts")),
  });
  const goesOn = async () => {
    const { finished_at } = await home.json<JobView>("job", "status", "run-1");
    return finished_at === null && (await runs(ant, LOOP));
  };

  // A daemon that a command started is there before; it makes room and loses nothing.
  await home.ctl("add-host", "-t", "ant");
  await home.ctl("run", "--background", "--", "sh", "-c", LOOP.slice("sh -c ".length));
  await waitUntil(() => runs(ant, LOOP), { for: "the loop on ant" });
  const before = home.daemonPid;
  await systemd.ctl("enable", "--now", "mtuid.socket");
  expect(await service()).toMatchObject({ state: "inactive", pid: 0 });

  // The first command starts it; the manager takes it for started only when it said so.
  expect(await goesOn()).toBe(true);
  const started = await service();
  expect(started).toMatchObject({ state: "active", result: "success", restarts: 0 });
  expect(started.pid).not.toBe(before);
  expect(home.daemonPid).toBe(started.pid);
  // There is a file of the daemon before it.
  const logs = await home.ctl("daemon", "logs");
  expect(logs).toMatchObject({ code: 5, stderr: expect.stringContaining("journalctl --user -u mtuid") });

  // Stopped, it leaves the command on its host; the next one has it again.
  await systemd.ctl("stop", "mtuid.service");
  expect(await service()).toMatchObject({ state: "inactive", result: "success" });
  expect(await goesOn()).toBe(true);
  await systemd.ctl("restart", "mtuid.service");
  await ant.exec("touch /go");
  expect(await home.ctl("job", "wait", "run-1")).toMatchObject({ code: 0 });
  expect((await home.ctl("job", "result", "run-1")).stdout).toContain("begun\ndone");

  // Killed, it is started again; ended by request it is not, and its socket stays.
  const { pid } = await service();
  process.kill(pid, "SIGKILL");
  await waitUntil(async () => (await service()).restarts === 1 && (await service()).state === "active", {
    for: "the service to be started again",
  });
  expect(await home.ctl("run", "--", "true")).toMatchObject({ code: 0 });
  expect(await home.ctl("daemon", "stop")).toMatchObject({ code: 0 });
  await waitUntil(async () => (await service()).state === "inactive", { for: "the end of the service" });
  expect(existsSync(join(home.env["XDG_RUNTIME_DIR"] ?? "", "mtui/mtuid.sock"))).toBe(true);
});

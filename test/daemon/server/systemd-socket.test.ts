import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { connect } from "@mtui/core/client";
import { expect, test } from "vitest";
import { sandbox } from "./harness.ts";

const client = { kind: "script", name: "test" } as const;
const script = join(import.meta.dirname, "../../core/client/fake-daemon.ts");

test("a socket that systemd made is served, and stays when the daemon goes", async () => {
  using box = sandbox();
  mkdirSync(dirname(box.socket), { mode: 0o700 });
  // What systemd does: listen, then pass the listening socket on as descriptor 3. Closing our copy
  // unlinks the name that was bound, so it is given another one before.
  const systemd = createServer();
  const hidden = `${box.socket}.new`;
  await new Promise<void>((resolve) => systemd.listen(hidden, resolve));
  renameSync(hidden, box.socket);
  const { fd } = Reflect.get(systemd, "_handle") as { fd: number };
  const start = 'exec env LISTEN_PID=$$ LISTEN_FDS=1 "$@"';
  const args = ["-c", start, "sh", process.execPath, "--conditions=mtui-source", script];
  const daemon = spawn("sh", args, { env: box.env, stdio: ["ignore", "inherit", "inherit", fd] });
  systemd.close();

  // The kernel keeps the connection until the daemon takes it: there is no start to wait for.
  const session = await connect({ client, autostart: false, env: box.env });
  expect(session.hello.pid).toBe(daemon.pid);
  await session.call("daemon_stop", {});
  await once(daemon, "exit");
  expect(existsSync(box.socket)).toBe(true);
});

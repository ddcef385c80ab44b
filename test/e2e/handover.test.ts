import type { DaemonClient } from "@mtui/core/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lab, type LabHost, readLock, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { leftBehind } from "./support/left-behind.ts";
import { connectorFor, openHost } from "./ssh/support/open.ts";

describe.skipIf(withoutLab)("a host that goes from one workspace to the next", () => {
  let lab: Lab;
  let host: LabHost;
  let home: TesterHome;
  let daemon: DaemonClient;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a" }], config: { connection: { connection_timeout: 5 } } });
    host = lab.host("a");
  });
  afterAll(async () => await lab?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    daemon = await home.connect();
  });
  afterEach(async () => {
    await host.wire({});
    await home[Symbol.asyncDispose]();
    await waitUntil(async () => (await connections()) === 0, { for: "the host to be left alone" });
    expect(await leftBehind(host)).toEqual([]);
  });

  async function take(workspace: string, wait = 0): Promise<void> {
    await daemon.call("add_host", { workspace, target: ["a"], wait });
  }

  async function leave(workspace: string): Promise<void> {
    expect(await daemon.call("remove_host", { workspace, hosts: ["a"] })).toMatchObject({ released: ["a"] });
  }

  /** By the host's own log. */
  function logins(): number {
    return host.diagnosis().split("Accepted publickey").length - 1;
  }

  /** Processes of sshd that serve somebody. */
  async function connections(): Promise<number> {
    const processes = (await host.must("ps -A -o args=")).split("\n");
    return processes.filter((args) => /^sshd(-session)?: root@/.test(args.trim())).length;
  }

  async function works(workspace: string): Promise<void> {
    expect(await daemon.call("run", { workspace, hosts: ["a"], command: ["true"] })).toMatchObject({
      job: { state: "done" },
    });
  }

  test("keeps its connection, and everything else is the next one's", async () => {
    const before = logins();
    await take("one");
    const next = take("two", 60);
    await waitUntil(
      async () => ((await daemon.call("list_queue", {})) as { tickets: unknown[] }).tickets.length === 1,
      { for: "somebody to wait" },
    );
    await leave("one");
    await next;
    expect(await readLock(host, "pool")).toContain("mtui pool - [two]");
    await works("two");
    expect(logins() - before).toBe(1);
    await leave("two");
    expect(await readLock(host, "pool")).toBeNull();
    expect(await connections()).toBe(1);
    expect(await daemon.call("daemon_status", {})).toMatchObject({ connections: 0 });
  });

  test("which its own products are read for again", async () => {
    await take("one");
    await leave("one");
    const file = "/etc/products.d/SLES.prod";
    const text = (await host.readFile(file)) ?? "";
    await host.writeFile(file, text.replaceAll("<patchlevel>6</patchlevel>", "<patchlevel>5</patchlevel>"));
    try {
      await take("two");
      const { hosts } = (await daemon.call("list_products", { workspace: "two" })) as {
        hosts: { base: { version: string } }[];
      };
      expect(hosts[0]?.base.version).toBe("15-SP5");
    } finally {
      await host.writeFile(file, text);
    }
    await leave("two");
  });

  test("reboots in between: a new connection, nothing of the old", async () => {
    const before = logins();
    await take("one");
    await leave("one");
    await host.reboot();
    await take("two");
    await works("two");
    expect(logins() - before).toBe(2);
    await leave("two");
  });

  test("goes silent in between: the silence costs seconds, no error", async () => {
    const before = logins();
    await take("one");
    await leave("one");
    await host.wire({ halfOpen: true });
    await host.wire({});
    await take("two");
    await works("two");
    expect(logins() - before).toBe(2);
    await leave("two");
  });

  test("goes off in between: unreachable, as for anybody", async () => {
    await take("one");
    await leave("one");
    await host.stop();
    try {
      await expect(take("two")).rejects.toMatchObject({ kind: "host.unreachable" });
    } finally {
      await host.start();
    }
  });

  test("has a service that an owner's command left: it is on no channel of ours, and the connection is kept", async () => {
    const before = logins();
    await take("one");
    const command = ["sh", "-c", "sleep 60 & echo $! >/root/left"];
    await daemon.call("run", { workspace: "one", hosts: ["a"], command });
    await leave("one");
    await take("two");
    expect(logins() - before).toBe(1);
    await leave("two");
    await host.exec("kill $(cat /root/left)");
  });

  test.each([
    ["runs", "sleep 60", false],
    ["left a service on the streams of a command that is over", "sleep 60 & echo up", true],
  ])("has no connection that is kept while somebody %s", async (_name, command, over) => {
    await using connector = connectorFor(lab);
    const session = await openHost(connector, "a");
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const outcome = session.query(`echo up; ${command}`, { onOutput: () => resolve() });
    await (over ? outcome : begun);
    await session.close({ keep: true });
    await outcome;
    await waitUntil(async () => (await connections()) === 0, { for: "the connection to end" });
    await host.exec("pkill -x sleep");
  });

  test("keeps one otherwise, until the connector ends", async () => {
    const connector = connectorFor(lab);
    const session = await openHost(connector, "a");
    await session.query("true");
    await session.readLock("pool");
    await session.close({ keep: true });
    expect(session.connected).toBe(false);
    expect(await connections()).toBe(1);
    await connector[Symbol.asyncDispose]();
    await waitUntil(async () => (await connections()) === 0, { for: "the connection to end" });
  });

  test("is another daemon's at once: a kept connection is no claim", async () => {
    await using bob = new TesterHome({ config: lab.files.mtuiYaml, user: "bob" });
    await take("one");
    await leave("one");
    expect(await bob.ctl("add-host", "-t", "a")).toMatchObject({ code: 0 });
    await expect(take("two")).rejects.toMatchObject({ kind: "host.busy" });
    expect(await bob.ctl("remove-host", "-t", "a")).toMatchObject({ code: 0 });
    await take("two");
    await leave("two");
  });
});

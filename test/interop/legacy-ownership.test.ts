import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, type LabHost, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { bothFiles, must, PEERS, SP6, USER } from "./legacy/desk.ts";

const RRID = "SUSE:Maintenance:61:1";

describe.skipIf(withoutLab)("files of ours in the eyes of the other mtuis of the same person", () => {
  let lab: Lab;
  let home: TesterHome;
  let host: LabHost;
  /** Process id in our files. */
  let pid: number;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "ant" }] });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: USER });
    host = lab.host("ant");
    await lab.makeUpdate({ rrid: RRID, packages: ["frob = 2.0-1"], testplatforms: [SP6] });
    await must(home, "load-template", RRID);
    await must(home, "add-host");
    await must(home, "lock", "-c", "testing", "of", RRID);
    pid = Number((await bothFiles(host)).operation?.split(":")[2]);
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const peers = PEERS.flatMap(([name, Peer]) =>
    [RRID, "", "SUSE:Maintenance:9:9"].map((rrid) => ({ name, Peer, rrid })),
  );

  test.each(peers)(
    "$name, same user, same process id, request '$rrid': takes nothing, removes nothing, only warns",
    async ({ Peer, rrid }) => {
      const before = await bothFiles(host);
      expect(before.pool).toContain(`:${USER}+mtuid:${pid}:mtui pool ${RRID} [default]`);
      await using peer = await Peer.dial({ lab, host }, { user: USER, pid, rrid });

      await peer.connectTime();
      expect(peer.warnings).toEqual([expect.stringContaining(`locked by ${USER}+mtuid`)]);
      expect(await peer.claim()).toBe(false);
      for (const kind of ["operation", "pool"] as const) {
        await expect(peer.lock(kind)).rejects.toThrow(`locked by ${USER}+mtuid`);
        expect(await peer.unlock(kind)).toBe(false);
      }
      await peer.disconnect();

      expect(peer.steps).not.toContain("remove");
      expect(peer.steps).not.toContain("open w+");
      expect(await bothFiles(host)).toEqual(before);
      await must(home, "run", "true");
    },
  );

  test.each(PEERS)(
    "%s by force removes the operation lock, and the next command of ours does not start",
    async (_, Peer) => {
      await using peer = await Peer.dial({ lab, host }, { user: USER });
      expect(await peer.unlock("operation", { force: true })).toBe(true);
      const { code, stdout } = await home.ctl("run", "touch", "/root/ran");
      expect(code).toBe(1);
      expect(stdout).toContain(
        "lock.lost: ant: our operation lock is gone (removed by somebody, or by a reboot)",
      );
      expect(await host.readFile("/root/ran")).toBeNull();
      await must(home, "unlock");
      await must(home, "run", "true");
      await must(home, "lock");
    },
  );

  test.each(PEERS)("%s by force removes the pool lock: our next command puts it back", async (_, Peer) => {
    const { pool } = await bothFiles(host);
    await using peer = await Peer.dial({ lab, host }, { user: USER });
    expect(await peer.unlock("pool", { force: true })).toBe(true);
    await must(home, "run", "true");
    expect((await bothFiles(host)).pool).toBe(pool);
    expect(await peer.claim()).toBe(false);
  });
});

describe.skipIf(withoutLab)("a claim that lasts longer than locks may be old", () => {
  /** Seconds. */
  const STALE = 8;

  test("is renewed in time: nobody reaps it", async () => {
    await using lab = await startLab({ config: { lock: { stale_age: STALE } }, hosts: [{ name: "ant" }] });
    await using home = new TesterHome({ config: lab.files.mtuiYaml, user: USER });
    const host = lab.host("ant");
    await must(home, "add-host", "-t", "ant");
    await must(home, "lock");
    const before = await bothFiles(host);
    const epoch = (bytes: string | null): number => Number(bytes?.split(":")[0]);
    for (const [, Peer] of PEERS) {
      await using peer = await Peer.dial({ lab, host }, { user: "bob", staleAge: STALE });
      await waitUntil(
        async () => {
          await peer.connectTime();
          expect(await peer.claim()).toBe(false);
          const now = await bothFiles(host);
          return (["operation", "pool"] as const).every(
            (kind) => epoch(now[kind]) > epoch(before[kind]) + STALE,
          );
        },
        { for: "both locks to be older than they may be", everyMs: 250 },
      );
      expect(peer.steps).not.toContain("remove");
    }
    const after = await bothFiles(host);
    for (const kind of ["operation", "pool"] as const)
      expect(after[kind]?.replace(/^\d+/, "")).toBe(before[kind]?.replace(/^\d+/, ""));
    await must(home, "run", "true");
  });
});

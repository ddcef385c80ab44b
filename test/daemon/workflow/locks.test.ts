import { describe, expect, it } from "vitest";
import { parseRrid } from "@mtui/core/domain";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import { reboot, runCommand, workflowHost } from "../../../packages/daemon/src/workflow/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { frobContext, frobHost } from "../support/frob-update.ts";
import type { FakeHost } from "../support/fake-host.ts";

const of = (hosts: FakeHost[]) => hosts.map((host) => workflowHost(host, null));
const argv = ["true"];

describe("operation locks", () => {
  it("are all or none: a refused one gives back the others, and no command runs", async () => {
    const [ant, bee, cat] = [
      frobHost("ant"),
      frobHost("bee").lockedBy("bob", "kernel\u001b[2J tests"),
      frobHost("cat"),
    ];
    const error = await runCommand(frobContext(), { hosts: of([ant, bee, cat]), argv }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      kind: "lock.foreign",
      message: "Nothing was done: bee is locked by bob since 2023-11-14T22:13:20.000Z: kernel?[2J tests.",
      hint: expect.stringContaining("--wait"),
      data: { hosts: [{ host: "bee", user: "bob", comment: "kernel\u001b[2J tests", since: 1_700_000_000 }] },
    });
    expect(ant.events).toEqual(["lock", "unlock"]);
    expect(cat.events).toEqual(["lock", "unlock"]);
    expect(bee.events).toEqual([]);
  });

  it("are waited for without holding any, and tried again", async () => {
    const clock = new VirtualClock();
    const [ant, bee] = [frobHost("ant"), frobHost("bee").lockedBy("bob")];
    const waiting: string[] = [];
    const context = frobContext({
      clock,
      waitForLock: { seconds: 60, pollSeconds: 10 },
      random: () => 0.5,
      progress: (host, { step }) => void (step === "wait for lock" && waiting.push(host)),
    });
    const done = runCommand(context, { hosts: of([ant, bee]), argv });
    await clock.advance(9_000);
    expect(ant.lock).toBeNull();
    expect(waiting).toEqual(["bee"]);
    bee.lock = null;
    await clock.advance(1_000);
    expect((await done).hosts.map(({ state }) => state)).toEqual(["ok", "ok"]);
    expect(ant.events.filter((event) => event === "lock").length).toBe(2);
  });

  it("are given up after the time to wait", async () => {
    const clock = new VirtualClock();
    const context = frobContext({ clock, waitForLock: { seconds: 30, pollSeconds: 10 }, random: () => 0.5 });
    const done = runCommand(context, { hosts: of([frobHost("bee").lockedBy("bob")]), argv });
    const failure = expect(done).rejects.toMatchObject({
      kind: "lock.foreign",
      message: expect.stringContaining("after 30 seconds"),
    });
    for (let second = 0; second < 31; second += 1) await clock.advance(1_000);
    await failure;
  });

  it("leave every host notRun when the wait is cancelled", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const [ant, bee] = [frobHost("ant"), frobHost("bee").lockedBy("bob")];
    const context = frobContext({ clock, signal: controller.signal, waitForLock: { seconds: 600 } });
    const done = runCommand(context, { hosts: of([ant, bee]), argv });
    await clock.advance(1_000);
    controller.abort();
    expect((await done).hosts).toMatchObject([
      { host: "ant", state: "notRun", error: { kind: "job.cancelled" }, commands: [] },
      { host: "bee", state: "notRun" },
    ]);
    expect(ant.lock).toBeNull();
  });

  it("leave out a host whose connection is gone, and only that one", async () => {
    const gone = frobHost("gone");
    gone.connected = false;
    const { hosts } = await runCommand(frobContext(), { hosts: of([gone, frobHost("ant")]), argv });
    expect(hosts).toMatchObject([
      { host: "gone", state: "unreachable", error: { kind: "host.unreachable" }, commands: [] },
      { host: "ant", state: "ok" },
    ]);
  });

  it("of a person are used and left", async () => {
    const ant = frobHost("ant");
    const taken = await ant.takeLock("operation", { operation: "lock", rrid: null, workspace: "default" });
    const held: HeldLock | undefined = taken.state === "taken" ? taken.lock : undefined;
    const { hosts } = await runCommand(frobContext({ heldByHand: () => held }), { hosts: of([ant]), argv });
    expect(hosts[0]?.state).toBe("ok");
    expect(ant.lock?.bytes).toBe(held?.bytes);
    expect(ant.events).toEqual(["lock", "change true"]);
  });

  it("of a person are left by a reboot too", async () => {
    const ant = frobHost("ant");
    const taken = await ant.takeLock("operation", { operation: "lock", rrid: null, workspace: "default" });
    const held: HeldLock | undefined = taken.state === "taken" ? taken.lock : undefined;
    const { hosts } = await reboot(frobContext({ heldByHand: () => held }), { hosts: of([ant]) });
    expect(hosts[0]?.state).toBe("ok");
    expect(ant.lock?.bytes).toBe(held?.bytes);
  });

  it("name request and workspace", async () => {
    const ant = frobHost("ant");
    let comment = "";
    ant.gates.push({ pattern: /true/, enter: async () => void (comment = ant.lock?.record.comment ?? "") });
    await runCommand(frobContext({ workspace: "me/desk", rrid: parseRrid("S:M:1:2") }), {
      hosts: of([ant]),
      argv,
    });
    expect(comment).toContain("mtui run SUSE:Maintenance:1:2 [me/desk] ");
  });
});

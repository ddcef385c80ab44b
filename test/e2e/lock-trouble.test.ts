import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DaemonClient } from "@mtui/core/client";
import { type ErrorReport, toMtuiError } from "@mtui/core/protocol";
import type { HostResult, ResultOf } from "@mtui/core/registry";
import {
  hideProgram,
  type Lab,
  type LabHost,
  lockPath,
  readLock,
  readOnlyLocks,
  startLab,
  waitUntil,
} from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { Mtui19 } from "../interop/legacy/mtui19.ts";

const KINDS = ["operation", "pool"] as const;
const UNKNOWN = "locked by unknown (malformed lock file)";
const ODD = "unreadable lock file (it is not a plain file)";

interface Trouble {
  what: string;
  /** Shell words that make the file. */
  make: (path: string) => string;
  /** What is shown; null = free. */
  text: string | RegExp | null;
  state: "free" | "foreign" | "malformed" | "unreadable";
  /** Somebody else's, but too old. */
  stale?: boolean;
  /** What `run` says that stands in the way. */
  reason?: string | RegExp;
}

const TROUBLE: Trouble[] = [
  { what: "is empty", make: (path) => `: > ${path}`, text: null, state: "free" },
  { what: "has no user", make: (path) => `printf '::5:' > ${path}`, text: null, state: "free" },
  { what: "is blank", make: (path) => `echo > ${path}`, text: UNKNOWN, state: "malformed" },
  { what: "is garbage", make: (path) => `printf a:b:c > ${path}`, text: UNKNOWN, state: "malformed" },
  {
    what: "is no UTF-8",
    make: (path) => `printf '\\377\\000\\376:' > ${path}`,
    text: UNKNOWN,
    state: "malformed",
  },
  {
    what: "is huge",
    make: (path) => `head -c 1000000 /dev/zero | tr '\\0' x > ${path}`,
    text: UNKNOWN,
    state: "malformed",
    reason: /^locked by somebody unknown: x{1,100}\.*$/,
  },
  {
    what: "has a time that is no number",
    make: (path) => `printf abc:bob:12: > ${path}`,
    text: "locked by bob",
    state: "foreign",
  },
  {
    what: "is of a year to come",
    make: (path) => `printf 4102444800:bob:12 > ${path}`,
    text: "locked by bob for less than nothing (its clock is ahead)",
    state: "foreign",
  },
  {
    what: "is years old",
    make: (path) => `printf 1000000000:bob:12 > ${path}`,
    text: /^locked by bob for \d+\.\d h(, stale)?$/,
    state: "foreign",
    stale: true,
  },
  { what: "is a directory", make: (path) => `mkdir ${path}`, text: ODD, state: "unreadable" },
  { what: "is a pipe", make: (path) => `mkfifo ${path}`, text: ODD, state: "unreadable" },
  { what: "is a device", make: (path) => `mknod ${path} c 1 3`, text: ODD, state: "unreadable" },
  {
    what: "is a link",
    make: (path) => `printf secret > /root/target; ln -s /root/target ${path}`,
    text: ODD,
    state: "unreadable",
  },
];

describe.skipIf(withoutLab)("lock files and lock directories in trouble", () => {
  let lab: Lab;
  let home: TesterHome;
  let daemon: DaemonClient;
  let ant: LabHost;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "ant" }] });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    daemon = await home.connect();
    ant = lab.host("ant");
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    await call("close_workspace", { workspace: "default", force: true }).catch(() => null);
    await waitUntil(async () => (await call("list_queue")).claims.length === 0, {
      for: "ant to be nobody's",
    });
    await ant.must("rm -rf /var/lock/mtui.lock /var/lock/mtui-pool.lock /root/ran");
  });

  async function call<
    N extends
      | "add_host"
      | "close_workspace"
      | "list_locks"
      | "list_queue"
      | "list_refhosts"
      | "lock"
      | "remove_host"
      | "run"
      | "unlock",
  >(name: N, params: Record<string, unknown> = {}): Promise<ResultOf<N>> {
    return (await daemon.call(name, params)) as ResultOf<N>;
  }

  async function refusal(asked: Promise<unknown>): Promise<ErrorReport | null> {
    return asked.then(
      () => null,
      (thrown: unknown) => toMtuiError(thrown).toReport(),
    );
  }

  async function add(): Promise<string[]> {
    const reply = await call("add_host", { target: ["ant"] });
    return reply.result?.warnings ?? [];
  }

  /** The one host's entry of `run touch /root/ran`. */
  async function run(): Promise<HostResult | undefined> {
    const reply = await call("run", { command: ["touch", "/root/ran"] });
    return reply.result?.hosts[0];
  }

  async function unlock(options: { force?: boolean } = {}): Promise<ResultOf<"unlock">["hosts"][number]> {
    const [one] = (await call("unlock", options)).hosts;
    if (one === undefined) throw new Error("unlock names no host");
    return one;
  }

  /** What is at the path, contents and kind, however large. */
  async function lookedAt(kind: (typeof KINDS)[number]): Promise<string> {
    const path = lockPath(kind);
    return await ant.must(`stat -c '%F %s %i' ${path} 2>&1; [ -f ${path} ] && cksum <${path}; :`);
  }

  async function freeText(): Promise<string | undefined> {
    const { hosts } = await call("list_refhosts", { free: true });
    return hosts[0]?.lock === "free" ? "free" : hosts[0]?.lock_text;
  }

  function matches(seen: string | null | undefined, wanted: string | RegExp): boolean {
    return typeof wanted === "string" ? seen === wanted : wanted.test(seen ?? "");
  }

  test.each(TROUBLE)(
    "an operation lock that $what: shown, respected, removed by force alone",
    async ({ make, text, state, stale = false, reason }) => {
      await ant.must(make(lockPath("operation")));
      const before = await lookedAt("operation");
      await waitUntil(async () => matches(await freeText(), text ?? "free"), { for: "--free to say so" });
      const warnings = await add();
      const { locks } = await call("list_locks");
      expect(locks.find(({ kind }) => kind === "operation")).toMatchObject({ state, stale });
      expect(await lookedAt("operation")).toBe(before);
      if (text === null || stale) {
        expect(await run()).toMatchObject({
          state: "ok",
          warnings: stale ? ["a stale operation lock of bob was removed"] : [],
        });
        expect(await readLock(ant)).toBeNull();
        return;
      }
      expect(warnings).toEqual([`ant is locked: ${String(text)}`]);
      const refused = await refusal(run());
      expect(refused?.kind).toBe("lock.foreign");
      if (reason !== undefined)
        expect(refused?.data?.hosts).toEqual([
          expect.objectContaining({ reason: expect.stringMatching(reason) }),
        ]);
      expect(await unlock()).toMatchObject({
        state: state === "unreadable" ? "error" : "foreign",
        was: text,
      });
      expect([await lookedAt("operation"), await ant.readFile("/root/ran")]).toEqual([before, null]);
      const forced = await unlock({ force: true });
      if (state === "unreadable") {
        // What is no file of a lock is nobody's to remove but an administrator's.
        expect(refused?.message).toBe(
          "Nothing was done: ant: its lock cannot be read: it is not a plain file.",
        );
        expect(refused?.hint).toContain("ssh root@ant ls -ld /var/lock/mtui.lock");
        expect(forced).toMatchObject({ state: "error", message: "it is not a plain file" });
        expect(await lookedAt("operation")).toBe(before);
        return;
      }
      expect(refused?.hint).toContain("unlock -w default -t ant --force");
      expect(forced).toMatchObject({ state: "released", was: text });
      expect(await run()).toMatchObject({ state: "ok" });
    },
  );

  test.each(TROUBLE)(
    "a pool lock that $what: the host is not taken while it stands",
    async ({ make, text, state, stale = false }) => {
      await ant.must(make(lockPath("pool")));
      const before = await lookedAt("pool");
      await waitUntil(async () => matches(await freeText(), text ?? "free"), { for: "--free to say so" });
      expect(await lookedAt("pool")).toBe(before);
      if (text === null || stale) {
        await add();
        expect(await run()).toMatchObject({ state: "ok" });
        return;
      }
      const refused = await refusal(add());
      expect(refused).toMatchObject({
        kind: "host.busy",
        message: expect.stringContaining(state === "foreign" ? "locked by bob" : String(text)),
        hint: expect.stringContaining("list-refhosts --free"),
      });
      expect(await lookedAt("pool")).toBe(before);
    },
  );

  test.each(TROUBLE)(
    "a claim whose pool lock becomes one that $what: lost, nothing runs, given up, left as it is",
    async ({ make, text }) => {
      await add();
      await ant.must(`rm ${lockPath("pool")}; ${make(lockPath("pool"))}`);
      const before = await lookedAt("pool");
      const lost = await run();
      expect(lost).toMatchObject({
        state: "notRun",
        error: { kind: "lock.lost", data: { host: "ant", lock: "pool" } },
      });
      expect(lost?.error?.message).toContain(
        text === null ? "is gone" : text === ODD ? "it is not a plain file" : "was overwritten: locked by",
      );
      expect(lost?.error?.hint).toContain("mtuictl remove-host -w default -t ant");
      expect(await call("remove_host")).toEqual({ released: ["ant"], unreleased: [] });
      expect([await lookedAt("pool"), await ant.readFile("/root/ran"), await readLock(ant)]).toEqual([
        before,
        null,
        null,
      ]);
    },
  );

  test("/var/lock wiped under a claim: the pool lock is put back by the next command, byte for byte", async () => {
    await add();
    const pool = await readLock(ant, "pool");
    await ant.must("rm -rf /var/lock/*mtui*");
    expect(await run()).toMatchObject({ state: "ok" });
    expect(await readLock(ant, "pool")).toBe(pool);
  });

  test("a lock that was taken by hand and wiped is lost, until its owner has been told", async () => {
    await add();
    await call("lock");
    await ant.must("rm -f /var/lock/mtui.lock");
    expect(await run()).toMatchObject({
      state: "notRun",
      error: {
        kind: "lock.lost",
        message: expect.stringContaining("our operation lock is gone"),
        hint: expect.stringContaining("mtuictl unlock -w default -t ant"),
      },
    });
    expect(await unlock()).toMatchObject({ state: "absent" });
    expect(await run()).toMatchObject({ state: "ok" });
  });

  test("an unexpected reboot under a claim: the host is still ours, and its lock is back", async () => {
    await add();
    await ant.reboot();
    expect(await run()).toMatchObject({ state: "ok" });
    expect(await readLock(ant, "pool")).toContain("tester+mtuid");
  });

  const disks = [
    {
      what: "read-only",
      reason: /read-only/i,
      make: () => readOnlyLocks(ant),
      mend: () => readOnlyLocks(ant, false),
    },
    {
      what: "full",
      reason: /no space/i,
      // Grown to the last byte where it is: what stands there stays.
      make: async () => void (await ant.exec("cat /dev/zero >/run/lock/filler 2>/dev/null")),
      mend: async () => void (await ant.must("rm -f /run/lock/filler")),
    },
  ];

  test.each(disks)(
    "/var/lock is $what: nothing is taken, and it is said why",
    async ({ reason, make, mend }) => {
      await make();
      try {
        const refused = await refusal(add());
        expect(refused?.kind).toBe("lock.io");
        expect(refused?.message).toMatch(reason);
        expect(refused?.hint).toContain("/var/lock");
      } finally {
        await mend();
      }
      await add();
      const pool = await readLock(ant, "pool");
      await make();
      try {
        const refused = await refusal(run());
        expect(refused).toMatchObject({ kind: "lock.io", hint: expect.stringContaining("/var/lock on ant") });
        expect(refused?.message).toMatch(reason);
        expect(await ant.readFile("/root/ran")).toBeNull();
      } finally {
        await mend();
      }
      expect(await readLock(ant, "pool")).toBe(pool);
      expect(await run()).toMatchObject({ state: "ok" });
    },
  );

  test("a release that a read-only /var/lock refuses is named, and done when it can be", async () => {
    await add();
    await readOnlyLocks(ant);
    try {
      const { released, unreleased } = await call("remove_host");
      expect(released).toEqual([]);
      expect(unreleased).toEqual([{ host: "ant", reason: expect.stringContaining("pool lock") }]);
      expect(await refusal(add())).toMatchObject({ kind: "host.busy" });
    } finally {
      await readOnlyLocks(ant, false);
    }
    await waitUntil(async () => (await readLock(ant, "pool")) === null, { for: "the release" });
  });

  test("a host without flock is not taken, and one that loses it is not changed", async () => {
    await hideProgram(ant, "flock");
    try {
      expect(await refusal(add())).toMatchObject({
        kind: "host.unsupported",
        hint: expect.stringContaining("util-linux"),
      });
    } finally {
      await hideProgram(ant, "flock", false);
    }
    // perl locks without that program, and goes on.
    await hideProgram(ant, "perl");
    await add();
    await call("lock");
    await hideProgram(ant, "flock");
    try {
      expect(await run()).toMatchObject({
        state: "notRun",
        error: {
          kind: "host.unsupported",
          message: expect.stringContaining("flock"),
          hint: expect.stringContaining("util-linux"),
        },
      });
      expect(await unlock()).toMatchObject({ state: "error", message: expect.stringContaining("flock") });
      expect(await ant.readFile("/root/ran")).toBeNull();
    } finally {
      await hideProgram(ant, "flock", false);
      await hideProgram(ant, "perl", false);
    }
    expect(await unlock()).toMatchObject({ state: "released" });
  });

  /** Seconds. */
  const YEARS = 3 * 365 * 86_400;

  test.each([
    ["ahead", YEARS],
    ["behind", -YEARS],
  ])("a host whose clock is years %s: no lock looks old for it, ours or theirs", async (way, offset) => {
    await ant.must("mv /usr/bin/date /usr/bin/date.real");
    await ant.writeFile(
      "/usr/bin/date",
      `#!/bin/sh\nexec /usr/bin/date.real -d "@$(($(/usr/bin/date.real +%s) + ${offset}))" "$@"\n`,
    );
    await ant.must("chmod 755 /usr/bin/date");
    try {
      await add();
      await call("lock");
      const now = Number(await ant.must("date +%s"));
      // Never old: neither by the host's clock, nor by those of other mtuis' machines.
      const youngest = Math.max(now, Math.floor(Date.now() / 1000));
      const { locks } = await call("list_locks");
      for (const lock of locks) {
        expect(Math.abs((lock.since ?? 0) - youngest)).toBeLessThan(600);
        expect(lock).toMatchObject({ state: "ours", stale: false });
      }
      await using peer = await Mtui19.dial({ lab, host: ant }, { user: "bob" });
      await peer.connectTime();
      expect(await peer.claim()).toBe(false);
      expect(peer.steps).not.toContain("remove");
      expect(await run()).toMatchObject({ state: "ok" });
      expect((await home.ctl("daemon", "logs")).stdout).toMatch(
        new RegExp(`ant: its clock is \\d+ h ${way === "ahead" ? "ahead of" : "behind"} ours`),
      );
      await unlock();
      // Others write the time of their own machine: here that is old, or of a time to come, and stands.
      const bytes = `${Math.floor(Date.now() / 1000)}:bob:12`;
      await ant.writeFile(lockPath("operation"), bytes);
      const seen = (await call("list_locks")).locks.find(({ kind }) => kind === "operation");
      expect(seen).toMatchObject({ state: "foreign", stale: false });
      expect(Math.sign(seen?.age ?? 0)).toBe(Math.sign(offset));
      expect(await refusal(run())).toMatchObject({ kind: "lock.foreign" });
      expect(await readLock(ant)).toBe(bytes);
    } finally {
      await ant.must("mv -f /usr/bin/date.real /usr/bin/date");
    }
  });
});
